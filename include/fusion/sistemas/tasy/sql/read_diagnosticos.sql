-- Tasy: diagnoses that are released and in force. Their key is attendance, moment and code.
SELECT d.nr_atendimento AS chave, d.dt_diagnostico, d.cd_doenca, c.ds_doenca_cid, d.ie_classificacao_doenca
FROM tasy.diagnostico_doenca d
LEFT JOIN tasy.cid_doenca c ON c.cd_doenca_cid = d.cd_doenca
WHERE d.nr_atendimento IN :chaves AND d.dt_liberacao IS NOT NULL AND COALESCE(d.ie_situacao, 'A') = 'A'
ORDER BY d.dt_diagnostico, d.cd_doenca
