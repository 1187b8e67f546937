-- MV: stays in beds (I admission, O transfer) with the unit of the bed and what tells an ICU. The mapping puts them in order of time:
-- the date part of hr_mov_int means nothing.
SELECT m.cd_atendimento AS chave, m.cd_mov_int, m.tp_mov, m.dt_mov_int, m.hr_mov_int, m.dt_lib_mov, m.hr_lib_mov, m.cd_leito,
    m.cd_leito_anterior, u.ds_unid_int, u.tp_unid_int, u.sn_semi_uti
FROM dbamv.mov_int m
LEFT JOIN dbamv.leito l ON l.cd_leito = m.cd_leito
LEFT JOIN dbamv.unid_int u ON u.cd_unid_int = l.cd_unid_int
WHERE m.cd_atendimento IN :chaves AND m.tp_mov IN ('I', 'O')
ORDER BY m.cd_mov_int
