-- Tasy: patients of a batch (the keys are cd_pessoa_fisica), with the same columns as in an attendance.
SELECT p.cd_pessoa_fisica AS chave,
    p.cd_pessoa_fisica, p.nm_pessoa_fisica, p.nm_social, p.dt_nascimento, p.dt_obito, p.ie_sexo, p.nr_cpf, p.nr_cartao_nac_sus,
    p.nr_seq_cor_pele, cp.ds_cor_pele, p.nr_ddd_celular, p.nr_telefone_celular
FROM tasy.pessoa_fisica p
LEFT JOIN tasy.cor_pele cp ON cp.nr_sequencia = p.nr_seq_cor_pele
WHERE p.cd_pessoa_fisica IN :chaves
