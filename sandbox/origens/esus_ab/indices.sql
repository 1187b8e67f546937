-- Only speed depends on these, never correctness. Foreign keys are indexed in a PEC; the markers' indexes are assumed
-- (ask the site's administrator for them where they are missing: tb_atend, tb_cidadao, and the audit tables that exist).
create index idx_atend_status on tb_atend (dt_ultima_alteracao_status, co_seq_atend);
create index idx_cidadao_atualizado on tb_cidadao (dt_atualizado);
create index idx_retificacao_exclusao on tb_retificacao_atend (dt_exclusao);
create index idx_atend_prontuario on tb_atend (co_prontuario);
create index idx_atendprof_atend on tb_atend_prof (co_atend);
create index idx_atendprof_unico on tb_atend_prof (co_unico_atend_prof);
create index idx_prontuario_grupo on tb_prontuario (co_prontuario_grupo);
create index idx_avaliacaociapcid_atendprof on rl_evolucao_avaliacao_ciap_cid (co_atend_prof);
create index idx_problemaevolucao_unico on tb_problema_evolucao (co_unico_problema);
create index idx_medicao_atendprof on tb_medicao (co_atend_prof);
create index idx_vacinacao_atendprof on tb_vacinacao (co_atend_prof);
create index idx_registrovacinacao_vacinacao on tb_registro_vacinacao (co_vacinacao);
create index idx_requisicaoexame_atendprof on tb_requisicao_exame (co_atend_prof);
create index idx_examereq_solicitacao on tb_exame_requisitado ({solicitante});
create index idx_examereq_resultado on tb_exame_requisitado (co_atend_prof_resultado);
create index idx_receita_atendprof on tb_receita_medicamento (co_atend_prof);
create index idx_atendproced_atendprof on rl_atend_proced (co_atend_prof);
create index idx_alergia_unico on tb_alergia (co_unico_alergia);
create index idx_alergiaevolucao_atendprof on tb_alergia_evolucao (co_atend_prof);
