"""The ``appsettings.json`` of an old .NET service, sorted into settings of an entry of ``integracoes.yaml`` and Airflow connections.

Nothing of the file is dropped silently: what is not carried over stands in ``avisos``, what belongs to a process that the entry
does not have stays below it as a comment. Passwords are masked unless asked for.
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
from include.fusion.settings.legacy import services
from include.fusion.settings.legacy.connection_strings import (
    ConnectionData,
    database_connection,
    http_connection,
    is_secret,
    looks_like_connection_string,
)
from include.fusion.settings.legacy.dotnet_json import read_json
from include.fusion.settings.legacy.service import LegacyService
from include.fusion.settings.legacy.services import FROM_DOTNET, LEGACY, PARAMETERS, fold


@dataclass
class Imported:
    """What an old file says. ``conexoes`` by Airflow connection id; ``parameters`` by ``section.key`` of the entry."""

    sistema: str | None
    id: str
    parameters: dict[str, Any] = field(default_factory=dict)
    sections: set[str] = field(default_factory=set)
    """Process sections that the file has, even without a setting that is carried over."""
    conexoes: dict[str, ConnectionData] = field(default_factory=dict)
    futuros: dict[str, Any] = field(default_factory=dict)
    avisos: list[str] = field(default_factory=list)
    integrador: str | None = None
    """Id of the connection to a database of the integrator's own, where the file has one."""

    @property
    def origem(self) -> str:
        """Id of the source's connection: where the file has no database, that of the system whose database its own is."""
        return (self.id not in self.conexoes and self.service and self.service.database_of) or self.id

    @property
    def service(self) -> LegacyService | None:
        return LEGACY.get(self.sistema or "")


@dataclass
class _Leftovers:
    unknown: list[str] = field(default_factory=list)
    sem_lugar: list[str] = field(default_factory=list)
    ids: list[tuple[str, str | None, Any]] = field(default_factory=list)
    """Every IntegracaoID: its key, its process section (``None`` outside of any), its value."""


def _leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            # "Servico:MaxRecords" is .NET's other way to write a nested key.
            yield from _leaves(value, (*path, *key.split(":")))
    else:
        yield path, data


def import_settings(data: dict[str, Any], system: str | None = None, id: str | None = None) -> Imported:
    """Sort a parsed file. ``system`` is guessed from names where not given; ``None`` when they do not tell."""
    leaves = list(_leaves(data))
    system = system or services.guess({part for path, _ in leaves for part in path})
    read_item, leftovers = Imported(system, id or system or "origem"), _Leftovers()
    databases: list[tuple[str, ConnectionData]] = []
    addresses: list[tuple[str, str]] = []
    for path, value in leaves:
        name, parameter = ":".join(path), PARAMETERS.get(fold(path[-1]))
        if fold(path[0]) in FROM_DOTNET:
            continue
        own = services.own_section(path[:-1], system)
        foreign = None if own else services.foreign_section(path[:-1], system)
        read_item.sections |= {own} if own else set()
        if foreign:
            read_item.futuros.setdefault(foreign, {})[name] = value
        elif isinstance(value, str) and (fold(path[0]) == "connectionstrings" or looks_like_connection_string(value)):
            if connection := database_connection(value):
                databases.append((name, connection))
            else:
                read_item.avisos.append(f"{name}: not understood as a connection string (value not shown)")
        elif isinstance(value, str) and re.match(r"(?i)https?://", value):
            addresses.append((name, value))
        elif parameter is None:
            leftovers.unknown.append(f"{name} (secret, value not shown)" if is_secret(name) else name)
        elif system is None:
            read_item.futuros.setdefault(path[-2] if len(path) > 1 else path[-1], {})[name] = value
        elif parameter == "IntegracaoID":
            leftovers.ids.append((name, own, _value(read_item, parameter, value, name)))
        elif key := services.place(system, own, parameter):
            _store(read_item, key, value, name)
        else:
            outage = own is None and services.LEGACY[system].padrao is None
            leftovers.sem_lugar.append(f"{name} (outside a process section)" if outage else name)
    _name_databases(read_item, databases)
    _name_api(read_item, addresses)
    _give_numbers(read_item, leftovers.ids)
    _warn(read_item, leftovers, [key for key in data if fold(key.split(":")[0]) in FROM_DOTNET])
    return read_item


def _give_numbers(read_item: Imported, ids: list[tuple[str, str | None, Any]]) -> None:
    """The entry's IntegracaoID, and a process's own where it differs from that."""
    with_number = [s.nome for s in read_item.service.sections if "IntegracaoID" in s.keys] if read_item.service else []
    of_entry = [value for _, section, value in ids if section is None]
    of_sections = [value for name in with_number for _, section, value in ids if section == name]
    candidates = of_entry or of_sections or [value for _, _, value in ids]
    if not candidates:
        return
    number = read_item.parameters["IntegracaoID"] = candidates[0]
    others = []
    for name, section, value in ids:
        if value == number:
            continue
        if section in with_number:
            read_item.parameters[f"{section}.IntegracaoID"] = value
        else:
            others.append(f"{value if value is not None else 'not understood'} in {name}")
    if others:
        read_item.avisos.append(f"IntegracaoID differs from the entry's {number}, and nothing is delivered under it: {'; '.join(others)}")


