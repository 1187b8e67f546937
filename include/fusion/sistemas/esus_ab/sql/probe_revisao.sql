-- e-SUS PEC: is there anything for change_revisao.sql after the marker?
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT t.marcador FROM (
            SELECT r.dt_revisao AS marcador, l.co_seq_atend_prof AS co_atend_prof
            FROM tb_revisao r JOIN tl_atend_prof l ON l.co_revisao = r.co_seq_revisao WHERE r.dt_revisao > :marcador
            UNION ALL
            SELECT r.dt_revisao AS marcador, l.co_atend_prof
            FROM tb_revisao r JOIN tl_medicao l ON l.co_revisao = r.co_seq_revisao WHERE r.dt_revisao > :marcador) t
      JOIN tb_atend_prof f ON f.co_seq_atend_prof = t.co_atend_prof
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
