"""Queue statements of PostgreSQL."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, text

from include.fusion.store.clock import seconds_from_now
from include.fusion.store.filas.dialect import Dialect, QueueScope, records
from include.fusion.store.filas.types import FilaItem, FilaRow, Keys, Outcome, blocks, cut_reason
from include.fusion.store.lists import pg_array
from include.fusion.store.tables import OPEN_STATES, sql_list

_BLOCK = 20_000
_DIRECT = 2_000
"""So many items at most go as arrays in one statement; more go by COPY into a temporary table."""

PER_PACIENTE = 8
"""Rows of one patient in one batch at most: they leave one after another, so many of them would make a batch slow."""

_CREATE_STAGING = """\
CREATE TEMPORARY TABLE IF NOT EXISTS fila_entrada (
    n bigint PRIMARY KEY, chave text COLLATE "C" NOT NULL, chave_paciente text COLLATE "C",
    operacao text NOT NULL, prioridade smallint NOT NULL
) ON COMMIT DROP"""

_COPIED_STAGING = "(SELECT chave, chave_paciente, operacao, prioridade, n FROM fila_entrada WHERE n > :de AND n <= :ate)"
_DIRECT_STAGING = """\
unnest(CAST(:chaves AS text[]), CAST(:pacientes AS text[]), CAST(:operacoes AS text[]), CAST(:prioridades AS smallint[]))
    WITH ORDINALITY"""

# Lock the open rows of these keys in id order, as every set update does; then the upsert never waits for a row.
_LOCK_OPEN = """\
SELECT count(*) FROM (
    SELECT t.id FROM {t} t
    JOIN {entrada} AS e (chave, chave_paciente, operacao, prioridade, n) ON e.chave = t.chave
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao IN ({abertas})
    ORDER BY t.id FOR UPDATE OF t
) travadas"""

# A reserved row keeps its patient until its outcome is known: the rule "one in flight per patient" depends on it.
_MERGE = """\
INSERT INTO {t} AS t (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, false, statement_timestamp()
FROM {entrada} AS e (chave, chave_paciente, operacao, prioridade, n)
ORDER BY e.n
ON CONFLICT (integracao_id, processo, chave) WHERE situacao IN ({abertas}) DO UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = t.situacao = 'reservado',
    operacao = CASE WHEN t.operacao = 'inclusao' AND excluded.operacao = 'alteracao' THEN 'inclusao' ELSE excluded.operacao END,
    prioridade = least(t.prioridade, excluded.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE coalesce(excluded.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END
WHERE t.situacao = 'erro' OR (t.situacao = 'reservado' AND NOT t.reabrir) OR t.prioridade > excluded.prioridade
    OR t.chave_paciente IS DISTINCT FROM coalesce(excluded.chave_paciente, t.chave_paciente)
    OR (t.operacao <> excluded.operacao AND NOT (t.operacao = 'inclusao' AND excluded.operacao = 'alteracao'))"""

# f: the patient's rows up to this one, a row in flight first. All must be free, and no more than a batch takes of one patient.
# This reads one index per candidate; without the LIMIT the planner would join the whole queue with itself.
_CHOOSE = """\
SELECT c.id, c.chave_paciente, c.prioridade, f.ordem FROM {t} c CROSS JOIN LATERAL (
        SELECT count(*) AS ordem, coalesce(bool_and(p.livre), true) AS livre FROM (
            SELECT a.situacao = 'pendente' AND a.processo = :processo
                AND (a.proxima_tentativa_em IS NULL OR a.proxima_tentativa_em <= statement_timestamp()){filtro_a} AS livre
            FROM {t} a
            WHERE a.integracao_id = :integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
                AND (a.situacao = 'reservado' OR (a.prioridade, a.id) <= (c.prioridade, c.id)){parados}
            ORDER BY a.situacao DESC, a.prioridade, a.id LIMIT :por_paciente + 1) p) f
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= statement_timestamp()){filtro_c}
        AND f.livre AND f.ordem <= :por_paciente
    ORDER BY c.prioridade, c.id LIMIT :quantos"""
# Rows that an enqueuing transaction has locked are skipped, and so are later rows of their patients.
_RESERVE = f"""\
WITH escolhida AS MATERIALIZED (
    {_CHOOSE}
    FOR UPDATE OF c SKIP LOCKED
), contada AS (
    SELECT id, ordem, row_number() OVER (PARTITION BY chave_paciente ORDER BY prioridade, id) AS presente FROM escolhida
)
UPDATE {{t}} t SET situacao = 'reservado', reservado_por = :dono, reabrir = false, motivo = NULL,
    reservado_ate = {seconds_from_now("postgresql", ":prazo")}
FROM contada e WHERE t.id = e.id AND (e.ordem = 0 OR e.ordem = e.presente)
RETURNING t.id, t.chave, t.chave_paciente, t.operacao, t.prioridade, t.tentativas, t.criado_em"""
_PARKED = "(a.situacao = 'reservado' OR a.processo NOT IN ({}))"
_KEYS_FILTER = " AND {x}.chave = ANY(CAST(:chaves AS text[]))"

# An inclusao that was delivered and changed meanwhile goes out as an alteracao the second time.
_RECORD = """\
WITH d AS MATERIALIZED (
    SELECT t.id, v.operacao, v.situacao, v.motivo, v.versao, v.espera
    FROM unnest(CAST(:ids AS bigint[]), CAST(:operacoes AS text[]), CAST(:situacoes AS text[]), CAST(:motivos AS text[]),
        CAST(:versoes AS text[]), CAST(:esperas AS double precision[])) AS v (id, operacao, situacao, motivo, versao, espera)
    JOIN {t} t ON t.id = v.id
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao = 'reservado' AND t.reservado_por = :dono
    ORDER BY t.id FOR UPDATE OF t
)
UPDATE {t} t SET
    situacao = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE d.situacao END,
    tentativas = CASE WHEN d.situacao = 'adiado' THEN t.tentativas + 1
        WHEN t.reabrir AND d.situacao <> 'devolvido' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE WHEN d.situacao IN ('adiado', 'devolvido') AND d.espera > 0
        THEN statement_timestamp() + d.espera * INTERVAL '1 second' END,
    reservado_por = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN NULL ELSE t.reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN t.reabrir AND d.situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE d.motivo END,
    versao_conteudo = coalesce(d.versao, t.versao_conteudo),
    concluido_em = CASE WHEN NOT t.reabrir AND d.situacao IN ('concluido', 'descartado') THEN statement_timestamp() END,
    operacao = CASE WHEN t.reabrir AND d.situacao = 'concluido' AND d.operacao = 'inclusao' AND t.operacao = 'inclusao'
        THEN 'alteracao' ELSE t.operacao END,
    reabrir = false
FROM d WHERE t.id = d.id"""

_COPY = "COPY fila_entrada (n, chave, chave_paciente, operacao, prioridade) FROM STDIN"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_row(n: int, item: FilaItem) -> str:
    paciente = item.chave_paciente.translate(_ESCAPES) if item.chave_paciente else "\\N"
    return f"{n}\t{item.chave.translate(_ESCAPES)}\t{paciente}\t{item.operacao}\t{item.prioridade}\n"


@cache
def _sql(table: str, model: str, entry: str = "", criteria: str = "", parked: str = "") -> str:
    filters = {f"filtro_{x}": criteria.format(x=x) for x in "ac"}
    return model.format(t=table, abertas=sql_list(OPEN_STATES), entrada=entry, parados=parked, **filters)


class PostgreSQL(Dialect):
    nome = "postgresql"

    def enqueue(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        source_items = iter(items)
        first = list(itertools.islice(source_items, _DIRECT + 1))
        if len(first) > _DIRECT:
            return self._enqueue_many(con, scope, itertools.chain(first, source_items))
        block = next(blocks(first, _DIRECT), [])
        if not block:
            return 0
        scope.lock_entry(con)
        self._merge(con, scope, _DIRECT_STAGING, {
            "chaves": pg_array(i.chave for i in block),
            "pacientes": pg_array(i.chave_paciente or None for i in block),
            "operacoes": pg_array(i.operacao for i in block),
            "prioridades": pg_array(i.prioridade for i in block),
        })  # fmt: skip
        return len(block)

    def _enqueue_many(self, con: Connection, scope: QueueScope, items: Iterable[FilaItem]) -> int:
        """Everything goes into a temporary table first: then a bad item or a slow source locks and changes nothing in the queue."""
        con.execute(text(_CREATE_STAGING))
        con.execute(text("TRUNCATE fila_entrada"))
        limits = [0]
        cursor: Any = con.connection.cursor()
        with cursor:
            for block in blocks(items, _BLOCK):
                rows = "".join(_copy_row(n, item) for n, item in enumerate(block, limits[-1] + 1))
                cursor.copy_expert(_COPY, io.StringIO(rows), size=1 << 18)
                limits.append(limits[-1] + len(block))
        con.execute(text("ANALYZE fila_entrada"))
        scope.lock_entry(con)
        for start, until in itertools.pairwise(limits):
            self._merge(con, scope, _COPIED_STAGING, {"de": start, "ate": until})
        con.execute(text("TRUNCATE fila_entrada"))
        return limits[-1]

    @staticmethod
    def _merge(con: Connection, scope: QueueScope, entry: str, binds: dict[str, Any]) -> None:
        for model in (_LOCK_OPEN, _MERGE):
            con.execute(text(_sql(scope.table.name, model, entry)), {**scope.binds, **binds})

    def reserve(self, con: Connection, scope: QueueScope, count: int, owner: str, lease: float, keys: Keys) -> list[FilaRow]:
        binds: dict[str, Any] = {**scope.binds, "quantos": count, "por_paciente": PER_PACIENTE, "dono": owner, "prazo": lease}
        if keys is not None:
            binds["chaves"] = pg_array(keys)
        # If the server crashes and loses the reservation, nothing is lost: the row is pending again.
        con.execute(text("SET LOCAL synchronous_commit TO off"))
        query = _sql(scope.table.name, _RESERVE, criteria="" if keys is None else _KEYS_FILTER, parked=scope.without_parked(_PARKED))
        return records(con.execute(text(query), binds).all())

    def has_ready(self, con: Connection, scope: QueueScope) -> bool:
        query = _sql(scope.table.name, _CHOOSE, parked=scope.without_parked(_PARKED))
        return con.execute(text(query), {**scope.binds, "quantos": 1, "por_paciente": 1}).first() is not None

    def record(self, con: Connection, scope: QueueScope, owner: str, outcomes: Sequence[Outcome]) -> int:
        binds = {
            "ids": pg_array(d.record.id for d in outcomes),
            "operacoes": pg_array(d.record.operacao for d in outcomes),
            "situacoes": pg_array(d.situacao for d in outcomes),
            "motivos": pg_array(cut_reason(d.motivo) for d in outcomes),
            "versoes": pg_array(d.versao for d in outcomes),
            "esperas": pg_array(d.espera for d in outcomes),
        }
        return con.execute(text(_sql(scope.table.name, _RECORD)), {**scope.binds, **binds, "dono": owner}).rowcount

    def locked_ids(self, query: Select[int], *, skip: bool = False) -> Select[int]:
        return query.order_by(query.selected_columns[0]).with_for_update(skip_locked=skip)

    def commands(self, table: Table) -> dict[str, str]:
        name = table.name
        return {
            "criar_entrada": _CREATE_STAGING,
            "copiar": _COPY,
            "travar_abertas": _sql(name, _LOCK_OPEN, _COPIED_STAGING),
            "unir_copiados": _sql(name, _MERGE, _COPIED_STAGING),
            "unir_diretos": _sql(name, _MERGE, _DIRECT_STAGING),
            "escolher": _sql(name, _CHOOSE),
            "reservar": _sql(name, _RESERVE),
            "reservar_filtrado": _sql(name, _RESERVE, criteria=_KEYS_FILTER),
            "registrar": _sql(name, _RECORD),
        }
