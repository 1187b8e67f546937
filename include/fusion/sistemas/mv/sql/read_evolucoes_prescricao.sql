-- MV: medical and nursing notes of closed prescriptions. One that belongs to an open or confidential document never leaves.
-- ds_evolucao is a LONG: selected last, and nowhere else; empty ones are left out by the mapping.
SELECT m.cd_atendimento AS chave, m.cd_pre_med, m.tp_pre_med, m.dt_pre_med, m.hr_pre_med,
    pr.cd_prestador AS prestador_codigo, pr.nm_prestador AS prestador_nome, pr.nr_cpf_cgc AS prestador_cpf,
    pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo, pr.cd_conselho AS prestador_conselho,
    pr.ds_codigo_conselho AS prestador_registro,
    m.ds_evolucao
FROM dbamv.pre_med m
LEFT JOIN dbamv.pw_documento_clinico d ON d.cd_documento_clinico = m.cd_documento_clinico
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = m.cd_prestador
WHERE m.cd_atendimento IN :chaves AND m.sn_fechado = 'S'
    AND (m.cd_documento_clinico IS NULL OR (d.tp_status IN ('FECHADO', 'ASSINADO') AND COALESCE(d.sn_confidencial, 'N') <> 'S'))
ORDER BY m.cd_pre_med
