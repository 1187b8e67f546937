-- Sotech: how many attendances the whole history has. Source: domain-facts 5.1.
SELECT COUNT(*) AS total FROM sotech.ate_atendimento
