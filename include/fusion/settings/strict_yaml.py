"""Read a YAML file strictly and check it against a model; every complaint names file, path inside it and what was expected.

PyYAML alone is too forgiving for configuration: it keeps the last of two equal keys, and follows YAML 1.1, where an unquoted
``23:00:05`` is the integer 82805, ``00:00:05`` a text, ``00:00:05.5`` the float 5.5 and ``NO`` is false. The loaders here refuse
repeated keys and read only ``true``/``false``, decimal numbers and ``null`` as anything but text, so that quotes change nothing.
"""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from include.fusion.errors import ConfiguracaoInvalida

RAIZ = Path(__file__).resolve().parents[3]
"""Repository root: defaults hang on it, never on the current folder."""
PASTA_SETTINGS = RAIZ / "include" / "settings"

_SEGREDO = re.compile(r"(?i)(password|pwd|senha|secret|token|api-?key)\s*[=:]|://[^/\s]*@")
_CHAVE_SECRETA = re.compile(r"(?i)password|pwd|senha|secret|token|conexoes|connectionstring")
_ACHADO_MAX = 60

M = TypeVar("M", bound="Modelo")


class Modelo(BaseModel):
    """Base of every settings model: no unknown key, no silent conversion ("12" is not 12), no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Estrito(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with the core scalars of version 1.2 and without repeated keys."""

    yaml_implicit_resolvers: typing.ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        vistas: dict[str, int] = {}
        for chave, _ in node.value:
            if chave.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(chave, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a plain text", problem_mark=chave.start_mark)
            if chave.value in vistas:
                raise yaml.MarkedYAMLError(
                    problem=f"key {chave.value!r} appears twice (first on line {vistas[chave.value]})", problem_mark=chave.start_mark
                )
            vistas[chave.value] = chave.start_mark.line + 1
        return typing.cast("dict[Hashable, Any]", super().construct_mapping(node, deep=deep))


class _SoTexto(_Estrito):
    """Like :class:`_Estrito`, but every scalar other than null is text: De/Para codes such as ``01`` or ``NO`` stay what was written."""

    yaml_implicit_resolvers: typing.ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _leitor in (_Estrito, _SoTexto):
    _leitor.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
    _leitor.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Estrito.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Estrito.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Estrito.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789"))


def nome_do_arquivo(caminho: Path) -> str:
    """The path as the team knows it: from the repository root where it lies inside."""
    inteiro = caminho.resolve()
    return inteiro.relative_to(RAIZ).as_posix() if inteiro.is_relative_to(RAIZ) else str(caminho)


def ler_yaml(caminho: Path, *, so_texto: bool = False) -> Any:
    """Content of a UTF-8 YAML file; :class:`ConfiguracaoInvalida` when it is missing, not YAML or repeats a key."""
    nome = nome_do_arquivo(caminho)
    try:
        # utf-8-sig: editors on Windows put a byte-order mark in front.
        return yaml.load(caminho.read_text(encoding="utf-8-sig"), Loader=_SoTexto if so_texto else _Estrito)  # noqa: S506 - both derive from the safe loader
    except (OSError, UnicodeDecodeError) as erro:
        causa = erro.strerror if isinstance(erro, OSError) else "not UTF-8 text"
        raise ConfiguracaoInvalida(f"{nome}: cannot be read: {causa}") from None
    except yaml.MarkedYAMLError as erro:
        # Without PyYAML's own snippet: the line may hold something that must not reach a log.
        marca = erro.problem_mark
        onde = f"line {marca.line + 1}, column {marca.column + 1}: " if marca else ""
        raise ConfiguracaoInvalida(f"{nome}: {onde}{erro.problem}") from None
    except (yaml.YAMLError, ValueError) as erro:
        raise ConfiguracaoInvalida(f"{nome}: not valid YAML ({type(erro).__name__})") from None


def conferir(modelo: type[M], dados: Any, caminho: Path, prefixo: str = "", contexto: dict[str, Any] | None = None) -> M:
    """``dados`` as ``modelo``; on errors one :class:`ConfiguracaoInvalida` with a line for each."""
    try:
        return modelo.model_validate(dados, context=contexto)
    except ValidationError as erro:
        raise ConfiguracaoInvalida("\n".join(f"{nome_do_arquivo(caminho)}: {r}" for r in queixas(erro, modelo, prefixo))) from None


def queixas(erro: ValidationError, modelo: type[BaseModel], prefixo: str = "") -> list[str]:
    """One line per error: ``path: what was expected, what was found``."""
    return [
        f"{_caminho(prefixo, item['loc']) or '(top level)'}: {_queixa(dict(item), modelo)}"
        for item in erro.errors(include_url=False, include_context=True)
    ]


def _caminho(prefixo: str, loc: tuple[int | str, ...]) -> str:
    texto = prefixo
    for parte in loc:
        if isinstance(parte, int):
            texto += f"[{parte}]"
        elif parte == "[key]":
            texto += " (the key)"
        elif re.fullmatch(r"[\w-]+", parte):
            texto += f".{parte}" if texto else parte
        else:
            texto += f"[{parte!r}]"
    return texto


_ESPERADO = {
    "int_type": "an integer",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "model_type": "a mapping (key: value lines)",
    "dict_type": "a mapping (key: value lines)",
    "tuple_type": "a list",
    "list_type": "a list",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text matching {pattern}",
}


def _queixa(item: dict[str, Any], modelo: type[BaseModel]) -> str:
    loc, tipo, ctx = item["loc"], item["type"], item.get("ctx", {})
    if tipo == "missing":
        return "required, but missing"
    if tipo == "extra_forbidden":
        return f"unknown key{_sugestao(modelo, loc)}"
    if tipo == "value_error":
        return str(ctx["error"])
    esperado = _ESPERADO.get(tipo, item["msg"])
    return f"expected {esperado.format(**ctx) if ctx else esperado}, found {achado(item['input'], loc)}"


def achado(valor: Any, loc: tuple[int | str, ...] = ()) -> str:
    """What stands in the file, short; ``***`` where it may be a secret."""
    if valor is None:
        return "nothing"
    if isinstance(valor, dict):
        return "a mapping"
    if isinstance(valor, list | tuple):
        return "a list"
    if _SEGREDO.search(str(valor)) or any(_CHAVE_SECRETA.search(str(parte)) for parte in loc):
        return "***"
    texto = str(valor).lower() if isinstance(valor, bool) else repr(valor)
    return texto if len(texto) <= _ACHADO_MAX else texto[:_ACHADO_MAX] + "…"


def _sugestao(modelo: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    alvo: type[BaseModel] | None = modelo
    for parte in loc[:-1]:
        if isinstance(parte, str) and alvo is not None:
            # A part that is no field is the key of a mapping of models: stay where we are.
            alvo = next((_modelo_em(c.annotation) for n, c in alvo.model_fields.items() if parte in _nomes(n, c)), alvo)
    conhecidas = [nome for n, c in alvo.model_fields.items() for nome in _nomes(n, c)] if alvo else []
    minusculas = {nome.lower(): nome for nome in conhecidas}
    perto = difflib.get_close_matches(str(loc[-1]).lower(), minusculas, n=1)
    return f"; did you mean {minusculas[perto[0]]!r}?" if perto else f"; known here: {', '.join(conhecidas)}"


def _nomes(nome: str, campo: Any) -> list[str]:
    alias = campo.validation_alias
    return [str(e) for e in alias.choices] if hasattr(alias, "choices") else [alias or nome]


def _modelo_em(anotacao: Any) -> type[BaseModel] | None:
    if isinstance(anotacao, type) and issubclass(anotacao, BaseModel):
        return anotacao
    return next((m for parte in typing.get_args(anotacao) if (m := _modelo_em(parte))), None)
