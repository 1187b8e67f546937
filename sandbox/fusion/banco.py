"""Fusion's own database. Every accepted write is one statement, hence one transaction: key, state and log stand or fall together."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from sandbox.fusion.problema import Refusal

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
)
"""What says that the database cannot work now."""

SCHEMA = """
create table if not exists registro (
    id              bigint generated always as identity,
    entidade        text not null,
    integracao_id   integer not null,
    codigo          text not null,
    corpo           jsonb not null,
    versao          integer not null,
    cancelado       boolean not null,
    codigo_paciente text,
    hash_conteudo   text not null,
    aceito_em       timestamptz not null,
    primary key (entidade, integracao_id, codigo)
);
create index if not exists registro_por_id on registro (entidade, id);
create index if not exists registro_por_codigo on registro (entidade, integracao_id, (codigo collate "C"));
create index if not exists pendencia_aberta on registro (entidade, id)
    where entidade in ('PendenciaIntegracao', 'AplicacaoPendencia') and not corpo ? 'dataProcessamento';
create table if not exists aplicacao (
    id                 bigint generated always as identity primary key,
    entidade           text not null,
    integracao_id      integer not null,
    codigo             text not null,
    codigo_paciente    text,
    operacao           text not null check (operacao in ('gravacao', 'cancelamento')),
    versao             integer not null,
    hash_conteudo      text not null,
    atualizado_em      timestamptz,
    layout_id          integer,
    chave_idempotencia text not null,
    recebido_em        timestamptz not null,
    aceito_em          timestamptz not null
);
create index if not exists aplicacao_por_registro on aplicacao (entidade, integracao_id, codigo, id);
create table if not exists idempotencia (
    chave       text primary key,
    hash_pedido text not null,
    id          bigint not null,
    aplicado    boolean not null,
    versao      integer not null,
    criado_em   timestamptz not null default clock_timestamp()
);
create table if not exists sequencia_registro (
    entidade      text not null,
    integracao_id integer not null,
    codigo        text not null,
    sequencia     bigint not null,
    primary key (entidade, integracao_id, codigo)
);
create table if not exists recusa (
    id            bigint generated always as identity primary key,
    entidade      text not null,
    integracao_id integer,
    codigo        text,
    campo         text,
    detalhe       text not null,
    status        integer not null,
    em            timestamptz not null default clock_timestamp()
);
create table if not exists mensagem_hl7 (
    id                 bigint generated always as identity primary key,
    integracao_id      integer not null,
    remetente          text not null,
    controle           text not null,
    tipo               text not null,
    versao             text not null,
    codigo_paciente    text,
    codigo_atendimento text,
    corpo              text not null,
    hash_conteudo      text not null,
    recebido_em        timestamptz not null,
    aceito_em          timestamptz not null default clock_timestamp(),
    unique (integracao_id, remetente, controle)
);
create or replace view atendimento as select * from registro where entidade = 'atendimento';
create or replace view paciente as select * from registro where entidade = 'paciente';
create or replace function aplicar(
    p_chave text, p_hash_pedido text, p_entidade text, p_integracao integer, p_codigo text, p_operacao text, p_corpo jsonb,
    p_hash text, p_paciente text, p_atualizado timestamptz, p_layout integer, p_recebido timestamptz, p_sequencia bigint,
    out situacao text, out id bigint, out aplicado boolean, out versao integer
) language plpgsql as $$
declare
    anterior idempotencia%rowtype;
    agora timestamptz;
