"""Sorts the ``appsettings.json`` of an old .NET service into settings of an entry of ``integracoes.yaml`` and Airflow connections.

Nothing is lost silently: ``avisos`` has what is not carried over; settings of a process that the entry does not have stay below it as a
comment. Passwords are masked unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings.interval import read_interval, timespan_text
from include.fusion.settings.legacy import connection_strings as strings
from include.fusion.settings.legacy import services
from include.fusion.settings.legacy.connection_strings import ConnectionData
from include.fusion.settings.legacy.dotnet_json import read_json
from include.fusion.settings.legacy.service import LegacyService
from include.fusion.settings.legacy.services import FROM_DOTNET, LEGACY, PARAMETERS, fold


@dataclass
class Imported:
    """Content of an old file. ``conexoes``: by Airflow connection id. ``parameters``: by ``section.key`` of the entry."""

    sistema: str | None
    id: str
    parameters: dict[str, Any] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)
    """Process sections of the file, also those without a setting that is carried over."""
    conexoes: dict[str, ConnectionData] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    avisos: list[str] = field(default_factory=list)
    integrador: str | None = None
    """Id of the connection to the integrator's own database, if the file has one."""

    @property
    def origem(self) -> str:
        """Id of the source's connection. If the file has no database, the source is the database of another system's entry."""
        return (self.id not in self.conexoes and self.service and self.service.database_of) or self.id

    @property
    def service(self) -> LegacyService | None:
        return LEGACY.get(self.sistema or "")


def _leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            # .NET also writes a nested key as "Servico:MaxRecords".
            yield from _leaves(value, (*path, *key.split(":")))
    else:
        yield path, data


def import_settings(data: dict[str, Any], system: str | None = None, id: str | None = None) -> Imported:
    """Sort a parsed file. Without ``system``, guess it from the names; ``None`` when they do not tell."""
    leaves = list(_leaves(data))
    system = system or services.guess({part for path, _ in leaves for part in path})
    imported = Imported(system, id or system or "origem")
    databases: list[tuple[str, ConnectionData]] = []
    addresses: list[tuple[str, str]] = []
    ids: list[tuple[str, str | None, Any]] = []  # of every IntegracaoID: key, process section (None: in none), value
    unknown, without_place = [], []
    for path, value in leaves:
        name, parameter = ":".join(path), PARAMETERS.get(fold(path[-1]))
        if fold(path[0]) in FROM_DOTNET:
            continue
        own = services.own_section(path[:-1], system)
        foreign = None if own else services.foreign_section(path[:-1], system)
        imported.sections |= {own} if own else set()
        if foreign:
            imported.kept.setdefault(foreign, {})[name] = value
        elif isinstance(value, str) and (fold(path[0]) == "connectionstrings" or strings.looks_like_connection_string(value)):
            if connection := strings.database_connection(value):
                databases.append((name, connection))
            else:
                imported.avisos.append(f"{name}: not understood as a connection string (value not shown)")
        elif isinstance(value, str) and re.match(r"(?i)https?://", value):
            addresses.append((name, value))
        elif parameter is None:
            unknown.append(f"{name} (secret, value not shown)" if strings.is_secret(name) else name)
        elif system is None:
            imported.kept.setdefault(path[-2] if len(path) > 1 else path[-1], {})[name] = value
        elif parameter == "IntegracaoID":
            ids.append((name, own, _value(imported, parameter, value, name)))
        elif key := services.place(system, own, parameter):
            _store(imported, key, value, name)
        else:
            outside = own is None and LEGACY[system].default_section is None
            without_place.append(f"{name} (outside a process section)" if outside else name)
    _name_databases(imported, databases)
    _name_api(imported, addresses)
    _give_numbers(imported, ids)
    _warn(imported, {
        "settings that the entry's processes do not have, not carried over": without_place,
        "unknown keys, not carried over": unknown,
        "keys of .NET itself, not needed here": [key for key in data if fold(key.split(":")[0]) in FROM_DOTNET],
    })  # fmt: skip
    return imported


def _give_numbers(imported: Imported, ids: list[tuple[str, str | None, Any]]) -> None:
    """Set the entry's IntegracaoID, and a process's own if it differs."""
    with_number = [s.nome for s in imported.service.sections if "IntegracaoID" in s.keys] if imported.service else []
    of_entry = [value for _, section, value in ids if section is None]
    of_sections = [value for name in with_number for _, section, value in ids if section == name]
    candidates = of_entry or of_sections or [value for _, _, value in ids]
    if not candidates:
        return
    number = imported.parameters["IntegracaoID"] = candidates[0]
    others = []
    for name, section, value in (row for row in ids if row[2] != number):
        if section in with_number:
            imported.parameters[f"{section}.IntegracaoID"] = value
        else:
            others.append(f"{value if value is not None else 'not understood'} in {name}")
    if others:
        imported.avisos.append(f"IntegracaoID differs from the entry's {number}, and nothing is delivered under it: {'; '.join(others)}")


