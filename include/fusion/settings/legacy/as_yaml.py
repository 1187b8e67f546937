"""Writes the content of an old ``appsettings.json`` as an entry of ``integracoes.yaml`` with its Airflow connections."""

from __future__ import annotations

import json
import re
from typing import Any

from include.fusion.settings.legacy.appsettings import Imported
from include.fusion.settings.legacy.connection_strings import MASK, is_secret, mask
from include.fusion.settings.legacy.services import LEGACY, why_not


def as_yaml(imported: Imported, zone: str | None = None, show_secrets: bool = False) -> str:
    """Entry, connections and kept sections as one YAML text. A missing value is ``null``, so the file is not valid until it is filled in."""
    rows = _entry(imported, imported.sistema, zone) if imported.sistema else []
    rows += ["", "# Airflow connections:" if show_secrets else f"# Airflow connections (replace {MASK} by the password, percent-encoded):"]
    rows += [f"#   airflow connections add {i} --conn-uri '{c.uri(show_secrets)}'" for i, c in imported.conexoes.items()]
    for section, values in imported.kept.items():
        rows += ["", f"# {section}: {why_not(section, imported.sistema)}; the old settings:"]
        rows += [f"#   {name}: {_as_comment(name, value, show_secrets)}" for name, value in values.items()]
    return "\n".join(rows) + "\n"


def _entry(imported: Imported, system: str, zone: str | None) -> list[str]:
    rows = [
        "integracoes:",
        f"  - id: {_scalar(imported.id)}",
        f"    sistema: {system}",
        f"    nome: {_scalar(LEGACY[system].nome)}",
        _row("    ", "IntegracaoID", imported.parameters.get("IntegracaoID")),
        _row("    ", "fuso_horario", zone, "zone of the source's times, e.g. America/Bahia"),
        "    conexoes:",
        f"      origem: {_scalar(imported.origem)}",
        "      fusion_db: fusion_db",
        *([f"      integrador: {_scalar(imported.integrador)}"] if imported.integrador else []),
        "      fusion_api: fusion_api",
    ]
    for section in LEGACY[system].sections:
        values = {key: imported.parameters.get(f"{section.nome}.{key}") for key in section.keys}
        said = [key for key in section.keys if key in section.required or f"{section.nome}.{key}" in imported.parameters]
        if said:
            rows += [f"    {section.nome}:", *(_row("      ", key, values[key]) for key in said)]
        elif section.obrigatoria or section.nome in imported.sections:
            rows.append(f"    {section.nome}: {{}}")
    return rows


def _scalar(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_/-]*", value) and value not in ("true", "false", "null"):
        return value
    return json.dumps(value, ensure_ascii=False)


def _row(indent: str, key: str, value: Any, hint: str = "to be filled in") -> str:
    return f"{indent}{key}: {_scalar(value)}" + (f"   # required: {hint}" if value is None else "")


def _as_comment(name: str, value: Any, show_secrets: bool) -> str:
    if not show_secrets:
        value = mask(name, value) if isinstance(value, str) else MASK if is_secret(name) else value
    return json.dumps(value, ensure_ascii=False)
