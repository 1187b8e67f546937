"""Tables of the integration database: queues, ledger, watermarks. ``include/migrations`` creates them; a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text, text
from sqlalchemy.dialects import mssql, oracle, postgresql
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from include.fusion.store.clock import Moment

metadata = MetaData()

OPEN_STATES = ("pendente", "reservado", "erro")
"""States of an open row: at most one per (integracao_id, processo, chave)."""
CLOSED_STATES = ("concluido", "descartado")
ALL_STATES = OPEN_STATES + CLOSED_STATES

KEY_MAX = 200
OWNER_MAX = 500
REASON_MAX = 300
_BOOLEAN = Boolean().with_variant(oracle.NUMBER(1), "oracle")  # type: ignore[no-untyped-call]


def _text(size: int) -> TypeEngine[str]:
    """Text compared byte by byte on every engine: ``a1`` and ``A1`` are two keys, whatever the server's collation says."""
    return (
        String(size)
        .with_variant(postgresql.VARCHAR(size, collation="C"), "postgresql")
        .with_variant(mssql.NVARCHAR(size, collation="Latin1_General_100_BIN2"), "mssql")
    )


def sql_list(values: tuple[str, ...]) -> str:
    """Literals for ``IN (...)``: engines use partial indexes for literals only, not for binds."""
    return ", ".join(f"'{v}'" for v in values)


def if_state(states: tuple[str, ...], column: str, alias: str = "") -> str:
    """The expression in Oracle's function-based indexes: outside ``states`` it is NULL, so the row is not indexed."""
    return f"CASE WHEN {alias}situacao IN ({sql_list(states)}) THEN {alias}{column} END"


def _index(table: Table, name: str, columns: tuple[str, ...], states: tuple[str, ...], unique: bool = False, more: str = "") -> None:
    """An index of only the rows in ``states``: partial on PostgreSQL, filtered on SQL Server, function-based on Oracle."""
    where = text(f"situacao IN ({sql_list(states)}){more}")
    partial = Index(name, *(text(c) if " " in c else table.c[c] for c in columns), unique=unique, postgresql_where=where, mssql_where=where)
    partial.ddl_if(dialect=("postgresql", "mssql"))  # type: ignore[arg-type]  # a tuple works, too
    # It has no column that ties it to the table, so it is attached by hand. One engine never gets both indexes of a name.
    functional = Index(name, *(text(if_state(states, c.removesuffix(" DESC"))) for c in columns), unique=unique, _table=table)
    functional.ddl_if(dialect="oracle")


def fila_table(name: str, *more: Column[Any], metadata: MetaData = metadata) -> Table:
    """A queue table. Its name is unquoted, so that ``select * from ImportacaoAtendimento`` works on every engine.

    ``more``: columns of its own. ``chave_paciente`` NULL: unknown; NULL equals nothing, so such a row blocks no other.
    ``proxima_tentativa_em`` NULL: due at once.
    """
    table = Table(
        quoted_name(name, quote=False),
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("integracao_id", Integer, nullable=False),
        Column("processo", String(60), nullable=False),
        Column("chave", _text(KEY_MAX), nullable=False),
        Column("chave_paciente", _text(KEY_MAX)),
        Column("operacao", String(10), nullable=False),
        Column("prioridade", SmallInteger, nullable=False),
        Column("situacao", String(10), nullable=False),
        Column("tentativas", Integer, nullable=False),
        Column("proxima_tentativa_em", Moment),
        Column("reservado_por", _text(OWNER_MAX)),
        Column("reservado_ate", Moment),
        Column("motivo", _text(REASON_MAX)),
        Column("versao_conteudo", String(64)),
        Column("criado_em", Moment, nullable=False),
        Column("concluido_em", Moment),
        Column("reabrir", _BOOLEAN, nullable=False),
        *more,
        # Each row changes state several times and leaves dead index entries: vacuum at 2 % dead rows, not at the default 20 %.
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_analyze_scale_factor": "0.02"},
    )
    short_name = name.lower()
    scope = ("integracao_id", "processo")
    _index(table, f"ux_{short_name}_aberta", (*scope, "chave"), OPEN_STATES, unique=True)
    _index(table, f"ix_{short_name}_pronta", (*scope, "prioridade", "id"), ("pendente",))
    _index(
        table,
        f"ix_{short_name}_paciente",
        ("integracao_id", "chave_paciente", "situacao DESC", "prioridade", "id"),
        ("pendente", "reservado"),
        more=" AND chave_paciente IS NOT NULL",
    )
    _index(table, f"ix_{short_name}_espera", (*scope, "proxima_tentativa_em"), ("pendente",), more=" AND proxima_tentativa_em IS NOT NULL")
    _index(table, f"ix_{short_name}_reservada", ("integracao_id", "reservado_ate"), ("reservado",))
    _index(table, f"ix_{short_name}_erro", (*scope, "id"), ("erro",))
    _index(table, f"ix_{short_name}_fechada", (*scope, "concluido_em"), CLOSED_STATES)
    return table


