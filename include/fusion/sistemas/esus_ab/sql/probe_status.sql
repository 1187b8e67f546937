-- e-SUS PEC: is there a status change after the marker? At most the newest 5000 are counted, so a backlog costs no more.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT a.dt_ultima_alteracao_status AS marcador FROM tb_atend a WHERE a.dt_ultima_alteracao_status > :marcador
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
