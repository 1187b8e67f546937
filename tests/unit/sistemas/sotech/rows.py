"""Rows of Sotech as its driver gives them, one of each kind, and the way from them to a checked record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import body
from include.fusion.model.depara import Catalog, DePara, read_catalogs, shipped
from include.fusion.reading.spec import MappingContext
from include.fusion.sistemas.sotech.system import map_record
from sandbox.fusion import contrato

ASSINA = {"profissional_codigo": None, "profissional_nome": None}
MOMENT = datetime(2026, 3, 1, 9, 30)
ATENDIMENTO = dict.fromkeys((
    "data_fim", "queixa_principal", "unidade_codigo", "unidade_nome", "especialidade", "leito", "setor", "cid_principal", "cid_principal_nome",
    "cid_secundario", "cid_secundario_nome", "paciente_cpf", "paciente_cns", "paciente_data_nascimento", "paciente_sexo_codigo",
    "paciente_sexo_nome", "paciente_nome_mae", "paciente_nome_pai", "endereco_logradouro", "endereco_numero", "endereco_complemento",
    "endereco_bairro", "endereco_municipio", "endereco_uf",
)) | ASSINA | {
    "chave": 1, "data_inicio": MOMENT, "tipo_codigo": 2, "tipo_nome": "Internação", "paciente_codigo": 7, "paciente_nome": "Paciente de Teste",
    "paciente_ativo": True,
}  # fmt: skip
CONTACT = {"celular1": None, "celular2": None, "email": None}
MOVEMENT = {"codigo": 4, "tipo": None, "inicio": MOMENT, "fim": None, "leito": "101-A", "leito_anterior": None, "posto_codigo": 3,
             "posto_nome": "UTI adulto"}  # fmt: skip
DIAGNOSTICO = ASSINA | {"codigo": 5, "cid10": "I10", "descricao": None, "tipo": None, "data": MOMENT, "observacao": None}
ANAMNESE = ASSINA | {"codigo": 6, "data": MOMENT, "queixa_principal": None, "texto": None}
EVOLUCAO = ASSINA | {"codigo": 8, "data": MOMENT, "tipo": None, "texto": None}
SINAIS = ASSINA | {"codigo": 9, "data": MOMENT} | dict.fromkeys((
    "pressao_sistolica", "pressao_diastolica", "frequencia_cardiaca", "frequencia_respiratoria", "temperatura", "saturacao_o2", "glicemia_capilar",
    "peso", "altura", "dor",
))  # fmt: skip
ITEM = ASSINA | {"codigo": 10, "nome": "Dipirona", "suspenso": False, "prescrito_em": MOMENT} | dict.fromkeys((
    "medicamento", "concentracao", "dose", "unidade_dose", "via", "frequencia", "posologia", "quantidade", "inicio", "fim",
))  # fmt: skip
EXAME = (
    ASSINA | {"codigo": 11, "nome": "Hemograma"} | dict.fromkeys(("procedimento", "solicitado_em", "realizado_em", "resultado_em", "laudo"))
)
RESULT = {"exame": 11, "nome": "Hemoglobina", "valor": None, "unidade": None, "referencia": None}
VAZIAS: dict[str, dict[str, Any]] = {
    "contatos": CONTACT, "movimentacoes": MOVEMENT, "diagnosticos": DIAGNOSTICO, "anamneses": ANAMNESE, "evolucoes": EVOLUCAO,
    "sinais_vitais": SINAIS, "prescricoes": ITEM, "exames": EXAME, "exames_resultados": RESULT,
}  # fmt: skip
"""One row of each kind with NULL wherever the contract allows it."""


def context(**stations: str) -> MappingContext:
    catalogs = dict(read_catalogs(shipped("sotech")))
    if stations:
        catalogs["postos"] = Catalog(politica="repassar", codigos={code[1:]: word for code, word in stations.items()})
    return MappingContext(DePara(catalogs), ZoneInfo("America/Bahia"))


def read(ctx: MappingContext | None = None, atendimento: dict[str, Any] | None = None, **kinds: list[dict[str, Any]]) -> Atendimento:
    """The record of an attendance with these columns and these detail rows, each on top of a row of NULLs."""
    cheias = {kind: [VAZIAS[kind] | row for row in rows] for kind, rows in kinds.items()}
    return map_record({"atendimento": [ATENDIMENTO | (atendimento or {})], **cheias}, ctx or context())


def accept(read_item: Atendimento) -> dict[str, Any]:
    """The body, after Fusion's own checks of it."""
    sent = body(read_item)
    assert [e.message for e in contrato.validator("Atendimento").iter_errors(sent)] == []
    contrato.check_items(sent, "atendimento")
    return sent
