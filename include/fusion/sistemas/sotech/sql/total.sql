-- Sotech: how many attendances the whole history has. Source: include/contracts/sotech.
SELECT COUNT(*) AS total FROM sotech.ate_atendimento
