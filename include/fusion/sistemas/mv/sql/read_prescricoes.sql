-- MV: items of closed prescriptions (an open one is a draft): medicines, and requests of exams by their scheme (tip_esq).
-- ds_itpre_med is long text: last.
SELECT m.cd_atendimento AS chave, i.cd_itpre_med, m.dt_pre_med, m.hr_pre_med, i.cd_produto, pd.ds_produto, tp.ds_tip_presc,
    es.sn_exa_rx, es.sn_exa_lab, fr.ds_tip_fre, i.cd_for_apl, fa.ds_for_apl, un.ds_unidade, i.qt_itpre_med, i.dh_inicial, i.dh_final,
    i.sn_cancelado, i.dh_cancelado, i.sn_continuo, i.cd_cid,
    pr.cd_prestador AS prestador_codigo, pr.nm_prestador AS prestador_nome, pr.nr_cpf_cgc AS prestador_cpf,
    pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo, pr.cd_conselho AS prestador_conselho,
    pr.ds_codigo_conselho AS prestador_registro,
    i.ds_itpre_med
FROM dbamv.pre_med m
JOIN dbamv.itpre_med i ON i.cd_pre_med = m.cd_pre_med
LEFT JOIN dbamv.produto pd ON pd.cd_produto = i.cd_produto
LEFT JOIN dbamv.tip_presc tp ON tp.cd_tip_presc = i.cd_tip_presc
LEFT JOIN dbamv.tip_esq es ON es.cd_tip_esq = COALESCE(i.cd_tip_esq, tp.cd_tip_esq)
LEFT JOIN dbamv.tip_fre fr ON fr.cd_tip_fre = i.cd_tip_fre
LEFT JOIN dbamv.for_apl fa ON fa.cd_for_apl = i.cd_for_apl
LEFT JOIN dbamv.uni_pro un ON un.cd_uni_pro = i.cd_uni_pro
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = m.cd_prestador
WHERE m.cd_atendimento IN :chaves AND m.sn_fechado = 'S'
ORDER BY i.cd_itpre_med
