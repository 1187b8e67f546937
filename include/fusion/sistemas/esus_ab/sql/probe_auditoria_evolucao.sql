-- e-SUS PEC: is there anything for change_auditoria_evolucao.sql after the marker?
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT t.marcador FROM (
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_subjetivo WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_objetivo WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_avaliacao WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_plano WHERE dt_auditoria > :marcador) t
      JOIN tb_atend_prof f ON f.co_seq_atend_prof = t.co_atend_prof
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