def _warn(read_item: Imported, leftovers: _Leftovers, dotnet: list[str]) -> None:
    if leftovers.sem_lugar:
        read_item.avisos.append("settings that the entry's processes do not have, not carried over: " + ", ".join(leftovers.sem_lugar))
    if leftovers.unknown:
        read_item.avisos.append("unknown keys, not carried over: " + ", ".join(leftovers.unknown))
    if dotnet:
        read_item.avisos.append("keys of .NET itself, not needed here: " + ", ".join(dotnet))
    if read_item.origem != read_item.id:
        read_item.avisos.append(
            f"no source database in the file: conexoes.origem names {read_item.origem!r}, set it to the entry's of that system if that is another"
        )
    read_item.avisos += [
        f"{section}: {services.why_not(section, read_item.sistema)}, kept below as a comment" for section in read_item.futuros
    ]


def _store(read_item: Imported, key: str, value: Any, name: str) -> None:
    section, _, parameter = key.partition(".")
    if (
        parameter == "LayoutID"
        and read_item.service
        and read_item.service.layout_or_controller
        and not re.fullmatch(r"[1-9][0-9]{0,8}", str(value))
    ):
        read_item.avisos.append(f"{name}: not the number of a layout, so {section} sends to the controller of its kind")
        return
    new = _value(read_item, parameter, value, name)
    if key in read_item.parameters and read_item.parameters[key] != new:
        read_item.avisos.append(f"{name}: {key} stands more than once with different values, the first is kept")
    read_item.parameters.setdefault(key, new)


def _value(read_item: Imported, parameter: str, value: Any, name: str) -> Any:
    """As it stands in an entry; ``None``, with a warning, when not understood."""
    if parameter.startswith("Interval"):
        new: Any = _interval(value)
    elif parameter == "habilitado":
        new = {"true": True, "false": False}.get(str(value).lower())
    else:
        new = int(str(value)) if re.fullmatch(r"[0-9]{1,9}", str(value)) else None
    if new is None:
        read_item.avisos.append(f"{name}: value not understood, {parameter} left to be filled in")
    if isinstance(value, str) and re.fullmatch(r"[0-9]+", value) and parameter.startswith("Interval"):
        read_item.avisos.append(f"{name}: .NET reads the text {value!r} as days; check {parameter}")
    return new


def _interval(value: Any) -> str | None:
    """TimeSpan text in full; .NET also takes HH:MM and a bare number of days. A JSON number could be ms or s: ``None``."""
    if not isinstance(value, str):
        return None
    text = f"{value.strip()}:00" if re.fullmatch(r"([0-9]+\.)?[0-9]{1,2}:[0-9]{2}", value.strip()) else value
    try:
        read_item = timedelta(days=int(text)) if re.fullmatch(r"[0-9]{1,3}", text) else read_interval(text)
    except ValueError:
        return None
    return timespan_text(read_item) if read_item else None


def _name_databases(read_item: Imported, databases: list[tuple[str, ConnectionData]]) -> None:
    owner = read_item.service and LEGACY.get(read_item.service.database_of, read_item.service)
    da_origem = [name for name, c in databases if owner and c.user.lower() in owner.table_owners]
    of_fusion = [n for n, _ in databases if n not in da_origem and re.search(r"(?i)fusion|integrador|integracao", n.rpartition(":")[2])]
    if len(of_fusion) == len(databases):
        of_fusion = of_fusion[1:]  # the only string, or the first of several alike, is the source: every old service has one
    for name, connection in databases:
        conn_id = "fusion_db" if name in of_fusion else read_item.id
        if read_item.service and read_item.service.integrator and name in of_fusion and "integrador" in fold(name.rpartition(":")[2]):
            conn_id = read_item.integrador = "integrador"
        if conn_id in read_item.conexoes:
            conn_id = f"{read_item.id}_{fold(name.rpartition(':')[2])}"
            read_item.avisos.append(f"{name}: one more database, connection {conn_id}; no process of this version uses it")
        read_item.conexoes[conn_id] = connection
        read_item.avisos += [f"{name}: {warning}" for warning in connection.avisos]
        if owner and name in da_origem:
            read_item.avisos.append(f"{name}: user {connection.user} {owner.owner_advice}")


def _name_api(read_item: Imported, addresses: list[tuple[str, str]]) -> None:
    for name, url in sorted(addresses, key=lambda e: "fusion" not in e[0].lower()):
        if "fusion_api" in read_item.conexoes:
            read_item.avisos.append(f"{name}: one more address, not carried over")
            continue
        read_item.conexoes["fusion_api"] = http_connection(url)
        read_item.avisos += [f"{name}: {warning}" for warning in read_item.conexoes["fusion_api"].avisos]
        if re.search(r"(?i)/api/?$", url):
            read_item.avisos.append(f"{name}: ends in /api, and so do the default rotas begin: shorten one of the two")


def from_file(path: Path, system: str | None = None, id: str | None = None) -> Imported:
    """Read and sort a file; :class:`InvalidConfiguration` when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"{path}: cannot be read ({type(error).__name__})") from None
    return import_settings(read_json(text, str(path)), system, id)
