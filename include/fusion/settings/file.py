"""``integracoes.yaml``: find it, read it again only after a change, check it entry by entry."""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import Field

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings.integration import Integracao
from include.fusion.settings.registry import settings_class, systems
from include.fusion.settings.strict_yaml import SETTINGS_FOLDER, StrictModel, check, file_name, read_yaml, shown

S = TypeVar("S", bound=Integracao)

_KeysOf = Callable[[Integracao], Sequence[Hashable]]


class _SettingsFile(StrictModel):
    integracoes: list[Any] = Field(min_length=1)


class Fault(NamedTuple):
    """What is wrong with one entry, which therefore has no DAGs."""

    entry_id: str
    """As the file has it, right or wrong; without an id, the entry's place in the file."""
    text: str
    """One line per thing to mend: file, path inside it, what was expected."""


class SettingsFile(NamedTuple):
    """The entries without a fault, disabled ones too, and the faults of the others."""

    entries: tuple[Integracao, ...]
    faults: tuple[Fault, ...]


_cache: dict[Path, tuple[tuple[int, int], SettingsFile]] = {}


def default_path() -> Path:
    """``FUSION_SETTINGS``, or include/settings/integracoes.yaml of this repository."""
    return Path(os.environ.get("FUSION_SETTINGS") or SETTINGS_FOLDER / "integracoes.yaml")


def read_file(path: str | Path | None = None) -> SettingsFile:
    """Entries and faults; :class:`InvalidConfiguration` when the file as a whole cannot be read. Reads it again only after a change."""
    file = Path(path) if path else default_path()
    try:
        state = file.stat()
    except OSError:
        raise InvalidConfiguration(f"{file_name(file)}: settings file not found; examples/integracoes.yaml shows one") from None
    version = (state.st_mtime_ns, state.st_size)
    if file not in _cache or _cache[file][0] != version:
        _cache[file] = (version, _read(file))
    return _cache[file][1]


def load(path: str | Path | None = None) -> tuple[Integracao, ...]:
    """All entries of a file; :class:`InvalidConfiguration` lists every fault when there is one."""
    entries, faults = read_file(path)
    if faults:
        raise InvalidConfiguration("\n".join(fault.text for fault in faults))
    return entries


def installed(kind: type[S], path: str | Path | None = None, *, system: str | None = None) -> tuple[S, ...]:
    """Enabled entries of one settings class: those that get DAGs. ``system``: only this system's, where several share the class.

    An entry with a fault is left out, so that it stops no other; ``dags/configuracao.py`` reports it.
    """
    return tuple(i for i in read_file(path).entries if isinstance(i, kind) and i.habilitada and system in (None, i.sistema))


def obtain(id: str, path: str | Path | None = None) -> Integracao:
    """The entry with this id; :class:`InvalidConfiguration` tells its fault, or that there is no such entry."""
    entries, faults = read_file(path)
    if found := next((entry for entry in entries if entry.id == id), None):
        return found
    file = file_name(Path(path) if path else default_path())
    texts = [fault.text for fault in faults if fault.entry_id == id]
    raise InvalidConfiguration("\n".join(texts) or f"{file}: integracoes: no entry with id {id!r}")


def _read(file: Path) -> SettingsFile:
    name = file_name(file)
    entries: dict[int, Integracao] = {}
    complaints: dict[int, list[str]] = defaultdict(list)
    ids: dict[int, str] = {}
    data = check(_SettingsFile, read_yaml(file), file).integracoes
    for i, entry in enumerate(data):
        prefix = ids[i] = f"integracoes[{i}]"
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            ids[i] = entry["id"]
        try:
            # An entry that is no mapping fails in the check of the common class.
            kind = settings_class(str(entry.get("sistema"))) if isinstance(entry, dict) else Integracao
            if kind is None:
                raise InvalidConfiguration(f"{name}: {prefix}.sistema: {_wrong_system(entry.get('sistema'))}")
            entries[i] = check(kind, entry, file, prefix, {"pasta": file.parent})
        except InvalidConfiguration as error:
            complaints[i].append(str(error))
    for i, text in _repetitions(entries):
        complaints[i].append(f"{name}: {text}")
    return SettingsFile(
        tuple(integracao for i, integracao in entries.items() if i not in complaints),
        tuple(Fault(ids[i], "\n".join(complaints[i])) for i in sorted(complaints)),
    )


def _wrong_system(value: Any) -> str:
    close = difflib.get_close_matches(str(value), systems(), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"expected one of {', '.join(systems())} (the folders of include/fusion/sistemas), found {shown(value)}{hint}"


def _repetitions(integracoes: Mapping[int, Integracao]) -> list[tuple[int, str]]:
    """Entries that would share a DAG or a queue, or (a copied entry) would send one source to one Fusion twice.

    All of them are faults: only people know which one is the copy.
    """
    copy = "the same source would be sent to the same fusion_api twice"
    rules: tuple[tuple[str, str, _KeysOf], ...] = (
        ("id", "DAG ids must differ, and in more than case", lambda i: [d.casefold() for d in i.dag_ids]),
        ("IntegracaoID", "it keys queue and ledger of a fusion_db", lambda i: [(i.conexoes.database, n) for n in sorted(i.numbers)]),
        ("conexoes.origem", copy, lambda i: [(i.sistema, i.conexoes.origem, i.conexoes.fusion_api)]),
    )
    repeated = []
    for field, reason, keys in rules:
        owners: dict[Hashable, set[int]] = defaultdict(set)
        for i, integracao in integracoes.items():
            for key in keys(integracao):
                owners[key].add(i)
        pairs = {(i, other) for concurrent in owners.values() for i in concurrent for other in concurrent - {i}}
        repeated += [(i, f"integracoes[{i}].{field}: same as integracoes[{other}]: {reason}") for i, other in sorted(pairs)]
    return repeated
