-- MV: measured vital signs. Codes are the site's own: the De/Para tells them by code or by name.
SELECT s.cd_atendimento AS chave, s.cd_coleta_sinal_vital, s.data_coleta, s.dt_referencia, i.cd_sinal_vital, v.ds_sinal_vital, i.valor,
    ua.ds_unidade_afericao,
    pr.cd_prestador AS prestador_codigo, pr.nm_prestador AS prestador_nome, pr.nr_cpf_cgc AS prestador_cpf,
    pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo, pr.cd_conselho AS prestador_conselho,
    pr.ds_codigo_conselho AS prestador_registro
FROM dbamv.coleta_sinal_vital s
JOIN dbamv.itcoleta_sinal_vital i ON i.cd_coleta_sinal_vital = s.cd_coleta_sinal_vital
LEFT JOIN dbamv.sinal_vital v ON v.cd_sinal_vital = i.cd_sinal_vital
LEFT JOIN dbamv.pw_unidade_afericao ua ON ua.cd_unidade_afericao = i.cd_unidade_afericao
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = s.cd_prestador
WHERE s.cd_atendimento IN :chaves
ORDER BY s.cd_coleta_sinal_vital, i.cd_sinal_vital
