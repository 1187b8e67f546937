"""``docs/reference/settings.md``: every key of ``integracoes.yaml``, from the models. In Portuguese, since a site's analysts read it."""

from __future__ import annotations

import types
import typing
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from docs_markdown import table
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import Interval, in_words
from include.fusion.settings.legacy.service import LegacyService
from include.fusion.settings.legacy.services import LEGACY, PARAMETERS
from include.fusion.settings.registry import settings_class, systems
from include.fusion.settings.strict_yaml import StrictModel

POSITIVE = typing.get_args(Interval)[1]
HEAD = """<!-- Made by `make docs` from the settings classes. Edit those, not this page. -->
# `integracoes.yaml`: todas as chaves

Uma entrada por instalação; [`examples/integracoes.yaml`](../../examples/integracoes.yaml) tem uma de cada sistema, e
[`analista.md`](../analista.md) explica como começar. `python -m include.fusion settings validar` confere o arquivo e diz em palavras o que entendeu.

- Uma **duração** é um *TimeSpan* do .NET entre aspas, `"[d.]HH:MM:SS[.fff]"`, ou um número de segundos sem aspas: `"23:00:05"` é a cada 23 h 0 min 5 s, e um
  dia é `"1.00:00:00"`. Nesta página as durações estão por extenso.
- Chave ausente fica com o padrão; **obrigatória** não tem padrão. Chave desconhecida ou repetida é erro, e só a entrada com erro fica sem DAG.
- Nomes com maiúscula (`MaxRecords`, `Interval`, …) são os do `appsettings.json` dos antigos serviços. A coluna "Serviço antigo" diz por que nomes
  `settings import-appsettings` reconhece a chave ou a seção; maiúsculas, acentos, espaços, `_`, `.` e `-` não contam.
"""


def page() -> str:
    """The whole page."""
    lines = [HEAD, "## Comuns a toda entrada", "", *_keys(Integracao)]
    for name, model in _parts(Integracao):
        lines += ["", f"### `{name}`", "", *_keys(model)]
    kinds: dict[str, type[StrictModel]] = {}
    for system in systems():
        entry = settings_class(system)
        assert entry is not None
        lines += ["", f"## Sistema `{system}`", "", *_system(system, entry)]
        for _, part in _parts(entry):
            if part not in dict(_parts(Integracao)).values() and kinds.setdefault(part.__name__, part) is not part:
                raise SystemExit(f"docs_settings: two kinds of section are called {part.__name__}")
    lines += ["", "## Tipos de seção", "", "As chaves que uma seção aceita dependem do seu tipo, que está na tabela de cada sistema."]
    for name in sorted(kinds):
        lines += ["", f"### {name}", "", *_keys(kinds[name])]
    return "\n".join(lines) + "\n"


def _system(system: str, model: type[Integracao]) -> list[str]:
    rows, values = [], []
    for name, field in model.model_fields.items():
        if name in Integracao.model_fields:
            continue
        section = _model_of(field.annotation)
        if section is None:
            values.append((name, field))
            continue
        kind = f"[{section.__name__}](#{section.__name__.lower()})"
        rows.append(
            (f"`{_key(name, field)}`", _described(model, name, field), kind, _own_defaults(section, field), _old_section(system, name))
        )
    lines = [_dags_of(model), ""]
    if values:
        lines += [*table(KEYS, [_row(model, name, field) for name, field in values]), ""]
    return [*lines, *table(("Seção", "O que faz", "Tipo", "Padrão", "Serviço antigo"), rows)]


def _dags_of(model: type[Integracao]) -> str:
    engines = ", ".join(model.ENGINES) or "qualquer"
    ids = " e ".join(f"`<id>{suffix}`" for suffix in model.SUFFIXES)
    return f"DAG{'s' * (len(model.SUFFIXES) > 1)} {ids}. Banco da origem: {engines}."


