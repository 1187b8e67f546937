"""Queue statements of Oracle (19c and later). Conditions repeat the expressions of the function-based indexes: only then Oracle uses them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, literal_column, text

from include.fusion.store.clock import NOW, seconds_from_now
from include.fusion.store.filas.dialect import COLUMNS, Dialect, QueueScope, merged, record_binds, record_statement, records, stage
from include.fusion.store.filas.types import FilaItem, FilaRow, Keys, Outcome
from include.fusion.store.lists import chunks
from include.fusion.store.tables import OPEN_STATES, if_state

_BLOCK = 10_000
_NOW = NOW["oracle"]


_open_column = partial(if_state, OPEN_STATES, alias="t.")
_live_column = partial(if_state, ("pendente", "reservado"))
_pending = partial(if_state, ("pendente",), alias="c.")

# fila_entrada is a global temporary table that a migration makes: a session sees only its own rows, until its commit.
_INSERT_STAGING = """\
INSERT INTO fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade)"""

_SAME = f"{_open_column('integracao_id')} = :integracao_id AND {_open_column('processo')} = :processo AND {_open_column('chave')} = e.chave"

# MERGE may not update a column of its ON clause, and situacao would be in it. So the rows are found by id first.
_MERGE = f"""\
MERGE INTO {{t}} t
USING (
    SELECT t.id, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    JOIN {{t}} t ON {_SAME}
    WHERE e.n > :de AND e.n <= :ate
) e ON (t.id = e.id)
WHEN MATCHED THEN UPDATE SET
{merged("LEAST(t.prioridade, e.prioridade)")}"""

# The open rows stay locked until the commit, so that the MERGE and the INSERT below see them in the same state.
_LOCK_OPEN = f"""\
SELECT t.id FROM {{t}} t
WHERE t.id IN (SELECT t.id FROM fila_entrada e JOIN {{t}} t ON {_SAME} WHERE e.n > :de AND e.n <= :ate)
ORDER BY t.id FOR UPDATE"""

_INSERT = f"""\
INSERT INTO {{t}} (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, o.chave, o.chave_paciente, o.operacao, o.prioridade, 'pendente', 0, 0, {_NOW}
FROM (
    SELECT e.chave, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (SELECT 1 FROM {{t}} t WHERE {_SAME})
    ORDER BY e.n
) o"""

# FOR UPDATE takes no query with ORDER BY or a limit. So: choose, lock what nobody else holds, write. The caller's lock keeps others out.
_CHOOSE = f"""\
SELECT c.id FROM {{t}} c
WHERE {_pending("integracao_id")} = :integracao_id AND {_pending("processo")} = :processo
    AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= {_NOW}){{filtro}}
    AND (c.chave_paciente IS NULL OR (
        NOT EXISTS (SELECT 1 FROM {{t}} a
            WHERE {_live_column("integracao_id", "a.")} = :integracao_id AND {_live_column("chave_paciente", "a.")} = c.chave_paciente
                AND {_live_column("situacao", "a.")} = 'pendente'
                AND (a.prioridade < c.prioridade OR (a.prioridade = c.prioridade AND a.id < c.id)){{parados}})
        AND NOT EXISTS (SELECT 1 FROM {{t}} r
            WHERE {_live_column("integracao_id", "r.")} = :integracao_id AND {_live_column("chave_paciente", "r.")} = c.chave_paciente
                AND {_live_column("situacao", "r.")} = 'reservado')))
ORDER BY {_pending("prioridade")}, {_pending("id")}
FETCH FIRST :quantos ROWS ONLY"""
_LOCK = f"""\
SELECT {COLUMNS} FROM {{t}}
WHERE id IN :ids AND situacao = 'pendente'
FOR UPDATE SKIP LOCKED"""
_RESERVE = f"""\
UPDATE {{t}} SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL, reservado_ate = {seconds_from_now("oracle", ":prazo")}
WHERE id = :id"""
_PARKED = "a.processo NOT IN ({})"
_KEYS_FILTER = "\n    AND c.chave IN :chaves"

_RECORD = record_statement("oracle")


class Oracle(Dialect):
    nome = "oracle"

    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        con.execute(text("DELETE FROM fila_entrada"))
        limits = stage(con, _INSERT_STAGING, items, _BLOCK)
        if limits[-1]:
            scope.lock_entry(con)
        for start, until in pairwise(limits):
            block_binds = {**scope.binds, "de": start, "ate": until}
            con.execute(text(_LOCK_OPEN.format(t=scope.table.name)), block_binds).all()
            con.execute(text(_MERGE.format(t=scope.table.name)), block_binds)
            con.execute(text(_INSERT.format(t=scope.table.name)), block_binds)
        con.execute(text("DELETE FROM fila_entrada"))
        return limits[-1]

    def reserve(self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Keys) -> list[FilaRow]:
        table = scope.table.name
        binds: dict[str, Any] = {**scope.binds, "quantos": count}
        where = "" if keys is None else _KEYS_FILTER
        choose = text(_CHOOSE.format(t=table, filtro=where, parados=scope.without_parked(_PARKED)))
        if keys is not None:
            choose = choose.bindparams(bindparam("chaves", list(keys), expanding=True))
        ids = [row[0] for row in con.execute(choose, binds)]
        lock = text(_LOCK.format(t=table)).bindparams(bindparam("ids", expanding=True))
        reserved = records(row for part in chunks(ids) for row in con.execute(lock, {"ids": part}))
        if reserved:
            con.execute(text(_RESERVE.format(t=table)), [{"id": r.id, "dono": owner, "prazo": lease} for r in reserved])
        return reserved

    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        choose = text(_CHOOSE.format(t=scope.table.name, filtro="", parados=scope.without_parked(_PARKED)))
        return con.execute(choose, {**scope.binds, "quantos": 1}).first() is not None

    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        return con.execute(text(_RECORD.format(t=scope.table.name)), record_binds(scope, owner, outcomes)).rowcount

    def conditions(self, scope: QueueScope, states: tuple[str, ...], *, processo: bool = True) -> list[ColumnElement[bool]]:
        binds = scope.binds if processo else {"integracao_id": scope.integracao_id}
        return [literal_column(if_state(states, column)) == value for column, value in binds.items()]

    def commands(self, table: Table) -> dict[str, str]:
        name = table.name
        return {
            "inserir_entrada": _INSERT_STAGING,
            "travar_abertas": _LOCK_OPEN.format(t=name),
            "unir": _MERGE.format(t=name),
            "inserir": _INSERT.format(t=name),
            "escolher": _CHOOSE.format(t=name, filtro="", parados=""),
            "escolher_filtrado": _CHOOSE.format(t=name, filtro=_KEYS_FILTER, parados=""),
            "travar": _LOCK.format(t=name),
            "reservar": _RESERVE.format(t=name),
            "registrar": _RECORD.format(t=name),
        }
