create index idx_ta_evolucao_subjetivo on ta_evolucao_subjetivo (dt_auditoria);
create index idx_ta_evolucao_objetivo on ta_evolucao_objetivo (dt_auditoria);
create index idx_ta_evolucao_avaliacao on ta_evolucao_avaliacao (dt_auditoria);
create index idx_ta_evolucao_plano on ta_evolucao_plano (dt_auditoria);
create index idx_ta_medicao on ta_medicao (dt_auditoria);
create index idx_ta_receita_medicamento on ta_receita_medicamento (dt_auditoria);
create index idx_ta_exame_requisitado on ta_exame_requisitado (dt_auditoria);
