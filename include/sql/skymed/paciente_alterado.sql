-- MV: bookings of changed patients: a booking carries its patient, and the trigger on AGE_CIR does not see the patient's edit.
SELECT p.dt_ultima_atualizacao AS marcador, g.cd_age_cir AS chave, p.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
JOIN dbamv.aviso_cirurgia v ON v.cd_paciente = p.cd_paciente
JOIN dbamv.age_cir g ON g.cd_aviso_cirurgia = v.cd_aviso_cirurgia
WHERE p.dt_ultima_atualizacao >= :marcador
    AND (:chave IS NULL OR p.dt_ultima_atualizacao > :marcador OR g.cd_age_cir > :chave)
ORDER BY p.dt_ultima_atualizacao, g.cd_age_cir
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
