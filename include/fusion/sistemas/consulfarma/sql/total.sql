-- How many attendances the whole history has. Source: include/contracts/consulfarma/ddl.sql.
SELECT COUNT(*) AS total FROM dbo.Atendimento
