-- MV: oldest rows of the journal that the trigger on ATENDIME writes. Reading locks nothing.
SELECT j.id, j.cd_atendimento AS chave, j.cd_paciente AS chave_paciente, j.tp_operacao, j.sn_abertura, j.sn_alta, j.sn_troca_leito
FROM fusion_integracao.importacaoatendimento j
ORDER BY j.id
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
