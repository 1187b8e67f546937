"""Queue statements of Oracle (19c and later). Conditions repeat the expressions of the function-based indexes, or those are not used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, literal_column, text

from include.fusion.store.clock import NOW, seconds_from_now
from include.fusion.store.filas.dialect import COLUMNS, Dialect, QueueScope, records
from include.fusion.store.filas.types import FilaItem, FilaRow, Outcome, blocks, cut_reason
from include.fusion.store.tables import OPEN_STATES, if_state

_BLOCK = 10_000
_LIST_MAX = 500
_NOW = NOW["oracle"]


def _open_column(column: str) -> str:
    return if_state(OPEN_STATES, column, "t.")


def _live_column(column: str, alias: str) -> str:
    return if_state(("pendente", "reservado"), column, alias)


def _pending(column: str) -> str:
    return if_state(("pendente",), column, "c.")


# fila_entrada is a global temporary table of the migrations: every session sees only its own rows, until its commit.
_INSERT_STAGING = """\
INSERT INTO fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade)"""

_SAME = f"{_open_column('integracao_id')} = :integracao_id AND {_open_column('processo')} = :processo AND {_open_column('chave')} = e.chave"

# MERGE may not update a column of its ON clause, and situacao is in it: the rows are found first, by id.
_MERGE = f"""\
MERGE INTO {{t}} t
USING (
    SELECT t.id, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    JOIN {{t}} t ON {_SAME}
    WHERE e.n > :de AND e.n <= :ate
) e ON (t.id = e.id)
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = LEAST(t.prioridade, e.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END"""

# The open rows stay locked from here to the commit: the MERGE and the INSERT below must judge the same situation of them.
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

# FOR UPDATE takes neither an ordered nor a limited query: choose, lock what nobody else holds, then write. The caller's lock serialises.
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

_RECORD = f"""\
UPDATE {{t}} SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN {seconds_from_now("oracle", ":espera")} END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN {_NOW} END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono"""


class Oracle(Dialect):
    nome = "oracle"

    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        con.execute(text("DELETE FROM fila_entrada"))
        limits = [0]
        for block in blocks(items, _BLOCK):
            binds = [{**i._asdict(), "chave_paciente": i.chave_paciente or None, "n": n} for n, i in enumerate(block, limits[-1] + 1)]
            con.execute(text(_INSERT_STAGING), binds)
            limits.append(limits[-1] + len(block))
        if limits[-1]:
            scope.lock_entry(con)
        for start, until in pairwise(limits):
            block_binds = {**scope.binds, "de": start, "ate": until}
            con.execute(text(_LOCK_OPEN.format(t=scope.table.name)), block_binds).all()
            con.execute(text(_MERGE.format(t=scope.table.name)), block_binds)
            con.execute(text(_INSERT.format(t=scope.table.name)), block_binds)
        con.execute(text("DELETE FROM fila_entrada"))
        return limits[-1]

    def reserve(
        self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Sequence[str] | None
    ) -> list[FilaRow]:
        table = scope.table.name
        binds: dict[str, Any] = {**scope.binds, "quantos": count}
        where = "" if keys is None else _KEYS_FILTER
        choose = text(_CHOOSE.format(t=table, filtro=where, parados=scope.without_parked(_PARKED)))
        if keys is not None:
            choose = choose.bindparams(bindparam("chaves", list(keys), expanding=True))
        ids = [row[0] for row in con.execute(choose, binds)]
        lock = text(_LOCK.format(t=table)).bindparams(bindparam("ids", expanding=True))
        read_items: list[FilaRow] = []
        for i in range(0, len(ids), _LIST_MAX):
            read_items += records(con.execute(lock, {"ids": ids[i : i + _LIST_MAX]}).all())
        if read_items:
            con.execute(text(_RESERVE.format(t=table)), [{"id": r.id, "dono": owner, "prazo": lease} for r in read_items])
        return sorted(read_items, key=lambda r: (r.prioridade, r.id))

    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        choose = text(_CHOOSE.format(t=scope.table.name, filtro="", parados=scope.without_parked(_PARKED)))
        return con.execute(choose, {**scope.binds, "quantos": 1}).first() is not None

    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        binds = [
            {**scope.binds, "dono": owner, "id": d.record.id, "operacao": d.record.operacao, "situacao": d.situacao,
             "motivo": cut_reason(d.motivo), "versao": d.versao, "espera": d.espera or 0.0}
            for d in sorted(outcomes, key=lambda d: d.record.id)
        ]  # fmt: skip
        return con.execute(text(_RECORD.format(t=scope.table.name)), binds).rowcount

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
