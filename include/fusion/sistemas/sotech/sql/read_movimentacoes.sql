-- Sotech: bed movements of a batch; a cancelled one (estado C) is none. Bind: chaves. Source: the vendor's DDL, see include/contracts/sotech.
SELECT
    m.fkatendimento AS chave, m.pkmovimentacaoleito AS codigo, m.tipo AS tipo, m.dataabertura AS inicio, m.datafechamento AS fim,
    d.codleito AS leito, o.codleito AS leito_anterior, p.pkposto AS posto_codigo, p.posto AS posto_nome
FROM sotech.ate_movimentacao_leito m
LEFT JOIN sotech.cdg_leito d ON d.pkleito = m.fkleitodestino
LEFT JOIN sotech.cdg_leito o ON o.pkleito = m.fkleitoorigem
LEFT JOIN sotech.cdg_posto p ON p.pkposto = COALESCE(m.fkpostodestino, m.fkpostoorigem)
WHERE m.fkatendimento IN :chaves AND m.ativo AND COALESCE(m.estado, 'A') <> 'C'
ORDER BY m.fkatendimento, m.dataabertura, m.pkmovimentacaoleito
