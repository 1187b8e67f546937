-- e-SUS PEC: merges of charts that have an attendance.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT h.dt_unificacao AS marcador FROM tb_prontuario_grupo_historico h
      WHERE h.dt_unificacao > :marcador AND EXISTS (SELECT 1 FROM tb_prontuario p JOIN tb_atend a ON a.co_prontuario = p.co_seq_prontuario
                                                    WHERE p.co_prontuario_grupo = h.co_prontuario_grupo)
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
