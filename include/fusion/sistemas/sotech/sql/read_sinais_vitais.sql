-- Sotech: vital signs of a batch. Bind: chaves. Source: include/contracts/sotech/ddl.sql (a contract of ours).
SELECT
    s.fkatendimento AS chave, s.pksinalvital AS codigo, s.datahora AS data,
    s.pressaosistolica AS pressao_sistolica, s.pressaodiastolica AS pressao_diastolica, s.frequenciacardiaca AS frequencia_cardiaca,
    s.frequenciarespiratoria AS frequencia_respiratoria, s.temperatura AS temperatura, s.saturacao AS saturacao_o2,
    s.glicemia AS glicemia_capilar, s.peso AS peso, s.altura AS altura, s.dor AS dor,
    pr.pkinterveniente AS profissional_codigo, pr.interveniente AS profissional_nome
FROM pep.ate_sinalvital s
LEFT JOIN sotech.cdg_interveniente pr ON pr.pkinterveniente = s.fkinterveniente
WHERE s.fkatendimento IN :chaves AND s.ativo
ORDER BY s.fkatendimento, s.pksinalvital
