"""Rows of Sotech as its driver gives them, one of each kind, and the way from them to a checked record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import corpo
from include.fusion.model.depara import Catalogo, DePara, ler_catalogos, shipped
from include.fusion.reading.spec import Contexto
from include.fusion.sistemas.sotech.system import mapear
from sandbox.fusion import contrato

ASSINA = {"profissional_codigo": None, "profissional_nome": None}
MOMENTO = datetime(2026, 3, 1, 9, 30)
ATENDIMENTO = dict.fromkeys((
    "data_fim", "queixa_principal", "unidade_codigo", "unidade_nome", "especialidade", "leito", "setor", "cid_principal", "cid_principal_nome",
    "cid_secundario", "cid_secundario_nome", "paciente_cpf", "paciente_cns", "paciente_data_nascimento", "paciente_sexo_codigo",
    "paciente_sexo_nome", "paciente_nome_mae", "paciente_nome_pai", "endereco_logradouro", "endereco_numero", "endereco_complemento",
    "endereco_bairro", "endereco_municipio", "endereco_uf",
)) | ASSINA | {
    "chave": 1, "data_inicio": MOMENTO, "tipo_codigo": 2, "tipo_nome": "Internação", "paciente_codigo": 7, "paciente_nome": "Paciente de Teste",
    "paciente_ativo": True,
}  # fmt: skip
CONTATO = {"celular1": None, "celular2": None, "email": None}
MOVIMENTO = {"codigo": 4, "tipo": None, "inicio": MOMENTO, "fim": None, "leito": "101-A", "leito_anterior": None, "posto_codigo": 3,
             "posto_nome": "UTI adulto"}  # fmt: skip
DIAGNOSTICO = ASSINA | {"codigo": 5, "cid10": "I10", "descricao": None, "tipo": None, "data": MOMENTO, "observacao": None}
ANAMNESE = ASSINA | {"codigo": 6, "data": MOMENTO, "queixa_principal": None, "texto": None}
EVOLUCAO = ASSINA | {"codigo": 8, "data": MOMENTO, "tipo": None, "texto": None}
SINAIS = ASSINA | {"codigo": 9, "data": MOMENTO} | dict.fromkeys((
    "pressao_sistolica", "pressao_diastolica", "frequencia_cardiaca", "frequencia_respiratoria", "temperatura", "saturacao_o2", "glicemia_capilar",
    "peso", "altura", "dor",
))  # fmt: skip
ITEM = ASSINA | {"codigo": 10, "nome": "Dipirona", "suspenso": False, "prescrito_em": MOMENTO} | dict.fromkeys((
    "medicamento", "concentracao", "dose", "unidade_dose", "via", "frequencia", "posologia", "quantidade", "inicio", "fim",
))  # fmt: skip
EXAME = (
    ASSINA | {"codigo": 11, "nome": "Hemograma"} | dict.fromkeys(("procedimento", "solicitado_em", "realizado_em", "resultado_em", "laudo"))
)
RESULTADO = {"exame": 11, "nome": "Hemoglobina", "valor": None, "unidade": None, "referencia": None}
VAZIAS = {
    "contatos": CONTATO, "movimentacoes": MOVIMENTO, "diagnosticos": DIAGNOSTICO, "anamneses": ANAMNESE, "evolucoes": EVOLUCAO,
    "sinais_vitais": SINAIS, "prescricoes": ITEM, "exames": EXAME, "exames_resultados": RESULTADO,
}  # fmt: skip
"""One row of each kind with NULL wherever the contract allows it."""


def contexto(**postos: str) -> Contexto:
    catalogos = dict(ler_catalogos(shipped("sotech")))
    if postos:
        catalogos["postos"] = Catalogo(politica="repassar", codigos={codigo[1:]: palavra for codigo, palavra in postos.items()})
    return Contexto(DePara(catalogos), ZoneInfo("America/Bahia"))


def ler(ctx: Contexto | None = None, atendimento: dict[str, Any] | None = None, **tipos: list[dict[str, Any]]) -> Atendimento:
    """The record of an attendance with these columns and these detail rows, each on top of a row of NULLs."""
    cheias = {tipo: [VAZIAS[tipo] | linha for linha in linhas] for tipo, linhas in tipos.items()}
    return mapear({"atendimento": [ATENDIMENTO | (atendimento or {})], **cheias}, ctx or contexto())


def aceito(lido: Atendimento) -> dict[str, Any]:
    """The body, after Fusion's own checks of it."""
    enviado = corpo(lido)
    assert [e.message for e in contrato.validador("Atendimento").iter_errors(enviado)] == []
    contrato.conferir_itens(enviado, "atendimento")
    return enviado
