-- Tasy: payers of the attendance, the one that counts last. ds_convenio: replace this file where the catalogue is called otherwise.
SELECT v.nr_atendimento AS chave, v.cd_convenio, c.ds_convenio
FROM tasy.atend_categoria_convenio v
LEFT JOIN tasy.convenio c ON c.cd_convenio = v.cd_convenio
WHERE v.nr_atendimento IN :chaves
ORDER BY v.nr_atendimento, v.dt_inicio_vigencia, v.cd_convenio
