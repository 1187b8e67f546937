-- e-SUS PEC: every attendance of a citizen whose record changed, since each carries the patient. Unchanged content is not sent
-- again, so a bulk update at the source (CADSUS) costs reads only; pages bound it.
SELECT c.dt_atualizado AS marcador, a.co_seq_atend AS chave,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM tb_cidadao c
JOIN tb_prontuario p ON p.co_cidadao = c.co_seq_cidadao
JOIN tb_atend a ON a.co_prontuario = p.co_seq_prontuario
WHERE c.dt_atualizado >= :marcador AND (:chave IS NULL OR c.dt_atualizado > :marcador OR a.co_seq_atend > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
