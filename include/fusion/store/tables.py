"""Tables of the integration database: queues, ledger, watermarks. ``include/migrations`` creates them; a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text, text
from sqlalchemy.dialects import mssql, oracle, postgresql
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from include.fusion.store.clock import Moment

metadata = MetaData()

OPEN_STATES = ("pendente", "reservado", "erro")
"""Situations in which a row still speaks for its key: one such row per (integracao_id, processo, chave)."""
CLOSED_STATES = ("concluido", "descartado")
ALL_STATES = OPEN_STATES + CLOSED_STATES

KEY_MAX = 200
OWNER_MAX = 500
REASON_MAX = 300
_BOOLEAN = Boolean().with_variant(oracle.NUMBER(1), "oracle")  # type: ignore[no-untyped-call]


def _text(size: int) -> TypeEngine[str]:
    """Text compared byte by byte on every engine: the keys ``a1`` and ``A1`` are two records, whatever the server's collation says."""
    return (
        String(size)
        .with_variant(postgresql.VARCHAR(size, collation="C"), "postgresql")
        .with_variant(mssql.NVARCHAR(size, collation="Latin1_General_100_BIN2"), "mssql")
    )


def sql_list(values: tuple[str, ...]) -> str:
    """Literals for ``IN (...)``: partial indexes are only chosen for literals, never for binds."""
    return ", ".join(f"'{v}'" for v in values)


def if_state(states: tuple[str, ...], column: str, alias: str = "") -> str:
    """The expression that Oracle's function-based indexes hold: NULL, hence not indexed, outside ``states``."""
    return f"CASE WHEN {alias}situacao IN ({sql_list(states)}) THEN {alias}{column} END"


def _index(table: Table, name: str, columns: tuple[str, ...], states: tuple[str, ...], unique: bool = False, e: str = "") -> None:
    """One index over only the rows in ``states``: partial on PostgreSQL, filtered on SQL Server, function-based on Oracle."""
    where = text(f"situacao IN ({sql_list(states)}){e}")
    partial = Index(name, *(text(c) if " " in c else table.c[c] for c in columns), unique=unique, postgresql_where=where, mssql_where=where)
    # It takes a tuple, whatever its type says.
    partial.ddl_if(dialect=("postgresql", "mssql"))  # type: ignore[arg-type]
    # Not bound to the table by a column, so attached by hand; two indexes of one name never meet on one engine.
    functional = Index(name, *(text(if_state(states, c.removesuffix(" DESC"))) for c in columns), unique=unique, _table=table)
    functional.ddl_if(dialect="oracle")


def fila_table(name: str, *more: Column[Any], metadata: MetaData = metadata) -> Table:
    """A queue table under its seed name, which stays unquoted: ``select * from ImportacaoAtendimento`` works on every engine.

    ``more``: columns of its own.

    ``chave_paciente`` NULL means unknown: equality never holds for it, so such a row blocks no other (and Oracle has no empty text).
    ``proxima_tentativa_em`` NULL means due at once.
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
        # Rows change situation several times and die early in the indexes: vacuum long before a fifth of a big table is dead.
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
        e=" AND chave_paciente IS NOT NULL",
    )
    _index(table, f"ix_{short_name}_espera", (*scope, "proxima_tentativa_em"), ("pendente",), e=" AND proxima_tentativa_em IS NOT NULL")
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
"""Every queue table by its seed name; a new one is a name here and a migration."""
FILAS["PacienteArquivo"] = fila_table(
    "PacienteArquivo", Column("assunto", _text(KEY_MAX)), Column("mensagem", LargeBinary()), Column("recusada", _BOOLEAN)
)
"""HL7 messages that wait to be sent; ``chave`` is the control id (MSH-10), ``assunto`` what it is about, ``mensagem`` the bytes as they
travel. ``recusada`` is true when the receiver said no; a row in ``erro`` without it may have arrived."""


def _primary_key(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


trava_fila = Table("trava_fila", metadata, _primary_key("integracao_id", Integer()), _primary_key("nome", String(200)))
"""One row per thing to serialise; see ``locks.py``."""

livro_entrega = Table(
    "livro_entrega",
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("entidade", String(60)),
    _primary_key("chave", _text(KEY_MAX)),
    Column("versao_conteudo", String(64)),
    Column("versao_tentada", String(64)),
    Column("sequencia", BigInteger, nullable=False),
    Column("entregue_em", Moment, nullable=False),
    Column("operacao", String(10), nullable=False),
)

marca_dagua = Table(
    "marca_dagua",
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("processo", String(60)),
    _primary_key("origem", String(100)),
    Column("marcador", String(100)),
    Column("chave", _text(KEY_MAX)),
    Column("executado_em", Moment, nullable=False),
    Column("detalhe", Text().with_variant(mssql.NVARCHAR(), "mssql")),
)

carga_vista = Table(
    "carga_vista",
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("processo", String(60)),
    _primary_key("origem", String(100)),
    _primary_key("chave", _text(KEY_MAX)),
    _primary_key("marcador", String(100).with_variant(postgresql.VARCHAR(100, collation="C"), "postgresql")),
)

snapshot = Table(
    "retrato",
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("processo", String(60)),
    _primary_key("origem", String(100)),
    _primary_key("bloco", BigInteger()),
    Column("quantidade", BigInteger, nullable=False),
    Column("soma", BigInteger, nullable=False),
    Column("conteudo", Text().with_variant(mssql.NVARCHAR(), "mssql"), nullable=False),
)
"""What was last seen of a table that keeps a version per row and no moment of change: one row per block of keys; see ``change/version_scan.py``."""

paciente_ses = Table(
    quoted_name("PacienteSES", quote=False),
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("pacienteid", BigInteger()),
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
"""The Integrador's copy of TrackCare's PacienteSES: dates and moments as ISO text, whatever the source keeps them in."""

codigo_sem_depara = Table(
    "codigo_sem_depara",
    metadata,
    _primary_key("integracao_id", Integer()),
    _primary_key("catalogo", String(60)),
    _primary_key("codigo", _text(KEY_MAX)),
    Column("ocorrencias", BigInteger, nullable=False),
    Column("ultima_em", Moment, nullable=False),
)