begin
    select * into anterior from idempotencia i where i.chave = p_chave;
    if found then
        situacao := case when anterior.hash_pedido = p_hash_pedido then 'repetido' else 'conflito' end;
        id := anterior.id; aplicado := anterior.aplicado; versao := anterior.versao;
        return;
    end if;
    situacao := 'novo';
    -- Kept apart from the record: the cancellation of an unknown record must outlive the older content that comes after it.
    if p_sequencia is not null then
        insert into sequencia_registro as s values (p_entidade, p_integracao, p_codigo, p_sequencia)
        on conflict (entidade, integracao_id, codigo) do update set sequencia = excluded.sequencia where s.sequencia <= excluded.sequencia;
        if not found then
            situacao := 'antiga';
            return;
        end if;
    end if;
    if p_operacao = 'cancelamento' then
        update registro r set cancelado = true, versao = r.versao + 1, hash_conteudo = p_hash, aceito_em = clock_timestamp()
         where r.entidade = p_entidade and r.integracao_id = p_integracao and r.codigo = p_codigo
        returning r.versao, r.codigo_paciente, r.aceito_em into versao, p_paciente, agora;
    else
        insert into registro as r (entidade, integracao_id, codigo, corpo, versao, cancelado, codigo_paciente, hash_conteudo, aceito_em)
        values (p_entidade, p_integracao, p_codigo, p_corpo, 1, false, p_paciente, p_hash, clock_timestamp())
        on conflict (entidade, integracao_id, codigo) do update
           set corpo = excluded.corpo, versao = r.versao + 1, cancelado = false, codigo_paciente = excluded.codigo_paciente,
               hash_conteudo = excluded.hash_conteudo, aceito_em = clock_timestamp()
        returning r.versao, r.aceito_em into versao, agora;
    end if;
    aplicado := versao is not null;
    if aplicado then
        insert into aplicacao (entidade, integracao_id, codigo, codigo_paciente, operacao, versao, hash_conteudo, atualizado_em, layout_id,
                               chave_idempotencia, recebido_em, aceito_em)
        values (p_entidade, p_integracao, p_codigo, p_paciente, p_operacao, versao, p_hash, p_atualizado, p_layout,
                p_chave, p_recebido, agora)
        returning aplicacao.id into id;
    else
        id := 0; versao := 0;
    end if;
    -- Last: a twin request that was faster breaks the unique key here and undoes everything above.
    insert into idempotencia (chave, hash_pedido, id, aplicado, versao) values (p_chave, p_hash_pedido, id, aplicado, versao);
end $$;
"""
_DUPLICATES = """
select entidade, integracao_id, codigo, operacao, id, id_anterior from (
    select a.*, lag(id) over w as id_anterior, lag(hash_conteudo) over w as hash_anterior, lag(operacao) over w as operacao_anterior
      from aplicacao a
    window w as (partition by entidade, integracao_id, codigo order by id)
) t where hash_conteudo = hash_anterior and operacao = operacao_anterior and ($1::integer is null or integracao_id = $1)
order by id limit 1000
"""
_DIGEST = """
select (select count(*) from aplicacao where $1::integer is null or integracao_id = $1) as aplicacoes,
       (select count(*) from registro where not cancelado and ($1::integer is null or integracao_id = $1)) as atuais,
       (select count(*) from registro where cancelado and ($1::integer is null or integracao_id = $1)) as cancelados,
       (select count(*) from recusa where $1::integer is null or integracao_id = $1) as recusas,
       (select count(*) from mensagem_hl7 where $1::integer is null or integracao_id = $1) as mensagens_hl7
"""
_PENDENCIAS = """
select id, corpo::text as corpo from registro
 where entidade = '{entidade}' and id > $1 and ($2::integer is null or integracao_id = $2){abertas} order by id limit $3
