-- Tasy: how many attendances the whole history has.
SELECT COUNT(*) AS total FROM tasy.atendimento_paciente
