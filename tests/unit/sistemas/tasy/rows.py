"""Rows of Tasy as its drivers give them, one of each kind, and the way from them to a checked record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import body
from include.fusion.model.depara import DePara, read_catalogs, shipped
from include.fusion.reading.spec import MappingContext
from include.fusion.sistemas.tasy.system import map_record
from sandbox.fusion import contrato

ZONE = ZoneInfo("America/Bahia")
PROFISSIONAL = dict.fromkeys(f"profissional_{c}" for c in ("codigo", "nome", "cpf", "cns", "crm", "uf"))
PACIENTE = dict.fromkeys((
    "nm_social", "dt_nascimento", "dt_obito", "nr_cpf", "nr_cartao_nac_sus", "nr_seq_cor_pele", "ds_cor_pele", "nr_ddd_celular",
    "nr_telefone_celular",
)) | {"cd_pessoa_fisica": "1001", "nm_pessoa_fisica": "Paciente de Teste", "ie_sexo": "F"}  # fmt: skip
ATENDIMENTO = dict.fromkeys((
    "dt_alta", "dt_alta_medico", "cd_motivo_alta", "ds_motivo_alta", "ie_obito", "ie_carater_inter_sus", "ie_clinica", "cd_estabelecimento",
)) | PACIENTE | PROFISSIONAL | {"chave": 1, "dt_entrada": datetime(2026, 3, 1, 8), "ie_tipo_atendimento": 1}  # fmt: skip
COMPLEMENT = dict.fromkeys((
    "nm_contato", "ds_endereco", "nr_endereco", "ds_complemento", "ds_bairro", "ds_municipio", "sg_estado", "cd_cep", "ds_email", "nr_telefone",
)) | {"nr_sequencia": 1, "ie_tipo_complemento": 1}  # fmt: skip
STAY = dict.fromkeys(("dt_saida_unidade", "ds_setor_atendimento", "cd_unidade_basica", "cd_unidade_compl")) | {
    "nr_seq_interno": 1, "dt_entrada_unidade": datetime(2026, 3, 1, 8, 15), "cd_setor_atendimento": 3,
}  # fmt: skip
SINAL = dict.fromkeys((
    "qt_pa_sistolica", "qt_pa_diastolica", "qt_pam", "qt_freq_cardiaca", "qt_freq_resp", "qt_temp", "qt_saturacao_o2", "qt_peso",
    "ie_unid_med_peso", "qt_altura_cm", "ie_unid_med_altura", "qt_glicemia_capilar", "qt_escala_dor", "sinal_paciente",
)) | PROFISSIONAL | {"nr_sequencia": 5, "atendimento_paciente": "1001", "dt_sinal_vital": datetime(2026, 3, 1, 9)}  # fmt: skip
EVOLUCAO = PROFISSIONAL | {
    "cd_evolucao": 3, "dt_evolucao": datetime(2026, 3, 1, 10), "ie_tipo_evolucao": "1", "ie_evolucao_clinica": "E", "ds_evolucao": "Estável.",
}  # fmt: skip
ITEM = PROFISSIONAL | dict.fromkeys((
    "dt_validade_prescr", "prescricao_suspensa", "cd_material", "ds_material", "ds_reduzida", "qt_dose", "cd_unidade_medida_dose", "cd_intervalo",
    "ie_via_aplicacao", "dt_inicio_medic", "ie_suspenso", "dt_suspensao",
)) | {"nr_prescricao": 6, "nr_sequencia": 1, "dt_prescricao": datetime(2026, 3, 2, 7)}  # fmt: skip
PROCEDIMENTO = PROFISSIONAL | dict.fromkeys(("cd_procedimento", "ds_proc_exame", "qt_procedimento")) | {
    "nr_prescricao": 6, "nr_sequencia": 1, "dt_prescricao": datetime(2026, 3, 2, 7),
}  # fmt: skip
ALERGIA = dict.fromkeys((
    "ie_nega_alergias", "ds_tipo_alergia", "ds_reacao", "cd_material", "ds_reduzida", "ds_medic_nao_cad", "ds_observacao",
)) | {"nr_sequencia": 8}  # fmt: skip
DIAGNOSTICO = {"dt_diagnostico": datetime(2026, 3, 1, 9, 30), "cd_doenca": "E119", "ds_doenca_cid": None, "ie_classificacao_doenca": "P"}
CONVENIO = {"cd_convenio": 2, "ds_convenio": "Particular"}
CTX = MappingContext(DePara(read_catalogs(shipped("tasy"))), ZONE)


def read(atendimento: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> Atendimento:
    return map_record({"atendimento": [ATENDIMENTO | (atendimento or {})], **rows}, CTX)


def accept(read_item: Atendimento) -> dict[str, Any]:
    """The body, after Fusion's own checks of it."""
    sent = body(read_item)
    assert [e.message for e in contrato.validator("Atendimento").iter_errors(sent)] == []
    contrato.check_items(sent, "atendimento")
    return sent
