-- Sotech: PostgreSQL's own count of writes to each table that is compared. It only saves comparisons: a site whose account cannot read it
-- puts a file without a statement in its place, and tables are then compared every ten seconds. Source: pg_stat_user_tables.
SELECT s.schemaname AS esquema, s.relname AS tabela, s.n_tup_ins + s.n_tup_upd + s.n_tup_del AS contador
FROM pg_stat_user_tables s
WHERE s.schemaname IN ('sotech', 'pep')
    AND s.relname IN (
        'ate_atendimento', 'cdg_paciente', 'cdg_contato', 'ate_movimentacao_leito', 'ate_subjetivo', 'ate_diagnostico', 'ate_evolucao',
        'ate_sinalvital', 'ate_prescricao', 'ate_prescricao_item', 'ate_exame', 'ate_exame_resultado'
    )
