-- e-SUS PEC: attendances whose status moved (waiting, in care, done): the marker is NOT NULL, ties break on the key.
-- chave_paciente is the citizen whose chart survived a merge, so that both charts' attendances travel in order; a chart
-- without citizen takes its own negative key. A visit leaves when every professional attendance in it is cancelled.
SELECT a.dt_ultima_alteracao_status AS marcador, a.co_seq_atend AS chave,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM tb_atend a
JOIN tb_prontuario p ON p.co_seq_prontuario = a.co_prontuario
LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao
WHERE a.dt_ultima_alteracao_status >= :marcador AND (:chave IS NULL OR a.dt_ultima_alteracao_status > :marcador OR a.co_seq_atend > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
