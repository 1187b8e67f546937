-- MV: closed or signed clinical documents with their text; open and confidential ones never leave. Where a site's editor keeps the
-- text elsewhere, its own file of this name replaces this one. The text may be a LONG or CLOB: last, and nowhere else.
SELECT d.cd_atendimento AS chave, d.cd_documento_clinico, t.cd_editor_registro, d.nm_documento, d.dh_referencia, d.dh_fechamento,
    d.dh_criacao,
    pr.cd_prestador AS prestador_codigo, pr.nm_prestador AS prestador_nome, pr.nr_cpf_cgc AS prestador_cpf,
    pr.nr_cns AS prestador_cns, pr.cd_cbos AS prestador_cbo, pr.cd_conselho AS prestador_conselho,
    pr.ds_codigo_conselho AS prestador_registro,
    t.ds_texto
FROM dbamv.pw_documento_clinico d
JOIN dbamv.pw_editor_registro t ON t.cd_documento_clinico = d.cd_documento_clinico
LEFT JOIN dbamv.prestador pr ON pr.cd_prestador = d.cd_prestador
WHERE d.cd_atendimento IN :chaves AND d.tp_status IN ('FECHADO', 'ASSINADO') AND COALESCE(d.sn_confidencial, 'N') <> 'S'
ORDER BY d.cd_documento_clinico, t.cd_editor_registro
