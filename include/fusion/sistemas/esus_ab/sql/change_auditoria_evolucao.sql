-- e-SUS PEC: late edits of a SOAP text, from the newer audit copies: the attendance's own marker stays where it was.
SELECT t.marcador, a.co_seq_atend AS chave,
       COALESCE((SELECT MIN(v.co_seq_cidadao) FROM tb_prontuario pv JOIN tb_cidadao v ON v.co_seq_cidadao = pv.co_cidadao
                 WHERE c.st_unificado = 1 AND v.st_unificado <> 1 AND pv.co_prontuario_grupo = p.co_prontuario_grupo),
                c.co_seq_cidadao, -p.co_seq_prontuario) AS chave_paciente,
       CASE WHEN (SELECT MIN(CASE WHEN x.st_cancelado = 1 THEN 1 ELSE 0 END) FROM tb_atend_prof x WHERE x.co_atend = a.co_seq_atend) = 1
            THEN 'exclusao' ELSE 'alteracao' END AS operacao
FROM (
      SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_subjetivo WHERE dt_auditoria >= :marcador
      UNION
      SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_objetivo WHERE dt_auditoria >= :marcador
      UNION
      SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_avaliacao WHERE dt_auditoria >= :marcador
      UNION
      SELECT dt_auditoria AS marcador, co_atend_prof FROM ta_evolucao_plano WHERE dt_auditoria >= :marcador) t
JOIN tb_atend_prof f ON f.co_seq_atend_prof = t.co_atend_prof
JOIN tb_atend a ON a.co_seq_atend = f.co_atend
JOIN tb_prontuario p ON p.co_seq_prontuario = a.co_prontuario
LEFT JOIN tb_cidadao c ON c.co_seq_cidadao = p.co_cidadao
WHERE :chave IS NULL OR t.marcador > :marcador OR a.co_seq_atend > :chave
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
