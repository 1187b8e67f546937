-- MV: bookings of changed patients: a booking carries its patient, and the trigger on AGE_CIR does not see the patient's edit. The patient
-- is the notice's or, where it was left empty, that of the attendance that it got.
SELECT p.dt_ultima_atualizacao AS marcador, g.cd_age_cir AS chave, p.cd_paciente AS chave_paciente, 'alteracao' AS operacao
FROM dbamv.paciente p
JOIN (SELECT v.cd_aviso_cirurgia, v.cd_paciente FROM dbamv.aviso_cirurgia v
      UNION ALL
      SELECT va.cd_aviso_cirurgia, a.cd_paciente FROM dbamv.aviso_cirurgia va
      JOIN dbamv.atendime a ON a.cd_atendimento = va.cd_atendimento
      WHERE va.cd_paciente IS NULL) d ON d.cd_paciente = p.cd_paciente
JOIN dbamv.age_cir g ON g.cd_aviso_cirurgia = d.cd_aviso_cirurgia
WHERE p.dt_ultima_atualizacao >= :marcador
    AND (:chave IS NULL OR p.dt_ultima_atualizacao > :marcador OR g.cd_age_cir > :chave)
ORDER BY p.dt_ultima_atualizacao, g.cd_age_cir
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
