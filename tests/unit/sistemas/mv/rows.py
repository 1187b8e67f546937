"""Rows of MV as its drivers give them, one of each kind, and the way from them to a checked record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import body
from include.fusion.model.depara import Catalog, DePara, read_catalogs, shipped
from include.fusion.sistemas.mv.beds import ContextoMv
from include.fusion.sistemas.mv.system import map_record
from sandbox.fusion import contrato

ZONE = ZoneInfo("America/Bahia")
PROVIDER = dict.fromkeys(f"prestador_{c}" for c in ("codigo", "nome", "cpf", "cns", "cbo", "conselho", "registro"))
PACIENTE = dict.fromkeys((
    "nm_social_paciente", "sn_utiliza_nome_social", "dt_nascimento", "tp_cor", "nm_mae", "nm_pai", "nr_cpf", "nr_cns", "cd_cns", "ds_endereco",
    "nr_endereco", "ds_complemento", "nm_bairro", "nr_cep", "nm_cidade", "cd_uf", "cd_ibge", "nr_ddd_fone", "nr_fone", "nr_ddd_celular",
    "nr_celular", "email", "sn_ativo",
)) | {"cd_paciente": 7, "nm_paciente": "Paciente de Teste", "tp_sexo": "F"}  # fmt: skip
ATENDIMENTO = dict.fromkeys((
    "hr_atendimento", "tp_carater_internacao", "dt_alta", "hr_alta", "dt_alta_medica", "hr_alta_medica", "cd_mot_alt", "tp_mot_alta", "sn_obito",
    "cd_cid", "ds_cid", "cd_leito", "ds_unid_int", "ds_ori_ate", "cd_convenio", "nm_convenio", "ds_especialid",
)) | PACIENTE | PROVIDER | {"chave": 1, "dt_atendimento": datetime(2026, 3, 1), "tp_atendimento": "I"}  # fmt: skip
MOVEMENT = dict.fromkeys(("dt_lib_mov", "hr_lib_mov", "cd_leito", "cd_leito_anterior", "ds_unid_int", "tp_unid_int", "sn_semi_uti")) | {
    "cd_mov_int": 1, "tp_mov": "I", "dt_mov_int": datetime(2026, 3, 1), "hr_mov_int": datetime(1899, 12, 30, 8, 15),
}  # fmt: skip
SINAL = PROVIDER | {
    "cd_coleta_sinal_vital": 5, "data_coleta": datetime(2026, 3, 1, 9), "dt_referencia": None, "cd_sinal_vital": 1,
    "ds_sinal_vital": "TEMPERATURA AXILAR", "valor": "36,5", "ds_unidade_afericao": None,
}  # fmt: skip
DOCUMENT = PROVIDER | dict.fromkeys(("nm_documento", "dh_referencia", "dh_fechamento", "dh_criacao")) | {
    "cd_documento_clinico": 3, "cd_editor_registro": 1, "ds_texto": "Estável.",
}  # fmt: skip
NOTE = PROVIDER | {
    "cd_pre_med": 4, "tp_pre_med": "E", "dt_pre_med": datetime(2026, 3, 2), "hr_pre_med": datetime(1900, 1, 1, 7), "ds_evolucao": "Curativo feito.",
}  # fmt: skip
ITEM = PROVIDER | dict.fromkeys((
    "cd_produto", "ds_produto", "ds_tip_presc", "sn_exa_rx", "sn_exa_lab", "ds_tip_fre", "cd_for_apl", "ds_for_apl", "ds_unidade", "qt_itpre_med",
    "dh_inicial", "dh_final", "sn_cancelado", "dh_cancelado", "sn_continuo", "cd_cid", "ds_itpre_med",
)) | {"cd_itpre_med": 6, "dt_pre_med": datetime(2026, 3, 2), "hr_pre_med": datetime(1900, 1, 1, 7)}  # fmt: skip
ALERGIA = dict.fromkeys((
    "tp_alergia", "tp_severidade", "cd_substancia", "ds_substancia", "ds_alimento", "ds_outros", "ds_observacao", "cd_usuario_inativacao", "sn_ativo",
)) | {"cd_problema": 8}  # fmt: skip
OLD_NAME = dict.fromkeys(("tp_alergia", "tp_severidade", "ds_alergia", "ds_aviso", "sn_ativo", "ds_substancia")) | {"cd_substancia": 2}
DIAGNOSTICO = dict.fromkeys(("cd_cid", "ds_cid", "tp_situacao", "qt_tempo_doenca", "tp_unidade_tempo_doenca", "ds_observacao")) | {
    "cd_diagnostico_atendime": 9
}
VAZIAS: dict[str, Any] = {
    "movimentacoes": MOVEMENT, "diagnosticos": DIAGNOSTICO, "alergias": ALERGIA, "alergias_antigas": OLD_NAME,
    "evolucoes": DOCUMENT | {"ds_texto": None}, "evolucoes_prescricao": NOTE | {"ds_evolucao": None}, "prescricoes": ITEM,
    "sinais_vitais": SINAL | {"data_coleta": None, "valor": None, "ds_sinal_vital": None},
}  # fmt: skip
"""One row of each kind with NULL wherever the schema allows it."""


def context(zone: ZoneInfo = ZONE, semi_uti: bool = False, **sinais: str) -> ContextoMv:
    catalogs = dict(read_catalogs(shipped("mv")))
    if sinais:
        base = catalogs["sinais_vitais"]
        catalogs["sinais_vitais"] = Catalog(politica="padrao", padrao="NAO_ENVIAR", codigos=base.codigos | sinais)
    return ContextoMv(DePara(catalogs), zone, semi_uti=semi_uti)


CTX = context()


def read(ctx: ContextoMv = CTX, atendimento: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> Atendimento:
    return map_record({"atendimento": [ATENDIMENTO | (atendimento or {})], **rows}, ctx)


def accept(read_item: Atendimento) -> dict[str, Any]:
    """The body, after Fusion's own checks of it."""
    sent = body(read_item)
    assert [e.message for e in contrato.validator("Atendimento").iter_errors(sent)] == []
    contrato.check_items(sent, "atendimento")
    return sent
