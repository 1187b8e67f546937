-- MV: how many changed patients have bookings, and the newest change.
SELECT COUNT(*) AS quantidade, MAX(p.dt_ultima_atualizacao) AS marcador
FROM dbamv.paciente p
WHERE p.dt_ultima_atualizacao >= :marcador
    AND EXISTS (SELECT 1 FROM dbamv.aviso_cirurgia v JOIN dbamv.age_cir g ON g.cd_aviso_cirurgia = v.cd_aviso_cirurgia
        WHERE v.cd_paciente = p.cd_paciente)