def _own_defaults(section: type[StrictModel], field: FieldInfo) -> str:
    """Where the section of this system differs from its kind."""
    if field.is_required():
        return "obrigatória"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return "ausente"
    own = [(_key(n, f), getattr(default, n), f.get_default(call_default_factory=True)) for n, f in section.model_fields.items()]
    return ", ".join(f"`{key}` {_value(value)}" for key, value, usual in own if value != usual) or "o do tipo"


def _old_section(system: str, name: str) -> str:
    service: LegacyService | None = LEGACY.get(system)
    found = next((s for s in service.sections if s.nome == name), None) if service else None
    return ", ".join(f"`{old}`" for old in found.old_names) if found else "–"


KEYS = ("Chave", "Tipo", "Padrão", "O que é", "Serviço antigo")


def _keys(model: type[StrictModel]) -> list[str]:
    return table(KEYS, [_row(model, name, field) for name, field in model.model_fields.items()])


def _row(model: type[StrictModel], name: str, field: FieldInfo) -> tuple[str, ...]:
    key = _key(name, field)
    others = [f"`{n}`" for n in _names(name, field) if n != key]
    old = sorted(f"`{spelt}`" for spelt, ours in PARAMETERS.items() if ours in _names(name, field))
    default = "**obrigatória**" if field.is_required() else _value(field.get_default(call_default_factory=True))
    text = _described(model, name, field) + (f" Também se escreve {', '.join(others)}." if others else "")
    return f"`{key}`", _type(field), default, text, ", ".join(old) or "–"


def _described(model: type[StrictModel], name: str, field: FieldInfo) -> str:
    if not field.description:
        raise SystemExit(f"docs_settings: {model.__module__}.{model.__name__}.{name} has no description: Field(…, description=…)")
    return field.description


def _names(name: str, field: FieldInfo) -> list[str]:
    """What the file may call it, the usual one first."""
    alias: Any = field.validation_alias
    return [str(choice) for choice in alias.choices] if hasattr(alias, "choices") else [alias or name]


def _key(name: str, field: FieldInfo) -> str:
    return field.serialization_alias or _names(name, field)[0]


def _parts(model: type[StrictModel]) -> list[tuple[str, type[StrictModel]]]:
    return [(_key(n, f), part) for n, f in model.model_fields.items() if (part := _model_of(f.annotation)) is not None]


def _model_of(annotation: Any) -> type[StrictModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return typing.cast("type[StrictModel]", annotation)
    return next((part for a in typing.get_args(annotation) if (part := _model_of(a)) is not None), None)


def _value(value: Any) -> str:
    if value is None:
        return "ausente"
    if isinstance(value, BaseModel):
        return "os de cada chave"
    if isinstance(value, timedelta):
        return in_words(value)
    if isinstance(value, list):
        return ", ".join(f"`{item}`" for item in value)
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _type(field: FieldInfo) -> str:
    return _plain(field.annotation, field.metadata)


def _plain(annotation: Any, metadata: list[Any]) -> str:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        inner, *more = typing.get_args(annotation)
        return _plain(inner, more)
    if origin is Literal:
        return ", ".join(f"`{choice}`" for choice in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return _plain(next(a for a in typing.get_args(annotation) if a is not type(None)), metadata)
    if origin is list:
        return f"lista de {_plain(typing.get_args(annotation)[0], [])}"
    if _model_of(annotation) is not None:
        return "seção"
    if annotation is timedelta:
        return "duração" + (" maior que zero" if any(m == POSITIVE for m in metadata) else "")
    if annotation in (int, float):
        return ("inteiro" if annotation is int else "número") + _limits(metadata)
    return {bool: "`true`, `false`", str: "texto", Path: "pasta", date: "dia"}[annotation]


def _limits(metadata: list[Any]) -> str:
    limits = {name: getattr(m, name) for m in metadata for name in ("ge", "gt", "le") if getattr(m, name, None) is not None}
    low = f" a partir de {limits['ge']}" if "ge" in limits else f" acima de {limits['gt']}" if "gt" in limits else ""
    if "le" not in limits:
        return low
    return f" de {limits['ge']} a {limits['le']}" if "ge" in limits else f"{low} até {limits['le']}"
