"""Columns that the generator writes, by table; the simulator names its own."""

from __future__ import annotations

_COLUMNS = {
    "pessoa_fisica": "cd_pessoa_fisica, nm_pessoa_fisica, nm_social, dt_nascimento, ie_sexo, nr_cpf, nr_cartao_nac_sus, nr_seq_cor_pele,"
    " nr_ddd_celular, nr_telefone_celular",
    "compl_pessoa_fisica": "cd_pessoa_fisica, nr_sequencia, ie_tipo_complemento, nm_contato, ds_endereco, nr_endereco, ds_complemento, ds_bairro,"
    " ds_municipio, sg_estado, cd_cep, ds_email, nr_telefone",
    "paciente_alergia": "nr_sequencia, cd_pessoa_fisica, nr_seq_tipo, nr_seq_reacao, cd_material, ds_medic_nao_cad, ds_observacao, ie_confirmacao,"
    " ie_nega_alergias, dt_liberacao, dt_inativacao",
    "atendimento_paciente": "nr_atendimento, cd_pessoa_fisica, cd_estabelecimento, ie_tipo_atendimento, dt_entrada, dt_alta, dt_alta_medico,"
    " dt_cancelamento, ie_status_atendimento, cd_medico_resp, cd_motivo_alta, ie_carater_inter_sus, ie_clinica",
    "atend_categoria_convenio": "nr_atendimento, cd_convenio, cd_categoria, dt_inicio_vigencia",
    "atend_paciente_unidade": "nr_seq_interno, nr_atendimento, nr_sequencia, cd_setor_atendimento, cd_unidade_basica, cd_unidade_compl,"
    " dt_entrada_unidade, dt_saida_unidade, ie_passagem_setor",
    "diagnostico_doenca": "nr_atendimento, dt_diagnostico, cd_doenca, ie_classificacao_doenca, dt_liberacao, ie_situacao",
    "atendimento_sinal_vital": "nr_sequencia, nr_atendimento, cd_paciente, cd_pessoa_fisica, dt_sinal_vital, qt_pa_sistolica, qt_pa_diastolica, qt_pam,"
    " qt_freq_cardiaca, qt_freq_resp, qt_temp, qt_saturacao_o2, qt_peso, ie_unid_med_peso, qt_altura_cm, ie_unid_med_altura, qt_glicemia_capilar,"
    " qt_escala_dor, ie_situacao, dt_liberacao, dt_inativacao",
    "prescr_medica": "nr_prescricao, nr_atendimento, cd_pessoa_fisica, cd_medico, dt_prescricao, dt_validade_prescr, dt_liberacao,"
    " dt_liberacao_medico, dt_suspensao",
    "prescr_material": "nr_prescricao, nr_sequencia, cd_material, qt_dose, cd_unidade_medida_dose, cd_intervalo, ie_via_aplicacao, dt_inicio_medic,"
    " ie_suspenso, dt_suspensao, ie_administrar",
    "prescr_procedimento": "nr_prescricao, nr_sequencia, cd_procedimento, nr_seq_proc_interno, qt_procedimento, ie_status_execucao",
    "evolucao_paciente": "cd_evolucao, nr_atendimento, cd_pessoa_fisica, cd_medico, dt_evolucao, ie_tipo_evolucao, ie_evolucao_clinica, ds_evolucao,"
    " ie_situacao, dt_liberacao",
}
COLUMNS = {
    table: (*columns.split(", "), "dt_atualizacao", "nm_usuario", "dt_atualizacao_nrec", "nm_usuario_nrec")
    for table, columns in _COLUMNS.items()
}
