-- e-SUS PEC: attendances with a professional attendance retracted after the fact; their status marker need not move.
SELECT r.dt_exclusao AS marcador, a.co_seq_atend AS chave,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM tb_retificacao_atend r
JOIN tb_atend_prof f ON f.co_unico_atend_prof = r.co_unico_atend_prof
JOIN tb_atend a ON a.co_seq_atend = f.co_atend
JOIN tb_prontuario p ON p.co_seq_prontuario = a.co_prontuario
LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao
WHERE r.dt_exclusao >= :marcador AND (:chave IS NULL OR r.dt_exclusao > :marcador OR a.co_seq_atend > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
