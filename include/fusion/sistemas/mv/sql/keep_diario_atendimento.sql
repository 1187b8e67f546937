-- MV: journal rows that are in the hub's own database, kept for some days under the number of their batch: a restored hub queues them again.
INSERT INTO fusion_integracao.importacaoatendimento_lido
    (nr_lote, id, cd_atendimento, cd_paciente, tp_operacao, sn_abertura, sn_alta, sn_troca_leito, dh_registro)
SELECT :lote, j.id, j.cd_atendimento, j.cd_paciente, j.tp_operacao, j.sn_abertura, j.sn_alta, j.sn_troca_leito, j.dh_registro
FROM fusion_integracao.importacaoatendimento j
WHERE j.id IN :ids
