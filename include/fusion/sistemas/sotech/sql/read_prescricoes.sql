-- Sotech: prescribed medicines of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    p.fkatendimento AS chave, i.pkprescricaoitem AS codigo, i.codmedicamento AS medicamento, i.medicamento AS nome,
    i.concentracao AS concentracao, i.dose AS dose, i.unidadedose AS unidade_dose, i.via AS via, i.frequencia AS frequencia,
    i.posologia AS posologia, i.quantidade AS quantidade, i.datainicio AS inicio, i.datafim AS fim, i.suspenso AS suspenso,
    p.datahora AS prescrito_em, pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_prescricao p
JOIN pep.ate_prescricao_item i ON i.fkprescricao = p.pkprescricao
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = p.fkinterveniente
WHERE p.fkatendimento IN :chaves AND p.ativo AND i.ativo
ORDER BY p.fkatendimento, i.pkprescricaoitem
