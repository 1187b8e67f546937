-- MV: attendances with a clinical document closed or signed. A confidential one counts, too: it may have been sent before it became so.
SELECT d.dh_fechamento AS marcador, d.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.pw_documento_clinico d
JOIN dbamv.atendime a ON a.cd_atendimento = d.cd_atendimento
WHERE d.dh_fechamento >= :marcador AND (:chave IS NULL OR d.dh_fechamento > :marcador OR d.cd_atendimento > :chave)
    AND d.tp_status IN ('FECHADO', 'ASSINADO')
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
