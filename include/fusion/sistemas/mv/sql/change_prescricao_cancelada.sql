-- MV: attendances with prescription items cancelled: their dh_registro stays as it was.
SELECT i.dh_cancelado AS marcador, m.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.itpre_med i
JOIN dbamv.pre_med m ON m.cd_pre_med = i.cd_pre_med
JOIN dbamv.atendime a ON a.cd_atendimento = m.cd_atendimento
WHERE i.dh_cancelado >= :marcador AND (:chave IS NULL OR i.dh_cancelado > :marcador OR m.cd_atendimento > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
