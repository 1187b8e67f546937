"""Files of a new system: templates of ``template/``, filled with its tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.scaffold.tables import Column, Product, Section

TEMPLATE = Path(__file__).with_name("template")
_PERSONAL = ("nome", "nome_social", "nome_mae", "nome_pai", "cpf", "cns")


def render(product: Product) -> dict[str, str]:
    """Path from the repository's root → text. A template with ``SECTION`` in its name gives a file of each table; an empty text is no file."""
    # The templates make Python, SQL and YAML, of names that were checked: there is nothing to escape.
    env = Environment(  # noqa: S701
        loader=FileSystemLoader(TEMPLATE), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    names = _names(product)
    files = {}
    for template in sorted(TEMPLATE.rglob("*.jinja")):
        path = template.relative_to(TEMPLATE).as_posix()
        for section in _sections(path, product):
            text = env.get_template(path).render(**names, section=section)
            target = path.removesuffix(".jinja").replace("NAME", product.name).replace("SECTION", section.name)
            if text.strip():
                files[target] = text
    return files


def _sections(path: str, product: Product) -> tuple[Section, ...]:
    if "SECTION" not in path:
        return (product.atendimento,)
    # The attendance is read together with its patient, by a statement of its own.
    return product.clinical if "/read_" in path else product.sections


def _names(product: Product) -> dict[str, Any]:
    def table(section: Section) -> str:
        return f"{product.schema}.{section.table}"

    def nullable(bind: str, section: Section) -> str:
        """A bind that may be NULL. A text says its type: Oracle and PostgreSQL take an untyped NULL for a number or not at all."""
        return f":{bind}" if section.key_type == "number" else f"CAST(:{bind} AS VARCHAR(100))"

    names = {name: getattr(product, name) for name in dir(product) if not name.startswith("_")}
    return names | {
        "table": table,
        "tables": lambda *sections: ", ".join(f"`{name}`" for name in sorted({table(s) for s in sections})),
        "nullable": nullable,
        "names": lambda found: repr(tuple(s.name for s in found)).replace("'", '"'),
        "key_type": lambda section: "int" if section.key_type == "number" else "str",
        "personal": [c for c in product.paciente.columns if c.field.name in _PERSONAL],
        "wrong": dict(_wrong(product)),
    }


def _wrong(product: Product) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Bad input that a source can make: its name → kind of rows, column, Python of the value."""
    values = {"cpf": '"123.456.789-00"', "cns": '"700000000000001"'}
    for section in product.sections:
        for field, column in section.own_columns:
            about = "" if section in (product.atendimento, product.paciente) else f"{section.name}_"
            if field.label == "sinaisVitais.valor":
                # A sign without a value is none, and refuses nothing.
                yield "sinais_vitais_valor_impossivel", (section.name, column, "99_999_999")
            elif field.kind in values:
                yield f"{about}{field.name}_invalido", (section.name, column, values[field.kind])
            elif field.catalog and not _is_status(product, field.name, section):
                yield f"{about}{field.name}_desconhecido", (section.name, column, '"?"')
            elif field.required:
                yield f"{about}sem_{field.name}", (section.name, column, "None")


def _is_status(product: Product, name: str, section: Section) -> bool:
    status: Column | None = product.status
    return section is product.atendimento and status is not None and status.field.name == name
