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

from sandbox.fusion.formatos import FORMATOS
from sandbox.fusion.problema import Recusa

ARQUIVO = Path(__file__).resolve().parents[2] / "include" / "contracts" / "fusion-openapi.yaml"
_NOME_DE_CAMPO = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,59}")
_MOTIVOS = {
    "type": "tipo inválido",
    "enum": "valor fora da lista aceita",
    "const": "valor fora da lista aceita",
    "pattern": "formato inválido",
    "minLength": "texto vazio",
    "maxLength": "texto longo demais",
    "minimum": "número abaixo do limite",
    "maximum": "número acima do limite",
}
_FORMATOS = {
    "cpf": "CPF inválido",
    "cns": "CNS inválido",
    "cid10": "CID-10 inválido",
    "date": "data inválida",
    "date-time": "data e hora inválida ou sem fuso",
}


@cache
def documento() -> dict[str, Any]:
    """The OpenAPI document as a dict; do not change it."""
    lido: dict[str, Any] = yaml.load(ARQUIVO.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return lido


@cache
def validador(esquema: str) -> jsonschema_rs.Draft202012Validator:
    """Compiled validator of one schema of ``components``, strict about formats."""
    raiz = {"$ref": f"#/components/schemas/{esquema}", "components": {"schemas": documento()["components"]["schemas"]}}
    return jsonschema_rs.Draft202012Validator(
        raiz,
        formats=FORMATOS,
        validate_formats=True,
        ignore_unknown_formats=False,
        # Linear time whatever the text, and faster: no pattern of ours looks around.
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def caminho_json(partes: Sequence[str | int]) -> str:
    return "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in partes)


def _legivel(nome: str) -> list[str]:
    # A field name that does not look like one may be data put in the wrong place: then only its parent is named.
    return [nome] if _NOME_DE_CAMPO.fullmatch(nome) else []


def _recusa(erro: jsonschema_rs.ValidationError) -> Recusa:
    partes = list(erro.instance_path)
    regra = str(erro.schema_path[-1])
    # Each kind of error has attributes of its own, which the stubs do not tell apart by this rule.
    tipo: Any = erro.kind
    if regra == "additionalProperties":
        return Recusa(422, "campo desconhecido", caminho_json([*partes, *_legivel(str(tipo.unexpected[0]))]))
    if regra == "required":
        return Recusa(422, "campo obrigatório ausente", caminho_json([*partes, str(tipo.property)]))
    if regra == "format":
        return Recusa(422, _FORMATOS.get(str(tipo.format), "formato inválido"), caminho_json(partes))
    return Recusa(422, _MOTIVOS.get(regra, "valor inválido"), caminho_json(partes))


def ler(esquema: str, bruto: bytes) -> dict[str, Any]:
    """Parse and validate one body.

    :raises Recusa: 400 when it is no JSON object, 422 with ``campo`` when it breaks the schema; it knows the record's keys.
    """
    try:
        pedido = orjson.loads(bruto)
    except orjson.JSONDecodeError:
        raise Recusa(400, "o corpo não é JSON válido em UTF-8") from None
    if not isinstance(pedido, dict):
        raise Recusa(400, "o corpo deveria ser um objeto JSON")
    conferente = validador(esquema)
    if not conferente.is_valid(pedido):
        raise _recusa(next(iter(conferente.iter_errors(pedido)))).de(*chaves(pedido))
    return pedido


def chaves(pedido: dict[str, Any]) -> tuple[object, object]:
    """Integration and business key of a body that may be wrong anywhere."""
    for nome in ("atendimento", "registro", "paciente", "agendamento"):
        if isinstance(interno := pedido.get(nome), dict):
            return pedido.get("integracaoId"), interno.get("codigo")
    return pedido.get("integracaoId", pedido.get("integracaoOrigem")), pedido.get("codigo", pedido.get("idEntidade"))


def conferir_itens(registro: dict[str, Any], campo: str) -> None:
    """What JSON Schema cannot say: a code occurs once per list (of items that have one), a vital sign has its own unit.

    A doubled code is the mark of a join that multiplied rows at the source.

    :raises Recusa: 422 naming the first such item.
    """
    for lista, itens in registro.items():
        if isinstance(itens, list) and itens and "codigo" in itens[0] and len(itens) != len({item["codigo"] for item in itens}):
            vistos: set[str] = set()
            for i, item in enumerate(itens):
                if item["codigo"] in vistos:
                    raise Recusa(422, "código repetido na lista", caminho_json([campo, lista, i, "codigo"]))
                vistos.add(item["codigo"])
    for i, item in enumerate(registro.get("sinaisVitais", ())):
        if unidades()[item["sinal"]] != item["unidade"]:
            raise Recusa(422, "unidade errada para o sinal vital", caminho_json([campo, "sinaisVitais", i, "unidade"]))


@cache
def unidades() -> dict[str, str]:
    """Vital sign → its only unit."""
    lidas: dict[str, str] = documento()["components"]["schemas"]["SinalVital"]["x-unidades"]
    return lidas
