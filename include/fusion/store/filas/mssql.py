"""Queue statements of SQL Server. With READ_COMMITTED_SNAPSHOT (recommended) readers never wait for a transaction that enqueues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text

from include.fusion.store.clock import NOW, seconds_from_now
from include.fusion.store.filas.dialect import Dialect, QueueScope, merged, record_binds, record_statement, records, stage
from include.fusion.store.filas.types import FilaItem, FilaRow, Keys, Outcome
from include.fusion.store.tables import OPEN_STATES, sql_list

_BLOCK = 5_000
_NOW = NOW["mssql"]
_OPEN = sql_list(OPEN_STATES)

_CREATE_STAGING = """\
CREATE TABLE #fila_entrada (
    n bigint PRIMARY KEY, chave nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL, operacao varchar(10) NOT NULL, prioridade smallint NOT NULL
)"""
_INSERT_STAGING = """\
INSERT INTO #fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade)"""

# MERGE for open rows, INSERT ... ORDER BY for new ones: MERGE gives ids in any order, and a patient's rows go by id.
_MERGE = f"""\
MERGE INTO {{t}} WITH (HOLDLOCK) AS t
USING (SELECT chave, chave_paciente, operacao, prioridade FROM #fila_entrada WHERE n > :de AND n <= :ate) AS e
ON t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ({_OPEN})
WHEN MATCHED THEN UPDATE SET
{merged("CASE WHEN t.prioridade < e.prioridade THEN t.prioridade ELSE e.prioridade END")};"""

_INSERT = f"""\
INSERT INTO {{t}} (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, 0, {_NOW}
FROM #fila_entrada AS e
WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (
    SELECT 1 FROM {{t}} AS t WITH (UPDLOCK, HOLDLOCK)
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ({_OPEN}))
ORDER BY e.n"""

_CHOOSE = f"""\
SELECT TOP (:quantos) {{colunas}} FROM {{t}} AS c{{dica}}
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= {_NOW}){{filtro}}
        AND (c.chave_paciente IS NULL OR c.id = (
            SELECT TOP (1) a.id FROM {{t}} AS a
            WHERE a.integracao_id = c.integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado'){{parados}}
            ORDER BY a.situacao DESC, a.prioridade, a.id))
    ORDER BY c.prioridade, c.id"""
_RESERVE = f"""\
WITH escolhida AS (
    {_CHOOSE}
)
UPDATE escolhida SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL,
    reservado_ate = {seconds_from_now("mssql", ":prazo")}
OUTPUT inserted.id, inserted.chave, inserted.chave_paciente, inserted.operacao, inserted.prioridade,
    inserted.tentativas, inserted.criado_em"""
_PARKED = "(a.situacao = 'reservado' OR a.processo NOT IN ({}))"
_HINT = " WITH (UPDLOCK, READPAST, ROWLOCK)"
_KEYS_FILTER = "\n        AND c.chave IN :chaves"

_RECORD = record_statement("mssql", " WITH (ROWLOCK)")


def _reserve(table: str, criteria: str = "", parked: str = "") -> str:
    return _RESERVE.format(t=table, colunas="c.*", dica=_HINT, filtro=criteria, parados=parked)


def _choose(table: str, parked: str = "") -> str:
    return _CHOOSE.format(t=table, colunas="c.id", dica="", filtro="", parados=parked)


class SQLServer(Dialect):
    nome = "mssql"

    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        con.execute(text("DROP TABLE IF EXISTS #fila_entrada"))
        con.execute(text(_CREATE_STAGING))
        limits = stage(con, _INSERT_STAGING, items, _BLOCK)
        if limits[-1]:
            scope.lock_entry(con)
        # Block by block: one MERGE must not meet a key twice, and no block has a key twice.
        for start, until in pairwise(limits):
            for model in (_MERGE, _INSERT):
                con.execute(text(model.format(t=scope.table.name)), {**scope.binds, "de": start, "ate": until})
        con.execute(text("DROP TABLE #fila_entrada"))
        return limits[-1]

    def reserve(self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Keys) -> list[FilaRow]:
        binds: dict[str, Any] = {**scope.binds, "quantos": count, "dono": owner, "prazo": lease}
        query = text(_reserve(scope.table.name, "" if keys is None else _KEYS_FILTER, scope.without_parked(_PARKED)))
        if keys is not None:
            query = query.bindparams(bindparam("chaves", list(keys), expanding=True))
        return records(con.execute(query, binds).all())

    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        query = text(_choose(scope.table.name, scope.without_parked(_PARKED)))
        return con.execute(query, {**scope.binds, "quantos": 1}).first() is not None

    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        command = text(_RECORD.format(t=scope.table.name))
        # One execution each: of an executemany, pymssql counts only the last row.
        return sum(con.execute(command, binds).rowcount for binds in record_binds(scope, owner, outcomes))

    def escape_prefix(self, prefix: str) -> str:
        return super().escape_prefix(prefix).replace("[", "/[")

    def commands(self, table: Table) -> dict[str, str]:
        name = table.name
        return {
            "criar_entrada": _CREATE_STAGING,
            "inserir_entrada": _INSERT_STAGING,
            "unir": _MERGE.format(t=name),
            "inserir": _INSERT.format(t=name),
            "escolher": _choose(name),
            "reservar": _reserve(name),
            "reservar_filtrado": _reserve(name, _KEYS_FILTER),
            "registrar": _RECORD.format(t=name),
        }
