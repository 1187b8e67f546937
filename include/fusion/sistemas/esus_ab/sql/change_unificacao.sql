-- e-SUS PEC: every attendance of the charts that were merged into one group: whose patient they are has changed.
SELECT h.dt_unificacao AS marcador, a.co_seq_atend AS chave,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM tb_prontuario_grupo_historico h
JOIN tb_prontuario p ON p.co_prontuario_grupo = h.co_prontuario_grupo
JOIN tb_atend a ON a.co_prontuario = p.co_seq_prontuario
LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao
WHERE h.dt_unificacao >= :marcador AND (:chave IS NULL OR h.dt_unificacao > :marcador OR a.co_seq_atend > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
