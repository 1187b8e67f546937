"""Read a YAML file strictly and check it against a model; every complaint names file, path inside it and what was expected.

PyYAML alone is too lenient for settings: of two equal keys it keeps the last, and by YAML 1.1 an unquoted ``23:00:05`` is the integer
82805, ``00:00:05`` a text, ``00:00:05.5`` the float 5.5. The loaders here refuse repeated keys, and everything is text except
``true``/``false``, decimal numbers and ``null``.
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

from include.fusion.errors import InvalidConfiguration

ROOT = Path(__file__).resolve().parents[3]
"""Repository root: default paths start here, never at the current folder."""
SETTINGS_FOLDER = ROOT / "include" / "settings"

_SECRET = re.compile(r"(?i)(password|pwd|senha|secret|token|api-?key)\s*[=:]|://[^/\s]*@")
_SECRET_KEY = re.compile(r"(?i)password|pwd|senha|secret|token|conexoes|connectionstring")
_SHOWN_MAX = 60

M = TypeVar("M", bound="StrictModel")


class StrictModel(BaseModel):
    """Base of all settings models: no unknown keys, no silent conversion ("12" is not 12), no change after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with the scalars of version 1.2 and without repeated keys."""

    yaml_implicit_resolvers: typing.ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a plain text", problem_mark=key.start_mark)
            if key.value in seen:
                problem = f"key {key.value!r} appears twice (first on line {seen[key.value]})"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen[key.value] = key.start_mark.line + 1
        return typing.cast("dict[Hashable, Any]", super().construct_mapping(node, deep=deep))


class _TextOnly(_Strict):
    """Like :class:`_Strict`, but everything except null is text: De/Para codes such as ``01`` stay as written."""

    yaml_implicit_resolvers: typing.ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}


for _reader in (_Strict, _TextOnly):
    _reader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
    _reader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])
_Strict.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Strict.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Strict.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), list("-0123456789"))


def file_name(path: Path) -> str:
    """The path from the repository root, if it is inside the repository; else as it is."""
    absolute = path.resolve()
    return absolute.relative_to(ROOT).as_posix() if absolute.is_relative_to(ROOT) else str(path)


def read_yaml(path: Path, *, text_only: bool = False) -> Any:
    """Content of a UTF-8 YAML file; :class:`InvalidConfiguration` when it is missing, not YAML or repeats a key."""
    name = file_name(path)
    try:
        # utf-8-sig: editors on Windows write a byte-order mark.
        return yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_TextOnly if text_only else _Strict)  # noqa: S506 - both derive from the safe loader
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise InvalidConfiguration(f"{name}: cannot be read: {cause}") from None
    except yaml.MarkedYAMLError as error:
        # Without PyYAML's snippet of the line: it may have a secret.
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidConfiguration(f"{name}: {where}{error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidConfiguration(f"{name}: not valid YAML ({type(error).__name__})") from None


def check(model: type[M], data: Any, path: Path, prefix: str = "", context: dict[str, Any] | None = None) -> M:
    """``data`` as ``model``; :class:`InvalidConfiguration` has one line per error."""
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        raise InvalidConfiguration("\n".join(f"{file_name(path)}: {r}" for r in complaints(error, model, prefix))) from None


def complaints(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """One line per error: ``path: what was expected, what was found``."""
    return [
        f"{_path(prefix, item['loc']) or '(top level)'}: {_complaint(dict(item), model)}"
        for item in error.errors(include_url=False, include_context=True)
    ]


def _path(prefix: str, loc: tuple[int | str, ...]) -> str:
    for part in loc:
        if part == "[key]":
            prefix += " (the key)"
        elif isinstance(part, str) and re.fullmatch(r"[\w-]+", part):
            prefix += f".{part}" if prefix else part
        else:
            prefix += f"[{part!r}]"
    return prefix


_EXPECTED = {
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


def _complaint(item: dict[str, Any], model: type[BaseModel]) -> str:
    loc, kind, ctx = item["loc"], item["type"], item.get("ctx", {})
    if kind == "missing":
        return "required, but missing"
    if kind == "extra_forbidden":
        return f"unknown key{_suggestion(model, loc)}"
    if kind == "value_error":
        return str(ctx["error"])
    expected = _EXPECTED.get(kind, item["msg"])
    return f"expected {expected.format(**ctx) if ctx else expected}, found {shown(item['input'], loc)}"


def shown(value: Any, loc: tuple[int | str, ...] = ()) -> str:
    """A value of the file for a message: short, and ``***`` if it may be a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if _SECRET.search(str(value)) or any(_SECRET_KEY.search(str(part)) for part in loc):
        return "***"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN_MAX else text[:_SHOWN_MAX] + "…"


def _suggestion(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    target: type[BaseModel] | None = model
    for part in loc[:-1]:
        if isinstance(part, str) and target is not None:
            # A part that is no field is a key of a mapping of models: stay at this model.
            target = next((_model_in(c.annotation) for n, c in target.model_fields.items() if part in _names(n, c)), target)
    known = [name for n, c in target.model_fields.items() for name in _names(n, c)] if target else []
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(str(loc[-1]).lower(), by_lower, n=1)
    return f"; did you mean {by_lower[close[0]]!r}?" if close else f"; known here: {', '.join(known)}"


def _names(name: str, field: Any) -> list[str]:
    alias = field.validation_alias
    return [str(e) for e in alias.choices] if hasattr(alias, "choices") else [alias or name]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for part in typing.get_args(annotation) if (m := _model_in(part))), None)
