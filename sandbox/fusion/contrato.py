"""The contract as a gate: a request body is parsed and validated against ``include/contracts/fusion-openapi.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import yaml

from sandbox.fusion.formatos import FORMATS
from sandbox.fusion.problema import Refusal

FILE = Path(__file__).resolve().parents[2] / "include" / "contracts" / "fusion-openapi.yaml"
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")
_REASONS = {
    "type": "tipo inválido",
    "enum": "valor fora da lista aceita",
    "const": "valor fora da lista aceita",
    "pattern": "formato inválido",
    "minLength": "texto vazio",
    "maxLength": "texto longo demais",
    "minimum": "número abaixo do limite",
    "maximum": "número acima do limite",
}
_FORMATS = {
    "cpf": "CPF inválido",
    "cns": "CNS inválido",
    "cid10": "CID-10 inválido",
    "date": "data inválida",
    "date-time": "data e hora inválida ou sem fuso",
}


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as a dict; do not change it."""
    read_item: dict[str, Any] = yaml.load(FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return read_item


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """Compiled validator of one schema of ``components``, strict about formats."""
    root = {"$ref": f"#/components/schemas/{schema}", "components": {"schemas": document()["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator(
        root,
        formats=FORMATS,
        validate_formats=True,
        ignore_unknown_formats=False,
        # Linear time whatever the text, and faster: no pattern of ours looks around.
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def json_path(parts: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in parts)


def _readable(name: str) -> list[str]:
    # A field name that does not look like one may be data put in the wrong place: then only its parent is named.
    return [name] if _FIELD_NAME.fullmatch(name) else []


def _refusal(error: jsonschema_rs.ValidationError) -> Refusal:
    parts = list(error.instance_path)
    rule = str(error.schema_path[-1])
    # Each kind of error has attributes of its own, which the stubs do not tell apart by this rule.
    kind: Any = error.kind
    if rule == "additionalProperties":
        return Refusal(422, "campo desconhecido", json_path([*parts, *_readable(str(kind.unexpected[0]))]))
    if rule == "required":
        return Refusal(422, "campo obrigatório ausente", json_path([*parts, str(kind.property)]))
    if rule == "format":
        return Refusal(422, _FORMATS.get(str(kind.format), "formato inválido"), json_path(parts))
    return Refusal(422, _REASONS.get(rule, "valor inválido"), json_path(parts))


def read(schema: str, raw: bytes) -> dict[str, Any]:
    """Parse and validate one body.

    :raises Recusa: 400 when it is no JSON object, 422 with ``field`` when it breaks the schema; it knows the record's keys.
    """
    try:
        request = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal(400, "o corpo não é JSON válido em UTF-8") from None
    if not isinstance(request, dict):
        raise Refusal(400, "o corpo deveria ser um objeto JSON")
    checker = validator(schema)
    if not checker.is_valid(request):
        raise _refusal(next(iter(checker.iter_errors(request)))).of(*keys(request))
    return request


def keys(request: dict[str, Any]) -> tuple[object, object]:
    """Integration and business key of a body that may be wrong anywhere."""
    for name in ("atendimento", "registro", "paciente", "agendamento"):
        if isinstance(inner := request.get(name), dict):
            return request.get("integracaoId"), inner.get("codigo")
    return request.get("integracaoId", request.get("integracaoOrigem")), request.get("codigo", request.get("idEntidade"))


def check_items(record: dict[str, Any], field: str) -> None:
    """What JSON Schema cannot say: a code occurs once per list (of items that have one), a vital sign has its own unit.

    A doubled code is the mark of a join that multiplied rows at the source.

    :raises Recusa: 422 naming the first such item.
    """
    for items_list, items in record.items():
        if isinstance(items, list) and items and "codigo" in items[0] and len(items) != len({item["codigo"] for item in items}):
            seen: set[str] = set()
            for i, item in enumerate(items):
                if item["codigo"] in seen:
                    raise Refusal(422, "código repetido na lista", json_path([field, items_list, i, "codigo"]))
                seen.add(item["codigo"])
    for i, item in enumerate(record.get("sinaisVitais", ())):
        if units()[item["sinal"]] != item["unidade"]:
            raise Refusal(422, "unidade errada para o sinal vital", json_path([field, "sinaisVitais", i, "unidade"]))


@cache
def units() -> dict[str, str]:
    """Vital sign → its only unit."""
    read_rows: dict[str, str] = document()["components"]["schemas"]["SinalVital"]["x-unidades"]
    return read_rows
