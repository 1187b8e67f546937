"""The hand-written contract and the pydantic model check each other."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from include.fusion.model.agenda import AgendamentoCirurgico, AplicacaoPendencia
from include.fusion.model.atendimento import SINAIS, Atendimento
from include.fusion.model.content import corpo, pacote, versao_conteudo
from sandbox.fusion import contrato, formatos
from sandbox.fusion.app import _hash_conteudo
from sandbox.fusion.problema import Recusa

ESQUEMAS = contrato.documento()["components"]["schemas"]
# Values by field name first, by name of the contract's type next.
EXEMPLOS = {
    "Codigo": "A-1/b", "Curto": "José da Silva ☂", "Longo": "linha 1\nlinha 2", "Cpf": "52998224725", "Cns": "700000000000005",
    "Cid10": "E11.9", "Ciap2": "K86", "Data": "1931-02-28", "DataHora": "2024-02-29T23:59:59.123456-03:00", "Numero": 36.5, "Uf": "BA",
    "MinutosDoDia": 90, "Inteiro": 44,
    "cep": "40000000", "codigoIbge": "2927408", "cbo": "225125", "cnes": "1234567", "ine": "0000123456",
}  # fmt: skip


def modelos(tipo: type[BaseModel], vistos: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    vistos = set() if vistos is None else vistos
    if tipo not in vistos:
        vistos.add(tipo)
        for campo in tipo.model_fields.values():
            for parte in partes(campo.annotation):
                if isinstance(parte, type) and issubclass(parte, BaseModel):
                    modelos(parte, vistos)
    return vistos


def partes(anotacao: Any) -> Iterator[Any]:
    yield anotacao
    if get_origin(anotacao) in (Union, types.UnionType, tuple, Annotated):
        for interna in get_args(anotacao):
            yield from partes(interna)


def exemplo(esquema: dict[str, Any], nome: str = "") -> Any:
    """The largest record that the contract allows: every field of every object, each list with one item."""
    if "$ref" in esquema:
        tipo = esquema["$ref"].rsplit("/", 1)[1]
        return EXEMPLOS[tipo] if tipo in EXEMPLOS else exemplo(ESQUEMAS[tipo])
    if "enum" in esquema:
        return esquema["enum"][0]
    if esquema["type"] == "object":
        return {n: exemplo(s, n) for n, s in esquema["properties"].items()}
    if esquema["type"] == "array":
        return [exemplo(esquema["items"])]
    return True if esquema["type"] == "boolean" else EXEMPLOS[nome]


def maximo() -> dict[str, Any]:
    cheio = exemplo(ESQUEMAS["Atendimento"])
    cheio["sinaisVitais"] = [{**cheio["sinaisVitais"][0], "codigo": s, "sinal": s, "unidade": u} for s, u in SINAIS.items()]
    return cheio


TODOS = sorted(modelos(Atendimento) | modelos(AgendamentoCirurgico) | {AplicacaoPendencia}, key=lambda m: m.__name__)


@pytest.mark.parametrize("modelo", TODOS, ids=lambda m: m.__name__)
def test_each_model_has_the_fields_of_the_contract(modelo: type[BaseModel]) -> None:
    esquema = ESQUEMAS[modelo.__name__]
    assert esquema["additionalProperties"] is False
    assert set(esquema["properties"]) == {c.alias for c in modelo.model_fields.values()}
    assert set(esquema.get("required", ())) == {c.alias for c in modelo.model_fields.values() if c.is_required()}


@pytest.mark.parametrize("modelo", TODOS, ids=lambda m: m.__name__)
def test_each_enum_of_the_model_is_the_contracts(modelo: type[BaseModel]) -> None:
    for campo in modelo.model_fields.values():
        literais = [get_args(p) for p in partes(campo.annotation) if get_origin(p) is Literal]
        esperado = list(literais[0]) if literais else None
        assert ESQUEMAS[modelo.__name__]["properties"][campo.alias].get("enum") == esperado, campo.alias


def test_every_simple_type_of_the_model_is_limited_alike() -> None:
    for campo, contratado in (("codigo", "Codigo"), ("setor", "Curto"), ("queixaPrincipal", "Longo")):
        gerado = Atendimento.model_json_schema()["properties"][campo]
        gerado = gerado.get("anyOf", [gerado])[0]
        assert (gerado["minLength"], gerado["maxLength"]) == (ESQUEMAS[contratado]["minLength"], ESQUEMAS[contratado]["maxLength"])


def test_a_record_with_every_field_passes_both_checks_unchanged() -> None:
    cheio = maximo()
    assert corpo(Atendimento.model_validate(cheio)) == cheio
    assert contrato.validador("Atendimento").is_valid(cheio)
    contrato.conferir_itens(cheio, "atendimento")


@pytest.mark.parametrize("modelo", [AgendamentoCirurgico, AplicacaoPendencia], ids=lambda m: m.__name__)
def test_a_booking_and_a_pending_call_with_every_field_pass_both_checks(modelo: Any) -> None:
    cheio = exemplo(ESQUEMAS[modelo.__name__])
    lido = modelo.model_validate(cheio)
    assert corpo(lido) == cheio
    assert contrato.validador(modelo.__name__).is_valid(cheio)
    assert pacote(lido)[1] == versao_conteudo(cheio)


def test_a_surgery_that_comes_twice_is_refused_by_name_and_a_team_has_no_codes() -> None:
    cheio = exemplo(ESQUEMAS["AgendamentoCirurgico"])
    contrato.conferir_itens(cheio | {"equipe": cheio["equipe"] * 2}, "agendamento")
    with pytest.raises(Recusa, match="repetido") as recusa:
        contrato.conferir_itens(cheio | {"cirurgias": cheio["cirurgias"] * 2}, "agendamento")
    assert recusa.value.campo == "$.agendamento.cirurgias[1].codigo"


@pytest.mark.parametrize("minutos", [-1, 1440, 90.5, "90"])
def test_a_duration_is_whole_minutes_of_less_than_a_day(minutos: object) -> None:
    assert not contrato.validador("MinutosDoDia").is_valid(minutos)


def test_vital_sign_units_are_the_models() -> None:
    assert contrato.unidades() == SINAIS


@pytest.mark.parametrize("valor", [36.5, 36, 0.00001, -1.5e-7, 0.1, 1e9, 123456.789, -0.0])
def test_both_sides_hash_a_record_alike(valor: float) -> None:
    cheio = maximo()
    cheio["sinaisVitais"][0]["valor"] = valor
    assert _hash_conteudo(cheio) == versao_conteudo(cheio) == versao_conteudo({**cheio, "atualizadoEm": "2025-01-01T00:00:00Z"})


@pytest.mark.parametrize("texto", ["52998224724", "11111111111", "5299822472", "529.982.247-25", "٥٢٩٩٨٢٢٤٧٢٥", ""])
def test_a_wrong_cpf_is_refused(texto: str) -> None:
    assert not formatos.cpf(texto)


@pytest.mark.parametrize("texto", ["700000000000006", "300000000000005", "70000000000000", ""])
def test_a_wrong_cns_is_refused(texto: str) -> None:
    assert not formatos.cns(texto)


@pytest.mark.parametrize("texto", ["E119", "e11.9", "E11.", "E11.999", "E1", "11.9", ""])
def test_a_wrong_cid_is_refused(texto: str) -> None:
    assert not formatos.cid10(texto)


@pytest.mark.parametrize("valor", ["2024-01-01T10:00:00", "2024-02-30T10:00:00Z", "1024-01-01T10:00:00Z", "2024-01-01", 1])
def test_a_moment_without_offset_or_outside_the_calendar_is_refused(valor: object) -> None:
    assert not contrato.validador("DataHora").is_valid(valor)


@pytest.mark.parametrize("valor", ["a\x00b", "a\x1bb", "", None])
def test_control_characters_blanks_and_null_are_no_text(valor: object) -> None:
    assert not contrato.validador("Longo").is_valid(valor)


def test_an_item_that_comes_twice_is_refused_by_name() -> None:
    cheio = maximo()
    cheio["vacinas"] *= 2
    with pytest.raises(Recusa, match="repetido") as recusa:
        contrato.conferir_itens(cheio, "atendimento")
    assert recusa.value.campo == "$.atendimento.vacinas[1].codigo"


def test_a_vital_sign_in_a_foreign_unit_is_refused_by_name() -> None:
    cheio = maximo()
    cheio["sinaisVitais"][0]["unidade"] = "kPa"
    with pytest.raises(Recusa, match="unidade") as recusa:
        contrato.conferir_itens(cheio, "atendimento")
    assert recusa.value.campo == "$.atendimento.sinaisVitais[0].unidade"
