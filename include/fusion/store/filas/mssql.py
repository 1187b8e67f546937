"""Queue statements of SQL Server. READ_COMMITTED_SNAPSHOT is recommended, so that readers never wait for an enqueuing transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text

from include.fusion.store.clock import NOW, seconds_from_now
from include.fusion.store.filas.dialect import Dialect, QueueScope, records
from include.fusion.store.filas.types import FilaItem, FilaRow, Outcome, blocks, cut_reason
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

# MERGE for what is open, INSERT ... ORDER BY for what is new: MERGE would hand out ids in any order, and ids are a patient's order.
_MERGE = f"""\
MERGE INTO {{t}} WITH (HOLDLOCK) AS t
USING (SELECT chave, chave_paciente, operacao, prioridade FROM #fila_entrada WHERE n > :de AND n <= :ate) AS e
ON t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ({_OPEN})
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = CASE WHEN t.prioridade < e.prioridade THEN t.prioridade ELSE e.prioridade END,
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END;"""

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

_RECORD = f"""\
UPDATE {{t}} WITH (ROWLOCK) SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN {seconds_from_now("mssql", ":espera")} END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN {_NOW} END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono"""


def _reserve(table: str, criteria: str = "", parked: str = "") -> str:
    return _RESERVE.format(t=table, colunas="c.*", dica=_HINT, filtro=criteria, parados=parked)


def _choose(table: str, parked: str = "") -> str:
    return _CHOOSE.format(t=table, colunas="c.id", dica="", filtro="", parados=parked)


class SQLServer(Dialect):
    nome = "mssql"

    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        con.execute(text("DROP TABLE IF EXISTS #fila_entrada"))
        con.execute(text(_CREATE_STAGING))
        limits = [0]
        for block in blocks(items, _BLOCK):
            binds = [{**i._asdict(), "chave_paciente": i.chave_paciente or None, "n": n} for n, i in enumerate(block, limits[-1] + 1)]
            con.execute(text(_INSERT_STAGING), binds)
            limits.append(limits[-1] + len(block))
        if limits[-1]:
            scope.lock_entry(con)
        # A block at a time: one MERGE may not meet a key twice, and no block holds one twice.
        for start, until in pairwise(limits):
            for model in (_MERGE, _INSERT):
                con.execute(text(model.format(t=scope.table.name)), {**scope.binds, "de": start, "ate": until})
        con.execute(text("DROP TABLE #fila_entrada"))
        return limits[-1]

    def reserve(
        self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Sequence[str] | None
    ) -> list[FilaRow]:
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
        written = 0
        # By id, as every other set update goes; one execution each, since pymssql counts only the last of an executemany.
        for d in sorted(outcomes, key=lambda d: d.record.id):
            binds = {"id": d.record.id, "operacao": d.record.operacao, "situacao": d.situacao, "motivo": cut_reason(d.motivo)}
            written += con.execute(command, {**scope.binds, **binds, "versao": d.versao, "espera": d.espera or 0.0, "dono": owner}).rowcount
        return written

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
