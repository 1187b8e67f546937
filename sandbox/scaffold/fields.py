"""What the canonical model says of a field: how a column becomes it, and what an invented column for it looks like."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from include.fusion.model import atendimento as model
from include.fusion.model.types import Cid10, Cns, Codigo, Cpf, Date, LongText, Number, ShortText, Timestamp

_KINDS: tuple[tuple[Any, str], ...] = (
    (ShortText, "text"), (LongText, "long"), (Codigo, "code"), (Timestamp, "moment"), (Date, "day"), (Number, "number"), (bool, "flag"),
    (Cpf, "cpf"), (Cns, "cns"), (Cid10, "cid"),
)  # fmt: skip
_BY_NAME = {"uf": "uf", "uf_conselho": "uf", "cbo": "cbo"}
COLUMN_TYPES = {
    "text": "varchar(500)", "long": "text", "code": "varchar(100)", "moment": "timestamp", "day": "date", "number": "numeric(14, 3)",
    "flag": "smallint", "word": "varchar(30)",
}  # fmt: skip
"""Kind of field → type of its column in the sandbox; any other kind is a text."""
_CALLS = {
    "text": "values.to_text({x})", "long": "values.clinical_text({x})", "code": "values.to_code({x})", "moment": "dates.date_time({x}, ctx.zone, {label})",
    "day": "dates.to_date({x}, {label})", "number": "numbers.to_number({x}, {label})", "flag": "values.boolean({x}, {default}, {label})", "cpf": "documents.cpf({x}, ctx)",
    "cns": "documents.cns({x}, ctx)", "cid": "documents.cid({x}, {label})", "uf": "documents.uf({x})", "cbo": "documents.cbo({x})", "word": "ctx.depara.translate({catalog}, {x})",
}  # fmt: skip
_OF_PERSON = {
    "nome": "{p}.nome", "nome_social": "{p}.nome_social", "nome_mae": "{p}.nome_mae", "nome_pai": "{p}.nome_pai", "cpf": "{p}.cpf",
    "cns": "{p}.cns", "data_nascimento": "{p}.nascimento", "ativo": "1", "raca_cor": 'CODES["raca_cor"][{p}.raca]',
    "sexo": """CODES["sexo"][{{"M": "MASCULINO", "F": "FEMININO"}}.get({p}.sexo, "INDETERMINADO")]""",
}  # fmt: skip
_SAMPLES = {
    "text": 'f"{name} {{rng.randint(1, 999)}}"', "long": 'f"{name} {{rng.randint(1, 999)}}"', "code": "str(rng.randint(1, 99))",
    "moment": "when", "day": "when.date()", "number": "rng.randint(1, 100)", "flag": "rng.randint(0, 1)", "cpf": "None", "cns": "None",
    "cid": 'rng.choice(("I10", "E11.9", "J45.9"))', "uf": '"BA"', "cbo": '"225125"',
}  # fmt: skip
_BY_LABEL = {
    "sinaisVitais.sinal": 'CODES["sinal_vital"]["TEMPERATURA"]', "sinaisVitais.valor": "rng.choice((36.5, 37, 38.2))", "negaAlergias": "None",
    "dataFim": "None", "dataAltaMedica": "None", "motivoAlta": "None",
}  # fmt: skip
"""Fields of which not any value fits the others: a sign and its value, what only a finished attendance has."""
_CATALOGS = {
    "tipo_exame": "tipo_exame", "situacao_diagnostico": "situacao_problema", "sinal_sinal_vital": "sinal_vital",
    "qualificador_sinal_vital": "tipo_glicemia", "tipo_solicitacao_exame": "tipo_exame", "tipo_movimentacao_leito": "tipo_movimentacao",
}  # fmt: skip
"""Names of De/Para catalogues that other systems have already, where they are not the field's and its model's."""


@dataclass(frozen=True)
class Field:
    """``label``: its name in a reason. ``words``: all that Fusion knows for it, where De/Para translates its codes to these."""

    name: str
    label: str
    kind: str
    required: bool
    default: Any = None
    catalog: str = ""
    words: tuple[str, ...] = ()

    @property
    def column_type(self) -> str:
        return COLUMN_TYPES.get(self.kind, "varchar(100)")

    def value(self, row: str, prefix: str = "") -> str:
        """Python that makes the field of a row's column, whose name has this prefix."""
        x, label = f'{row}["{prefix}{self.name}"]', f'"{self.label}"'
        if self.kind == "flag" and not self.required and self.default is None:
            return f"None if {x} is None else values.boolean({x}, field={label})"
        made = _CALLS[self.kind].format(x=x, label=label, default=bool(self.default), catalog=f'"{self.catalog}"')
        if self.kind == "word" and (otherwise := "IGNORADO" if "IGNORADO" in self.words else self.default):
            return f'{made} or "{otherwise}"'
        return f"values.required({made}, {label})" if self.required else made

    def sample(self, person: str = "") -> str:
        """Python for an invented value of its column. ``person``: name of a ``Person`` that it is one's of; else ``rng`` and ``when`` are at hand."""
        if person and self.name in _OF_PERSON:
            return _OF_PERSON[self.name].format(p=person)
        if self.label in _BY_LABEL:
            return _BY_LABEL[self.label]
        if self.kind == "word":
            return f'rng.choice(tuple(CODES["{self.catalog}"].values()))'
        return "None" if person else _SAMPLES[self.kind].format(name=self.name.replace("_", " "))

    @property
    def codes(self) -> dict[str, str]:
        """Fusion's word → the code that an invented product has for it: as many first letters as tell it from those before."""
        codes: dict[str, str] = {}
        for word in self.words:
            code = next((word[:n] for n in range(1, len(word)) if word[:n] not in codes.values()), word)
            codes[word] = code
        return codes


def models() -> dict[str, type[BaseModel]]:
    """Kind of clinical data, as a field of Atendimento → class of its items."""
    found = {}
    for name, hint in get_type_hints(model.Atendimento, include_extras=True).items():
        if get_origin(hint) is tuple and isinstance(item := get_args(hint)[0], type):
            found[name] = item
    return found


def plain_fields(kind: type[BaseModel], prefix: str) -> Mapping[str, Field]:
    """Fields that one column fills, by name; ``prefix`` comes before their labels. The key, and what the engine fills, are left out."""
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for name, info in kind.model_fields.items():
        kind_name, words = _kind(name, hints[name])
        if name not in ("codigo", "atualizado_em") and kind_name:
            label = f"{prefix}{info.alias}"
            catalog = _catalog(name, kind) if words else ""
            found[name] = Field(name, label, kind_name, info.is_required(), None if info.is_required() else info.default, catalog, words)
    return found


def _kind(name: str, hint: Any) -> tuple[str, tuple[str, ...]]:
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(a for a in get_args(hint) if a is not type(None))
    if get_origin(hint) is Literal:
        return "word", get_args(hint)
    for known, kind in _KINDS:
        if hint is known:
            return kind, ()
    patterned = get_origin(hint) is Annotated and get_args(hint)[0] is str
    return (_BY_NAME.get(name, "text") if patterned else ""), ()


def _catalog(name: str, kind: type[BaseModel]) -> str:
    """Name of the De/Para catalogue, as other systems call it."""
    if kind is model.Paciente:
        return name
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__)
    return _CATALOGS.get(f"{name}{snake}", f"{name}{snake}")
