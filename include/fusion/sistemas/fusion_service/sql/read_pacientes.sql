-- MV: patients of a batch of bookings, for the queue: bookings of one patient leave one after another. The patient is the notice's or, where
-- it was left empty, that of the attendance that it got.
SELECT g.cd_age_cir AS chave, COALESCE(v.cd_paciente, a.cd_paciente) AS chave_paciente
FROM dbamv.age_cir g
JOIN dbamv.aviso_cirurgia v ON v.cd_aviso_cirurgia = g.cd_aviso_cirurgia
LEFT JOIN dbamv.atendime a ON a.cd_atendimento = v.cd_atendimento
WHERE g.cd_age_cir IN :chaves
