"""Which statements of a system its engine will send: the reads of each kind of data, and those that find changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from include.fusion.reading.keys import KeyType
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import SystemQueries, sql_folder

INITIAL_KEYS, INITIAL_LOAD = "initial_load_keys.sql", "initial_load.sql"
"""Of systems with an initial load of their own."""


class Statement(NamedTuple):
    """``what``: in words of data ops; ``frequent``: sent every few seconds, or for every page."""

    file: str
    what: str
    frequent: bool = True
    key_type: KeyType | None = None


def others(queries: SystemQueries) -> Iterator[Statement]:
    """Every statement but the reads: what sees changes, lists keys and counts. Origins that this schema lacks are left out."""
    system = queries.sistema
    for origin in system.origins:
        if queries.has(origin.requires):
            yield Statement(origin.sql, f"página de mudanças: {origin.nome.replace('_', ' ')}")
            yield Statement(origin.sql_probe, f"vigia: {origin.nome.replace('_', ' ')}")
    for journal in system.journals:
        yield Statement(journal.sql, "página do diário")
        yield Statement(journal.sql_probe, "vigia do diário")
        yield Statement(journal.sql_delete, "apagar do diário o que já está na fila")
        if queries.has(journal.keeps):
            yield Statement(journal.sql_keep, "guardar o que foi lido do diário")
            yield Statement(journal.sql_kept, "reler o que foi guardado do diário", frequent=False)
            yield Statement(journal.sql_forget, "esquecer o que foi guardado do diário", frequent=False)
    for snapshot in system.snapshots:
        yield Statement(snapshot.sql_blocks, f"comparação: {snapshot.nome.replace('_', ' ')}", frequent=False)
        yield Statement(snapshot.sql, f"linhas de um bloco: {snapshot.nome.replace('_', ' ')}")
        if snapshot.sql_targets:
            yield Statement(snapshot.sql_targets, "atendimentos dos pacientes mudados", key_type=system.paciente_key_type)
    for sweep in system.sweeps:
        yield Statement(sweep.sql_ronda, f"ronda: {sweep.nome.replace('_', ' ')}", frequent=False)
    yield from _of_all(system)
    for file, what in ((INITIAL_KEYS, "chaves da carga inicial"), (INITIAL_LOAD, "página da carga inicial")):
        if (sql_folder(system.nome) / file).exists():
            yield Statement(file, what, frequent=False)


def _of_all(system: SystemSpec) -> Iterator[Statement]:
    yield Statement(system.sql_keys, "chaves dos registros (carga inicial, formulário, conciliação)", frequent=False)
    yield Statement(system.sql_total, "total de registros", frequent=False)
    if system.sql_cancelled:
        yield Statement(system.sql_cancelled, "registros cancelados na origem")
    if system.sql_changes:
        yield Statement(system.sql_changes, "contadores das tabelas")
