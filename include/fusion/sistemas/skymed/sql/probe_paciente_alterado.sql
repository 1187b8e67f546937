-- MV: how many changed patients have bookings, counted up to 5000, after the bind marcador, and the newest change.
SELECT COUNT(*) AS quantidade, MAX(n.marcador) AS marcador
FROM (SELECT p.dt_ultima_atualizacao AS marcador FROM dbamv.paciente p
      WHERE p.dt_ultima_atualizacao > :marcador
          AND (EXISTS (SELECT 1 FROM dbamv.aviso_cirurgia v JOIN dbamv.age_cir g ON g.cd_aviso_cirurgia = v.cd_aviso_cirurgia
                  WHERE v.cd_paciente = p.cd_paciente)
              OR EXISTS (SELECT 1 FROM dbamv.atendime a
                  JOIN dbamv.aviso_cirurgia va ON va.cd_atendimento = a.cd_atendimento AND va.cd_paciente IS NULL
                  JOIN dbamv.age_cir ga ON ga.cd_aviso_cirurgia = va.cd_aviso_cirurgia
                  WHERE a.cd_paciente = p.cd_paciente))
      ORDER BY p.dt_ultima_atualizacao DESC OFFSET 0 ROWS FETCH NEXT 5000 ROWS ONLY) n