def _warn(imported: Imported, left_out: dict[str, list[str]]) -> None:
    imported.avisos += [f"{reason}: {', '.join(keys)}" for reason, keys in left_out.items() if keys]
    if imported.origem != imported.id:
        imported.avisos.append(
            f"no source database in the file: conexoes.origem names {imported.origem!r}, set it to the entry's of that system if that is another"
        )
    imported.avisos += [f"{section}: {services.why_not(section, imported.sistema)}, kept below as a comment" for section in imported.kept]


def _store(imported: Imported, key: str, value: Any, name: str) -> None:
    section, _, parameter = key.partition(".")
    may_be_controller = parameter == "LayoutID" and imported.service and imported.service.layout_or_controller
    if may_be_controller and not re.fullmatch(r"[1-9][0-9]{0,8}", str(value)):
        imported.avisos.append(f"{name}: not the number of a layout, so {section} sends to the controller of its kind")
        return
    new = _value(imported, parameter, value, name)
    if key in imported.parameters and imported.parameters[key] != new:
        imported.avisos.append(f"{name}: {key} stands more than once with different values, the first is kept")
    imported.parameters.setdefault(key, new)


def _value(imported: Imported, parameter: str, value: Any, name: str) -> Any:
    """The value for the entry; ``None``, with a warning, when not understood."""
    if parameter.startswith("Interval"):
        new: Any = _interval(value)
    elif parameter == "habilitado":
        new = {"true": True, "false": False}.get(str(value).lower())
    else:
        new = int(str(value)) if re.fullmatch(r"[0-9]{1,9}", str(value)) else None
    if new is None:
        imported.avisos.append(f"{name}: value not understood, {parameter} left to be filled in")
    if isinstance(value, str) and re.fullmatch(r"[0-9]+", value) and parameter.startswith("Interval"):
        imported.avisos.append(f"{name}: .NET reads the text {value!r} as days; check {parameter}")
    return new


def _interval(value: Any) -> str | None:
    """Full TimeSpan text; .NET also reads HH:MM and a number of days as text. A JSON number may be ms or s: ``None``."""
    if not isinstance(value, str):
        return None
    text = f"{value.strip()}:00" if re.fullmatch(r"([0-9]+\.)?[0-9]{1,2}:[0-9]{2}", value.strip()) else value
    try:
        interval = timedelta(days=int(text)) if re.fullmatch(r"[0-9]{1,3}", text) else read_interval(text)
    except ValueError:
        return None
    return timespan_text(interval) if interval else None


def _name_databases(imported: Imported, databases: list[tuple[str, ConnectionData]]) -> None:
    owner = imported.service and LEGACY.get(imported.service.database_of, imported.service)
    of_source = [name for name, c in databases if owner and c.user.lower() in owner.table_owners]
    of_fusion = [n for n, _ in databases if n not in of_source and re.search(r"(?i)fusion|integrador|integracao", n.rpartition(":")[2])]
    if len(of_fusion) == len(databases):
        of_fusion = of_fusion[1:]  # every old service has a source: the only string, or the first of several alike
    for name, connection in databases:
        conn_id = "fusion_db" if name in of_fusion else imported.id
        if imported.service and imported.service.integrator and name in of_fusion and "integrador" in fold(name.rpartition(":")[2]):
            conn_id = imported.integrador = "integrador"
        if conn_id in imported.conexoes:
            conn_id = f"{imported.id}_{fold(name.rpartition(':')[2])}"
            imported.avisos.append(f"{name}: one more database, connection {conn_id}; no process of this version uses it")
        imported.conexoes[conn_id] = connection
        imported.avisos += [f"{name}: {warning}" for warning in connection.avisos]
        if owner and name in of_source:
            imported.avisos.append(f"{name}: user {connection.user} {owner.owner_advice}")


def _name_api(imported: Imported, addresses: list[tuple[str, str]]) -> None:
    for name, url in sorted(addresses, key=lambda e: "fusion" not in e[0].lower()):
        if "fusion_api" in imported.conexoes:
            imported.avisos.append(f"{name}: one more address, not carried over")
            continue
        imported.conexoes["fusion_api"] = strings.http_connection(url)
        imported.avisos += [f"{name}: {warning}" for warning in imported.conexoes["fusion_api"].avisos]
        if re.search(r"(?i)/api/?$", url):
            imported.avisos.append(f"{name}: ends in /api, and so do the default rotas begin: shorten one of the two")


def from_file(path: Path, system: str | None = None, id: str | None = None) -> Imported:
    """Read and sort a file; :class:`InvalidConfiguration` when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"{path}: cannot be read ({type(error).__name__})") from None
    return import_settings(read_json(text, str(path)), system, id)
