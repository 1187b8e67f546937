-- Tasy: addresses and relatives of the patient of each attendance.
SELECT a.nr_atendimento AS chave, c.nr_sequencia, c.ie_tipo_complemento, c.nm_contato, c.ds_endereco, c.nr_endereco,
    c.ds_complemento, c.ds_bairro, c.ds_municipio, c.sg_estado, c.cd_cep, c.ds_email, c.nr_telefone
FROM tasy.atendimento_paciente a
JOIN tasy.compl_pessoa_fisica c ON c.cd_pessoa_fisica = a.cd_pessoa_fisica
WHERE a.nr_atendimento IN :chaves
ORDER BY c.ie_tipo_complemento, c.nr_sequencia
