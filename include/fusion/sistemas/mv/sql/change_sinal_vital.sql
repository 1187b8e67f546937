-- MV: attendances with vital signs taken.
SELECT s.data_coleta AS marcador, s.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.coleta_sinal_vital s
JOIN dbamv.atendime a ON a.cd_atendimento = s.cd_atendimento
WHERE s.data_coleta >= :marcador AND (:chave IS NULL OR s.data_coleta > :marcador OR s.cd_atendimento > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
