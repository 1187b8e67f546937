-- MV: surgical teams of a batch of bookings. A professional stands once for each surgery of the notice.
SELECT g.cd_age_cir AS chave, pa.cd_ati_med, pa.sn_principal,
    pa.cd_prestador AS prestador_codigo, COALESCE(pr.nm_prestador, pa.nm_prestador) AS prestador_nome,
    pr.nr_cpf_cgc AS prestador_cpf, pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo,
    pr.cd_conselho AS prestador_conselho, pr.ds_codigo_conselho AS prestador_registro
FROM dbamv.age_cir g
JOIN dbamv.prestador_aviso pa ON pa.cd_aviso_cirurgia = g.cd_aviso_cirurgia
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = pa.cd_prestador
WHERE g.cd_age_cir IN :chaves
ORDER BY g.cd_age_cir, pa.cd_ati_med, pa.cd_prestador
