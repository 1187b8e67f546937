-- e-SUS PEC: is there anything for change_auditoria_itens.sql after the marker?
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT t.marcador FROM (
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_medicao WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_receita_medicamento WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof_solicitacao AS co_atend_prof
            FROM ta_exame_requisitado WHERE dt_auditoria > :marcador
            UNION ALL
            SELECT dt_auditoria AS marcador, co_atend_prof_resultado AS co_atend_prof
            FROM ta_exame_requisitado WHERE dt_auditoria > :marcador) t
      JOIN tb_atend_prof f ON f.co_seq_atend_prof = t.co_atend_prof
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
