-- Tasy: allergies of the patient of each attendance, released and not inactivated; ie_nega_alergias S is the statement of none.
SELECT a.nr_atendimento AS chave, g.nr_sequencia, g.ie_nega_alergias, ta.ds_tipo_alergia, re.ds_reacao, g.cd_material, mt.ds_reduzida,
    g.ds_medic_nao_cad, g.ds_observacao
FROM tasy.atendimento_paciente a
JOIN tasy.paciente_alergia g ON g.cd_pessoa_fisica = a.cd_pessoa_fisica
LEFT JOIN tasy.tipo_alergia ta ON ta.nr_sequencia = g.nr_seq_tipo
LEFT JOIN tasy.med_reacao_alergica re ON re.nr_sequencia = g.nr_seq_reacao
LEFT JOIN tasy.material mt ON mt.cd_material = g.cd_material
WHERE a.nr_atendimento IN :chaves AND g.dt_liberacao IS NOT NULL AND g.dt_inativacao IS NULL
ORDER BY g.nr_sequencia
