-- MV: kept journal rows after the last one that the hub's own database remembers.
SELECT j.nr_lote, j.id, j.cd_atendimento AS chave, j.cd_paciente AS chave_paciente, j.tp_operacao, j.sn_abertura, j.sn_alta, j.sn_troca_leito
FROM fusion_integracao.importacaoatendimento_lido j
WHERE j.nr_lote > :lote OR (j.nr_lote = :lote AND j.id > :id)
ORDER BY j.nr_lote, j.id
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