"""


@dataclass(frozen=True, slots=True)
class Write:
    """One accepted request, ready for the database. Hashes are SHA-256 in hex."""

    chave: str
    request_hash: str
    entidade: str
    integracao_id: int
    codigo: str
    operacao: str
    body: str | None
    hash_conteudo: str
    codigo_paciente: str | None
    atualizado_em: datetime | None
    layout_id: int | None
    received_at: datetime
    sequence: int | None = None


async def _nothing(_: object) -> None:
    """No session state is ever set, so a connection needs no reset (a round trip) when it goes back to the pool."""


class Database:
    """Pool of connections to the ``fusion`` database and the few questions asked of it."""

    def __init__(self, dsn: str, connections: int) -> None:
        self._dsn = dsn
        self._connections = connections
        self._pool: asyncpg.Pool[Any]

    async def open(self, wait: float = 60.0) -> None:
        """Connect and create the tables; waits for a database that is still starting."""
        limit = time.monotonic() + wait
        while True:
            try:
                self._pool = await asyncpg.create_pool(
                    self._dsn, min_size=2, max_size=self._connections, command_timeout=30, reset=_nothing
                )
                break
            except UNAVAILABLE:
                if time.monotonic() > limit:
                    raise
                await asyncio.sleep(0.2)
        async with self._pool.acquire() as con, con.transaction():
            await con.execute("select pg_advisory_xact_lock(7205701)")
            await con.execute(SCHEMA)

    async def close(self) -> None:
        self._pool.terminate()

    async def live_column(self) -> None:
        await self._pool.fetchval("select 1")

    async def apply(self, e: Write) -> tuple[str, int, bool, int]:
        """Returns (novo | repetido | conflito, id, aplicado, versao)."""
        arguments = (e.chave, e.request_hash, e.entidade, e.integracao_id, e.codigo, e.operacao, e.body, e.hash_conteudo,
                      e.codigo_paciente, e.atualizado_em, e.layout_id, e.received_at, e.sequence)  # fmt: skip
        command = "select situacao, id, aplicado, versao from aplicar($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        try:
            row = await self._pool.fetchrow(command, *arguments)
        except asyncpg.UniqueViolationError:
            # The twin has committed by now: this time its answer is found.
            row = await self._pool.fetchrow(command, *arguments)
        return row["situacao"], row["id"], row["aplicado"], row["versao"]

    async def refuse(self, entity: str, refusal: Refusal) -> None:
        await self._pool.execute(
            "insert into recusa (entidade, integracao_id, codigo, campo, detalhe, status) values ($1, $2, $3, $4, $5, $6)",
            entity, refusal.integracao_id, refusal.codigo, refusal.field, refusal.detalhe, refusal.status,
        )  # fmt: skip

    async def estado(self, entity: str, integracao_id: int, code: str) -> asyncpg.Record | None:
        return await self._pool.fetchrow(
            "select corpo::text as corpo, versao, cancelado, aceito_em from registro"
            " where entidade = $1 and integracao_id = $2 and codigo = $3",
            entity, integracao_id, code,
        )  # fmt: skip

    async def keys(self, entity: str, integracao_id: int, after: str, codes: list[str], limit: int) -> list[asyncpg.Record]:
        """Code, content hash and whether cancelled, in byte order of the codes: of the ``codes``, or of those after ``after``."""
        where = "codigo = any($3::text[])" if codes else 'codigo collate "C" > $3'
        return list(
            await self._pool.fetch(
                "select codigo, hash_conteudo, cancelado from registro where entidade = $1 and integracao_id = $2"
                f' and {where} order by codigo collate "C" limit $4',
                entity, integracao_id, codes or after, limit,
            )
        )  # fmt: skip

    async def pendencias(self, entity: str, after: int, integracao_id: int | None, open_rows: bool, limit: int) -> list[asyncpg.Record]:
        # Both as literals (the entity is the route's own name): only then the few open ones come from their index.
        query = _PENDENCIAS.format(entidade=entity, abertas=" and not corpo ? 'dataProcessamento'" if open_rows else "")
        return list(await self._pool.fetch(query, after, integracao_id, limit))

    async def store_hl7(self, integracao_id: int, message: dict[str, Any]) -> str:
        """Store a message once; returns novo, repetido or conflito (same MSH-10, other text)."""
        columns = list(message)
        new = await self._pool.fetchval(
            f"insert into mensagem_hl7 (integracao_id, {', '.join(columns)}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
            " on conflict do nothing returning id",
            integracao_id, *(message[c] for c in columns),
        )  # fmt: skip
        if new is not None:
            return "novo"
        previous = await self._pool.fetchval(
            "select hash_conteudo from mensagem_hl7 where integracao_id = $1 and remetente = $2 and controle = $3",
            integracao_id, message["remetente"], message["controle"],
        )  # fmt: skip
        return "repetido" if previous == message["hash_conteudo"] else "conflito"

    async def digest(self, integracao_id: int | None) -> dict[str, int]:
        return dict(await self._pool.fetchrow(_DIGEST, integracao_id))

    async def duplicates(self, integracao_id: int | None) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._pool.fetch(_DUPLICATES, integracao_id)]
