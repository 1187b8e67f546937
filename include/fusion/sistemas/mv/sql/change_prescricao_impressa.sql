-- MV: attendances with prescriptions printed, which is when they are closed: of the closing itself nothing is kept, and the items of a draft,
-- or a note without any item, show no later change.
SELECT m.dh_impressao AS marcador, m.cd_atendimento AS chave, a.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.pre_med m
JOIN dbamv.atendime a ON a.cd_atendimento = m.cd_atendimento
WHERE m.dh_impressao >= :marcador AND (:chave IS NULL OR m.dh_impressao > :marcador OR m.cd_atendimento > :chave)
ORDER BY 1, 2
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
