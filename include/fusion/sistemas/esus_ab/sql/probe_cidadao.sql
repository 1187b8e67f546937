-- e-SUS PEC: changed citizens who have an attendance (one without any would never move the watermark).
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (
      SELECT c.dt_atualizado AS marcador FROM tb_cidadao c
      WHERE c.dt_atualizado > :marcador AND EXISTS (SELECT 1 FROM tb_prontuario p JOIN tb_atend a ON a.co_prontuario = p.co_seq_prontuario
                                                    WHERE p.co_cidadao = c.co_seq_cidadao)
      ORDER BY 1 DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
