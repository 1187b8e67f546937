"""The tables of a product, read from a file like ``tables.toml`` and held against the canonical model."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from include.fusion.errors import InvalidConfiguration
from include.fusion.model import atendimento as model
from include.fusion.settings.strict_yaml import StrictModel, check
from sandbox.scaffold import fields

EXAMPLE = Path(__file__).with_name("tables.toml")
_CANCELLED = re.compile(r"([A-Za-z_]\w*)\s*(?:=\s*(\d+)|=\s*'([\w ]+)'|(IS NOT NULL))", re.IGNORECASE)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError(f"expected an IANA time zone such as America/Bahia, found {name!r}") from None
    return name


def _condition(text: str) -> str:
    if _CANCELLED.fullmatch(text) is None:
        raise ValueError(f"""expected "column = 1", "column = 'C'" or "column IS NOT NULL", found {text!r}""")
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Table(StrictModel):
    table: Name
    key: Name
    key_type: Literal["number", "text"] = "number"
    marker: Name
    columns: dict[str, Name]


class _Atendimento(_Table):
    paciente: Name
    cancelled: Annotated[str, AfterValidator(_condition)]


class _Clinical(_Table):
    atendimento: Name | None = None
    paciente: Name | None = None


class _File(StrictModel):
    engine: Literal["oracle", "postgres", "mssql"] = "oracle"
    zone: Annotated[str, AfterValidator(_zone)]
    title: str = ""
    db_schema: Name | None = Field(default=None, alias="schema")
    paciente: _Table
    atendimento: _Atendimento


class Column(NamedTuple):
    """A field of the canonical model, and the product's column for it."""

    field: fields.Field
    name: str


class Cancelled(NamedTuple):
    """How the product says that an attendance is cancelled. ``value``: what then is in ``column``, as SQL; empty for anything at all."""

    column: str
    value: str

    @property
    def column_type(self) -> str:
        """Of the column in the sandbox, where no field has it."""
        return "timestamp" if not self.value else "varchar(30)" if self.value.startswith("'") else "smallint not null default 0"

    @property
    def sample(self) -> str:
        """Python for what is written there to cancel."""
        return self.value or "_now(con)"

    def when(self, alias: str) -> str:
        return f"{alias}.{self.column} = {self.value}" if self.value else f"{alias}.{self.column} IS NOT NULL"

    def unless(self, alias: str) -> str:
        column = f"{alias}.{self.column}"
        return f"({column} IS NULL OR {column} <> {self.value})" if self.value else f"{column} IS NULL"


@dataclass(frozen=True)
class Section:
    """One table. ``name``: of its statements, and of its field in Atendimento. ``owner``: the section that its rows belong to."""

    name: str
    table: str
    key: str
    key_type: str
    marker: str
    columns: tuple[Column, ...]
    model: str
    owner: str = ""
    owner_column: str = ""

    @property
    def label(self) -> str:
        """Its name in a reason."""
        return str(model.Atendimento.model_fields[self.name].alias)

    @property
    def own_columns(self) -> tuple[Column, ...]:
        """Each of its columns once, without its key, its owner's and the marker: a product may have one column for two fields."""
        found: dict[str, Column] = {}
        for column in self.columns:
            if column.name.lower() not in {name.lower() for name in (self.key, self.owner_column, self.marker)}:
                found.setdefault(column.name.lower(), column)
        return tuple(found.values())

    def has(self, field: str) -> bool:
        return any(c.field.name == field for c in self.columns)

    def column(self, field: str) -> str:
        """The product's column for a field that is there."""
        return next(c.name for c in self.columns if c.field.name == field)


