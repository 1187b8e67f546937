-- Tasy: addresses and relatives of patients (the keys are cd_pessoa_fisica), with the same columns as of an attendance.
SELECT c.cd_pessoa_fisica AS chave, c.nr_sequencia, c.ie_tipo_complemento, c.nm_contato, c.ds_endereco, c.nr_endereco,
    c.ds_complemento, c.ds_bairro, c.ds_municipio, c.sg_estado, c.cd_cep, c.ds_email, c.nr_telefone
FROM tasy.compl_pessoa_fisica c
WHERE c.cd_pessoa_fisica IN :chaves
ORDER BY c.ie_tipo_complemento, c.nr_sequencia
