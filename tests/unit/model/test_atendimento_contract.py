"""The hand-written contract and the pydantic model check each other."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from include.fusion.model.agenda import AgendamentoCirurgico, AplicacaoPendencia
from include.fusion.model.atendimento import SINAIS, Atendimento
from include.fusion.model.content import body, content_version, package
from sandbox.fusion import contrato, formatos
from sandbox.fusion.app import _hash_conteudo
from sandbox.fusion.problema import Refusal

ESQUEMAS = contrato.document()["components"]["schemas"]
# Values by field name first, by name of the contract's type next.
EXAMPLES = {
    "Codigo": "A-1/b", "Curto": "José da Silva ☂", "Longo": "linha 1\nlinha 2", "Cpf": "52998224725", "Cns": "700000000000005",
    "Cid10": "E11.9", "Ciap2": "K86", "Data": "1931-02-28", "DataHora": "2024-02-29T23:59:59.123456-03:00", "Numero": 36.5, "Uf": "BA",
    "MinutosDoDia": 90, "Inteiro": 44,
    "cep": "40000000", "codigoIbge": "2927408", "cbo": "225125", "cnes": "1234567", "ine": "0000123456",
}  # fmt: skip


def models(kind: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> set[type[BaseModel]]:
    seen = set() if seen is None else seen
    if kind not in seen:
        seen.add(kind)
        for field in kind.model_fields.values():
            for part in parts(field.annotation):
                if isinstance(part, type) and issubclass(part, BaseModel):
                    models(part, seen)
    return seen


def parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) in (Union, types.UnionType, tuple, Annotated):
        for interna in get_args(annotation):
            yield from parts(interna)


def example(schema: dict[str, Any], name: str = "") -> Any:
    """The largest record that the contract allows: every field of every object, each list with one item."""
    if "$ref" in schema:
        kind = schema["$ref"].rsplit("/", 1)[1]
        return EXAMPLES[kind] if kind in EXAMPLES else example(ESQUEMAS[kind])
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {n: example(s, n) for n, s in schema["properties"].items()}
    if schema["type"] == "array":
        return [example(schema["items"])]
    return True if schema["type"] == "boolean" else EXAMPLES[name]


def maximum() -> dict[str, Any]:
    cheio = example(ESQUEMAS["Atendimento"])
    cheio["sinaisVitais"] = [{**cheio["sinaisVitais"][0], "codigo": s, "sinal": s, "unidade": u} for s, u in SINAIS.items()]
    return cheio


EVERYTHING = sorted(models(Atendimento) | models(AgendamentoCirurgico) | {AplicacaoPendencia}, key=lambda m: m.__name__)


@pytest.mark.parametrize("model", EVERYTHING, ids=lambda m: m.__name__)
def test_each_model_has_the_fields_of_the_contract(model: type[BaseModel]) -> None:
    schema = ESQUEMAS[model.__name__]
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == {c.alias for c in model.model_fields.values()}
    assert set(schema.get("required", ())) == {c.alias for c in model.model_fields.values() if c.is_required()}


@pytest.mark.parametrize("model", EVERYTHING, ids=lambda m: m.__name__)
def test_each_enum_of_the_model_is_the_contracts(model: type[BaseModel]) -> None:
    for field in model.model_fields.values():
        literais = [get_args(p) for p in parts(field.annotation) if get_origin(p) is Literal]
        expected = list(literais[0]) if literais else None
        assert ESQUEMAS[model.__name__]["properties"][field.alias].get("enum") == expected, field.alias


def test_every_simple_type_of_the_model_is_limited_alike() -> None:
    for field, contratado in (("codigo", "Codigo"), ("setor", "Curto"), ("queixaPrincipal", "Longo")):
        gerado = Atendimento.model_json_schema()["properties"][field]
        gerado = gerado.get("anyOf", [gerado])[0]
        assert (gerado["minLength"], gerado["maxLength"]) == (ESQUEMAS[contratado]["minLength"], ESQUEMAS[contratado]["maxLength"])


def test_a_record_with_every_field_passes_both_checks_unchanged() -> None:
    cheio = maximum()
    assert body(Atendimento.model_validate(cheio)) == cheio
    assert contrato.validator("Atendimento").is_valid(cheio)
    contrato.check_items(cheio, "atendimento")


@pytest.mark.parametrize("model", [AgendamentoCirurgico, AplicacaoPendencia], ids=lambda m: m.__name__)
def test_a_booking_and_a_pending_call_with_every_field_pass_both_checks(model: Any) -> None:
    cheio = example(ESQUEMAS[model.__name__])
    read_item = model.model_validate(cheio)
    assert body(read_item) == cheio
    assert contrato.validator(model.__name__).is_valid(cheio)
    assert package(read_item)[1] == content_version(cheio)


def test_a_surgery_that_comes_twice_is_refused_by_name_and_a_team_has_no_codes() -> None:
    cheio = example(ESQUEMAS["AgendamentoCirurgico"])
    contrato.check_items(cheio | {"equipe": cheio["equipe"] * 2}, "agendamento")
    with pytest.raises(Refusal, match="repetido") as refusal:
        contrato.check_items(cheio | {"cirurgias": cheio["cirurgias"] * 2}, "agendamento")
    assert refusal.value.field == "$.agendamento.cirurgias[1].codigo"


@pytest.mark.parametrize("minutos", [-1, 1440, 90.5, "90"])
def test_a_duration_is_whole_minutes_of_less_than_a_day(minutos: object) -> None:
    assert not contrato.validator("MinutosDoDia").is_valid(minutos)


def test_vital_sign_units_are_the_models() -> None:
    assert contrato.units() == SINAIS


@pytest.mark.parametrize("valor", [36.5, 36, 0.00001, -1.5e-7, 0.1, 1e9, 123456.789, -0.0])
def test_both_sides_hash_a_record_alike(valor: float) -> None:
    cheio = maximum()
    cheio["sinaisVitais"][0]["valor"] = valor
    assert _hash_conteudo(cheio) == content_version(cheio) == content_version({**cheio, "atualizadoEm": "2025-01-01T00:00:00Z"})


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
    assert not contrato.validator("DataHora").is_valid(valor)


@pytest.mark.parametrize("valor", ["a\x00b", "a\x1bb", "", None])
def test_control_characters_blanks_and_null_are_no_text(valor: object) -> None:
    assert not contrato.validator("Longo").is_valid(valor)


def test_an_item_that_comes_twice_is_refused_by_name() -> None:
    cheio = maximum()
    cheio["vacinas"] *= 2
    with pytest.raises(Refusal, match="repetido") as refusal:
        contrato.check_items(cheio, "atendimento")
    assert refusal.value.field == "$.atendimento.vacinas[1].codigo"


def test_a_vital_sign_in_a_foreign_unit_is_refused_by_name() -> None:
    cheio = maximum()
    cheio["sinaisVitais"][0]["unidade"] = "kPa"
    with pytest.raises(Refusal, match="unidade") as refusal:
        contrato.check_items(cheio, "atendimento")
    assert refusal.value.field == "$.atendimento.sinaisVitais[0].unidade"
