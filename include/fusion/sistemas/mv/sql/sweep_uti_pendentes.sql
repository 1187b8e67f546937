-- MV: attendances with an ICU or semi-ICU stay that is open, or was closed on the day of the bind desde or later (dt_lib_mov has no
-- time of day). Whether a semi-ICU counts is a setting of the mapping; a stay that does not count changes nothing and is not sent.
SELECT DISTINCT m.cd_atendimento AS chave, a.cd_paciente AS chave_paciente
FROM dbamv.unid_int u
JOIN dbamv.leito l ON l.cd_unid_int = u.cd_unid_int
JOIN dbamv.mov_int m ON m.cd_leito = l.cd_leito
JOIN dbamv.atendime a ON a.cd_atendimento = m.cd_atendimento
WHERE (u.tp_unid_int = 'U' OR u.sn_semi_uti = 'S') AND m.tp_mov IN ('I', 'O')
    AND (m.dt_lib_mov IS NULL OR m.dt_lib_mov > :desde - INTERVAL '1' DAY)
ORDER BY m.cd_atendimento
