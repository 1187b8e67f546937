-- e-SUS PEC: retractions of attendances that exist.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT r.dt_exclusao AS marcador FROM tb_retificacao_atend r JOIN tb_atend_prof f ON f.co_unico_atend_prof = r.co_unico_atend_prof
      WHERE r.dt_exclusao > :marcador
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
