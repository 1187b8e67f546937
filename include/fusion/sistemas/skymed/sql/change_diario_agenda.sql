-- MV: oldest rows of the journal that the trigger on AGE_CIR writes. AGE_CIR has no patient: the surgery's notice has or, where it was
-- left empty, the attendance that it got.
SELECT j.id, j.cd_age_cir AS chave, COALESCE(v.cd_paciente, a.cd_paciente) AS chave_paciente, j.tp_operacao
FROM fusion_integracao.atualizacaoagendacirurgia j
LEFT JOIN dbamv.aviso_cirurgia v ON v.cd_aviso_cirurgia = j.cd_aviso_cirurgia
LEFT JOIN dbamv.atendime a ON a.cd_atendimento = v.cd_atendimento
ORDER BY j.id
OFFSET 0 ROWS FETCH NEXT :limite ROWS ONLY
