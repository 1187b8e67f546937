"""Columns that the generator writes, by table; the simulator names its own."""

from __future__ import annotations

COLUMNS = {
    "paciente": "cd_paciente, nm_paciente, nm_social_paciente, sn_utiliza_nome_social, dt_nascimento, tp_sexo, nm_mae, nm_pai, nr_cpf, nr_cns, cd_cns,"
    " tp_cor, ds_endereco, nr_endereco, ds_complemento, nm_bairro, nr_cep, cd_cidade, nr_ddd_fone, nr_fone, nr_ddd_celular, nr_celular, email,"
    " sn_ativo, dt_inativo, dt_cadastro, hr_cadastro, dt_ultima_atualizacao",
    "hist_subs_pac": "cd_paciente, cd_substancia, tp_alergia, tp_severidade, ds_alergia, sn_ativo",
    "pw_problema": "cd_problema, cd_paciente, sn_ativo",
    "pw_alergia_pac": "cd_problema, tp_alergia, tp_severidade, cd_substancia, cd_alimento, ds_outros, ds_observacao, cd_usuario_inativacao",
    "leito": "cd_leito, ds_leito, ds_resumo, ds_enfermaria, cd_unid_int, cd_tip_acom, tp_ocupacao, tp_situacao, sn_extra",
    "atendime": "cd_atendimento, cd_paciente, dt_atendimento, hr_atendimento, tp_atendimento, dt_alta, hr_alta, dt_alta_medica, hr_alta_medica,"
    " dh_alta_lancada, cd_mot_alt, sn_obito, cd_leito, cd_convenio, cd_prestador, cd_especialid, cd_ori_ate, cd_cid, sn_internado,"
    " tp_carater_internacao, nm_usuario",
    "mov_int": "cd_mov_int, cd_atendimento, cd_leito, cd_leito_anterior, dt_mov_int, hr_mov_int, dt_lib_mov, hr_lib_mov, tp_mov, cd_prestador,"
    " cd_convenio, sn_reserva",
    "diagnostico_atendime": "cd_diagnostico_atendime, cd_atendimento, cd_cid, tp_situacao, qt_tempo_doenca, tp_unidade_tempo_doenca, ds_observacao",
    "pw_documento_clinico": "cd_documento_clinico, cd_tipo_documento, cd_paciente, cd_atendimento, cd_usuario, cd_prestador, tp_status, dh_referencia,"
    " dh_criacao, dh_fechamento, cd_objeto, nm_documento, sn_confidencial",
    "pw_editor_registro": "cd_editor_registro, cd_documento_clinico, ds_texto",
    "pw_editor_clinico": "cd_documento_clinico, cd_documento, cd_editor_registro",
    "coleta_sinal_vital": "cd_coleta_sinal_vital, cd_atendimento, data_coleta, dt_referencia, cd_prestador, nm_usuario",
    "itcoleta_sinal_vital": "cd_coleta_sinal_vital, cd_sinal_vital, cd_unidade_afericao, valor",
    "pre_med": "cd_pre_med, cd_atendimento, cd_prestador, cd_unid_int, dt_pre_med, hr_pre_med, dt_referencia, dt_validade, dh_criacao, dh_impressao, ds_evolucao,"
    " sn_fechado, tp_pre_med, fl_impresso",
    "itpre_med": "cd_itpre_med, cd_pre_med, cd_tip_presc, cd_tip_esq, cd_produto, cd_for_apl, cd_uni_pro, qt_itpre_med, cd_tip_fre, ds_itpre_med,"
    " sn_cancelado, dh_inicial, dh_final, dh_cancelado, dh_registro, sn_urgente, sn_continuo",
    "aviso_cirurgia": "cd_aviso_cirurgia, cd_atendimento, cd_paciente, nm_paciente, tp_situacao, dt_aviso_cirurgia, dt_prev_inter, dt_realizacao,"
    " dt_inicio_cirurgia, dt_cancelamento, cd_cen_cir, cd_sal_cir, sn_uti, ds_obs_aviso",
    "cirurgia_aviso": "cd_cirurgia_aviso, cd_aviso_cirurgia, cd_cirurgia, sn_principal, cd_convenio, ds_lateralidade",
    "prestador_aviso": "cd_cirurgia_aviso, cd_ati_med, cd_prestador, cd_aviso_cirurgia, cd_cirurgia, sn_principal",
    "age_cir": "cd_age_cir, dt_inicio_age_cir, dt_final_age_cir, cd_sal_cir, cd_aviso_cirurgia, tp_agendamento, vl_tempo_cirurgia, vl_tempo_limpeza,"
    " sn_impresso",
}