@dataclass(frozen=True)
class Product:
    """Everything that the templates ask of a product."""

    name: str
    title: str
    schema: str
    engine: str
    zone: str
    paciente: Section
    atendimento: Section
    cancelled: Cancelled
    clinical: tuple[Section, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        return (self.atendimento, self.paciente, *self.clinical)

    @property
    def class_name(self) -> str:
        return "".join(part.capitalize() for part in self.name.split("_"))

    @property
    def status(self) -> Column | None:
        """The field whose column also says that an attendance is cancelled."""
        return next((c for c in self.atendimento.columns if c.name == self.cancelled.column), None)

    def owner(self, section: Section) -> Section:
        return self.paciente if section.owner == "paciente" else self.atendimento

    @property
    def catalogs(self) -> dict[str, fields.Field]:
        """De/Para catalogue → a field that it translates for, in the order of the tables."""
        found: dict[str, fields.Field] = {}
        for column in (c for section in self.sections for c in section.columns if c.field.catalog):
            found.setdefault(column.field.catalog, column.field)
        return found


def read_product(name: str, file: Path = EXAMPLE, title: str = "") -> Product:
    """The product of a new system. ``InvalidConfiguration`` says what is wrong with the file, where in it, and what was meant."""
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"{file}: cannot be read: {getattr(error, 'strerror', 'not UTF-8 text')}") from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfiguration(f"{file}: {error}") from None
    kinds = fields.models()
    of_kinds = {key: check(_Clinical, value, file, key) for key, value in data.items() if key in kinds}
    rest = {key: value for key, value in data.items() if key not in kinds}
    for key in rest.keys() - {field.alias or n for n, field in _File.model_fields.items()}:
        raise InvalidConfiguration(
            f"{file}: {key}: unknown table or key{_close(key, [*kinds, 'paciente', 'atendimento', 'engine', 'zone'])}"
        )
    said = check(_File, rest, file)
    a, title = said.atendimento, title or said.title or " ".join(part.capitalize() for part in name.split("_"))
    if not re.fullmatch(r"[^\W\d_][\w .,&()/+-]{0,59}", title):
        raise InvalidConfiguration(f"title: expected up to 60 letters, digits, blanks and .,&()/+-, a letter first, found {title!r}")
    return Product(
        name,
        title,
        said.db_schema or name,
        said.engine,
        said.zone,
        _section(file, "paciente", said.paciente, fields.plain_fields(model.Paciente, "paciente."), ["nome"]),
        _section(file, "atendimento", a, fields.plain_fields(model.Atendimento, ""), ["tipo", "data_inicio"], "paciente", a.paciente),
        _cancelled(a.cancelled),
        tuple(_clinical(file, kind, table) for kind, table in of_kinds.items()),
    )


def _clinical(file: Path, kind: str, table: _Clinical) -> Section:
    if (table.atendimento is None) == (table.paciente is None):
        raise InvalidConfiguration(f"{file}: {kind}: needs atendimento or paciente, the column that says whose its rows are, and not both")
    item = fields.models()[kind]
    known = dict(fields.plain_fields(item, f"{model.Atendimento.model_fields[kind].alias}."))
    if kind == "sinais_vitais":
        del known["unidade"]  # Each sign has one.
    needed = [name for name, field in known.items() if field.required]
    owner, column = ("atendimento", table.atendimento) if table.atendimento else ("paciente", table.paciente)
    return _section(file, kind, table, known, needed, owner, column or "", item.__name__)


def _section(
    file: Path, name: str, table: _Table, known: Any, needed: list[str], owner: str = "", owner_column: str = "", kind: str = ""
) -> Section:
    where = f"{file}: {name}.columns"
    for field in table.columns:
        if field not in known:
            raise InvalidConfiguration(f"{where}.{field}: no field that one column fills{_close(field, list(known))}")
    if missing := [field for field in needed if field not in table.columns]:
        raise InvalidConfiguration(f"{where}: {', '.join(missing)}: required, but missing")
    columns = tuple(Column(known[field], column) for field, column in table.columns.items())
    return Section(name, table.table, table.key, table.key_type, table.marker, columns, kind or name.capitalize(), owner, owner_column)


def _cancelled(text: str) -> Cancelled:
    match = _CANCELLED.fullmatch(text)
    assert match is not None
    column, number, word, _ = match.groups()
    return Cancelled(column, number or (f"'{word}'" if word else ""))


def _close(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known here: {', '.join(known)}"
