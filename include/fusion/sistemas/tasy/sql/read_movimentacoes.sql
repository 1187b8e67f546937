-- Tasy: stays in units of care ('N' or empty: a real stay; 'S' only passes through). The mapping puts them in order of time.
SELECT u.nr_atendimento AS chave, u.nr_seq_interno, u.dt_entrada_unidade, u.dt_saida_unidade, u.cd_setor_atendimento,
    st.ds_setor_atendimento, u.cd_unidade_basica, u.cd_unidade_compl
FROM tasy.atend_paciente_unidade u
LEFT JOIN tasy.setor_atendimento st ON st.cd_setor_atendimento = u.cd_setor_atendimento
WHERE u.nr_atendimento IN :chaves AND COALESCE(u.ie_passagem_setor, 'N') = 'N'
ORDER BY u.nr_seq_interno
