-- Sotech: attendances of patients whose record changed. Bind: pacientes. Source: include/contracts/sotech.
SELECT a.pkatendimento AS chave, a.fkpaciente AS chave_paciente
FROM sotech.ate_atendimento a
WHERE a.fkpaciente IN :pacientes AND a.ativo