FILAS: dict[str, Table] = {
    name: fila_table(name)
    for name in (
        "ImportacaoAtendimento", "PendenciaIntegracao", "PendenciaBuscaAtendimentos", "AtualizacaoAgendaCirurgia", "AplicacaoPendencia",
        "ImportarAtendimento",
    )
}  # fmt: skip
"""Every queue table by its name; a new one needs a name here and a migration."""
FILAS["PacienteArquivo"] = fila_table(
    "PacienteArquivo", Column("assunto", _text(KEY_MAX)), Column("mensagem", LargeBinary()), Column("recusada", _BOOLEAN)
)
"""The outbox of HL7 messages: ``chave`` is the control id (MSH-10), ``assunto`` what the message is about, ``mensagem`` its bytes.
``recusada``: the receiver refused it; a row in ``erro`` without ``recusada`` may have arrived."""


def _primary_key(**kinds: TypeEngine[Any]) -> list[Column[Any]]:
    return [Column(name, kind, primary_key=True, autoincrement=False) for name, kind in kinds.items()]


_ORIGIN: dict[str, TypeEngine[Any]] = {"integracao_id": Integer(), "processo": String(60), "origem": String(100)}
_LONG_TEXT = Text().with_variant(mssql.NVARCHAR(), "mssql")


trava_fila = Table("trava_fila", metadata, *_primary_key(integracao_id=Integer(), nome=String(200)))
"""One row per lock; see ``locks.py``."""

livro_entrega = Table(
    "livro_entrega",
    metadata,
    *_primary_key(integracao_id=Integer(), entidade=String(60), chave=_text(KEY_MAX)),
    Column("versao_conteudo", String(64)),
    Column("versao_tentada", String(64)),
    Column("sequencia", BigInteger, nullable=False),
    Column("entregue_em", Moment, nullable=False),
    Column("operacao", String(10), nullable=False),
)

marca_dagua = Table(
    "marca_dagua",
    metadata,
    *_primary_key(**_ORIGIN),
    Column("marcador", String(100)),
    Column("chave", _text(KEY_MAX)),
    Column("executado_em", Moment, nullable=False),
    Column("detalhe", _LONG_TEXT),
)

carga_vista = Table(
    "carga_vista",
    metadata,
    *_primary_key(**_ORIGIN, chave=_text(KEY_MAX), marcador=String(100).with_variant(postgresql.VARCHAR(100, collation="C"), "postgresql")),
)

snapshot = Table(
    "retrato",
    metadata,
    *_primary_key(**_ORIGIN, bloco=BigInteger()),
    Column("quantidade", BigInteger, nullable=False),
    Column("soma", BigInteger, nullable=False),
    Column("conteudo", _LONG_TEXT, nullable=False),
)
"""Snapshot of a source table with a version per row and no time of change: one row per block of keys; see ``change/version_scan.py``."""

paciente_ses = Table(
    quoted_name("PacienteSES", quote=False),
    metadata,
    *_primary_key(integracao_id=Integer(), pacienteid=BigInteger()),
    *(Column(name, _text(250)) for name in ("prontuario", "nome", "nome2", "nome3", "nomemae")),
    Column("datanascimento", String(10)),
    Column("sexo", _text(10)),
    *(Column(name, _text(250)) for name in ("documento", "cartao", "celular", "email")),
    Column("obito", String(1)),
    Column("dataobito", String(10)),
    Column("unificadocom", BigInteger),
    Column("alteradoclinicoem", String(40)),
    Column("atualizadoem", String(40), nullable=False),
)
"""The Integrador's replica of TrackCare's PacienteSES: dates and moments as ISO text, whatever type the source has."""

codigo_sem_depara = Table(
    "codigo_sem_depara",
    metadata,
    *_primary_key(integracao_id=Integer(), catalogo=String(60), codigo=_text(KEY_MAX)),
    Column("ocorrencias", BigInteger, nullable=False),
    Column("ultima_em", Moment, nullable=False),
)

linha_de_base = Table(
    "linha_de_base",
    metadata,
    *_primary_key(integracao_id=Integer(), item=String(100)),
    Column("comando", String(100), nullable=False),
    Column("desde", Moment, nullable=False),
)
"""What an installation's account could read when it was last looked at: kind of data and the SQL file that fitted."""

conferencia = Table(
    "conferencia",
    metadata,
    *_primary_key(instalacao=_text(KEY_MAX)),
    Column("feita_em", Moment, nullable=False),
    Column("relatorio", _LONG_TEXT, nullable=False),
)
"""The last check-up of each installation (id of its entry), as JSON."""
