-- MV: journal rows that are in the hub's own database, kept for some days under the number of their batch: a restored hub queues them again.
INSERT INTO fusion_integracao.atualizacaoagendacirurgia_lido (nr_lote, id, cd_age_cir, cd_aviso_cirurgia, tp_operacao, dh_registro)
SELECT :lote, j.id, j.cd_age_cir, j.cd_aviso_cirurgia, j.tp_operacao, j.dh_registro
FROM fusion_integracao.atualizacaoagendacirurgia j
WHERE j.id IN :ids
