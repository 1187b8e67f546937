-- e-SUS PEC: keys of a replay (one attendance, one citizen, a range of arrival [inicio, fim)) and of the whole history, as
-- keyset pages. A filter that is NULL does not filter. The citizen filter also finds the charts merged into that citizen's.
SELECT q.chave, q.chave_paciente, q.operacao
FROM (SELECT a.co_seq_atend AS chave, a.dt_inicio,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
      FROM tb_atend a
      JOIN tb_prontuario p ON p.co_seq_prontuario = a.co_prontuario
      LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao) q
WHERE (:chave IS NULL OR q.chave > :chave)
  AND (:atendimento IS NULL OR q.chave = :atendimento)
  AND (:inicio IS NULL OR q.dt_inicio >= :inicio)
  AND (:fim IS NULL OR q.dt_inicio < :fim)
  AND (:paciente IS NULL OR q.chave_paciente = :paciente)
ORDER BY q.chave
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
