"""Tables of the integration database: queues, ledger, watermarks. ``include/migrations`` creates them; a test holds the two together."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text, text
from sqlalchemy.dialects import mssql, oracle, postgresql
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.types import TypeEngine

from include.fusion.store.clock import Momento

metadados = MetaData()

ABERTAS = ("pendente", "reservado", "erro")
"""Situations in which a row still speaks for its key: one such row per (integracao_id, processo, chave)."""
FECHADAS = ("concluido", "descartado")
SITUACOES = ABERTAS + FECHADAS

CHAVE_MAX = 200
DONO_MAX = 500
MOTIVO_MAX = 300
_BOOLEANO = Boolean().with_variant(oracle.NUMBER(1), "oracle")  # type: ignore[no-untyped-call]


def _texto(tamanho: int) -> TypeEngine[str]:
    """Text compared byte by byte on every engine: the keys ``a1`` and ``A1`` are two records, whatever the server's collation says."""
    return (
        String(tamanho)
        .with_variant(postgresql.VARCHAR(tamanho, collation="C"), "postgresql")
        .with_variant(mssql.NVARCHAR(tamanho, collation="Latin1_General_100_BIN2"), "mssql")
    )


def lista_sql(valores: tuple[str, ...]) -> str:
    """Literals for ``IN (...)``: partial indexes are only chosen for literals, never for binds."""
    return ", ".join(f"'{v}'" for v in valores)


def se_situacao(situacoes: tuple[str, ...], coluna: str, apelido: str = "") -> str:
    """The expression that Oracle's function-based indexes hold: NULL, hence not indexed, outside ``situacoes``."""
    return f"CASE WHEN {apelido}situacao IN ({lista_sql(situacoes)}) THEN {apelido}{coluna} END"


def _indice(tabela: Table, nome: str, colunas: tuple[str, ...], situacoes: tuple[str, ...], unique: bool = False, e: str = "") -> None:
    """One index over only the rows in ``situacoes``: partial on PostgreSQL, filtered on SQL Server, function-based on Oracle."""
    onde = text(f"situacao IN ({lista_sql(situacoes)}){e}")
    parcial = Index(nome, *(text(c) if " " in c else tabela.c[c] for c in colunas), unique=unique, postgresql_where=onde, mssql_where=onde)
    # It takes a tuple, whatever its type says.
    parcial.ddl_if(dialect=("postgresql", "mssql"))  # type: ignore[arg-type]
    # Not bound to the table by a column, so attached by hand; two indexes of one name never meet on one engine.
    funcional = Index(nome, *(text(se_situacao(situacoes, c.removesuffix(" DESC"))) for c in colunas), unique=unique, _table=tabela)
    funcional.ddl_if(dialect="oracle")


def tabela_fila(nome: str, *mais: Column[Any], metadados: MetaData = metadados) -> Table:
    """A queue table under its seed name, which stays unquoted: ``select * from ImportacaoAtendimento`` works on every engine.

    ``mais``: columns of its own.

    ``chave_paciente`` NULL means unknown: equality never holds for it, so such a row blocks no other (and Oracle has no empty text).
    ``proxima_tentativa_em`` NULL means due at once.
    """
    tabela = Table(
        quoted_name(nome, quote=False),
        metadados,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("integracao_id", Integer, nullable=False),
        Column("processo", String(60), nullable=False),
        Column("chave", _texto(CHAVE_MAX), nullable=False),
        Column("chave_paciente", _texto(CHAVE_MAX)),
        Column("operacao", String(10), nullable=False),
        Column("prioridade", SmallInteger, nullable=False),
        Column("situacao", String(10), nullable=False),
        Column("tentativas", Integer, nullable=False),
        Column("proxima_tentativa_em", Momento),
        Column("reservado_por", _texto(DONO_MAX)),
        Column("reservado_ate", Momento),
        Column("motivo", _texto(MOTIVO_MAX)),
        Column("versao_conteudo", String(64)),
        Column("criado_em", Momento, nullable=False),
        Column("concluido_em", Momento),
        Column("reabrir", _BOOLEANO, nullable=False),
        *mais,
        # Rows change situation several times and die early in the indexes: vacuum long before a fifth of a big table is dead.
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_analyze_scale_factor": "0.02"},
    )
    curto = nome.lower()
    escopo = ("integracao_id", "processo")
    _indice(tabela, f"ux_{curto}_aberta", (*escopo, "chave"), ABERTAS, unique=True)
    _indice(tabela, f"ix_{curto}_pronta", (*escopo, "prioridade", "id"), ("pendente",))
    _indice(
        tabela,
        f"ix_{curto}_paciente",
        ("integracao_id", "chave_paciente", "situacao DESC", "prioridade", "id"),
        ("pendente", "reservado"),
        e=" AND chave_paciente IS NOT NULL",
    )
    _indice(tabela, f"ix_{curto}_espera", (*escopo, "proxima_tentativa_em"), ("pendente",), e=" AND proxima_tentativa_em IS NOT NULL")
    _indice(tabela, f"ix_{curto}_reservada", ("integracao_id", "reservado_ate"), ("reservado",))
    _indice(tabela, f"ix_{curto}_erro", (*escopo, "id"), ("erro",))
    _indice(tabela, f"ix_{curto}_fechada", (*escopo, "concluido_em"), FECHADAS)
    return tabela


FILAS: dict[str, Table] = {
    nome: tabela_fila(nome)
    for nome in (
        "ImportacaoAtendimento", "PendenciaIntegracao", "PendenciaBuscaAtendimentos", "AtualizacaoAgendaCirurgia", "AplicacaoPendencia",
        "ImportarAtendimento",
    )
}  # fmt: skip
"""Every queue table by its seed name; a new one is a name here and a migration."""
FILAS["PacienteArquivo"] = tabela_fila(
    "PacienteArquivo", Column("assunto", _texto(CHAVE_MAX)), Column("mensagem", LargeBinary()), Column("recusada", _BOOLEANO)
)
"""HL7 messages that wait to be sent; ``chave`` is the control id (MSH-10), ``assunto`` what it is about, ``mensagem`` the bytes as they
travel. ``recusada`` is true when the receiver said no; a row in ``erro`` without it may have arrived."""


def _chave_primaria(nome: str, tipo: TypeEngine[Any]) -> Column[Any]:
    return Column(nome, tipo, primary_key=True, autoincrement=False)


trava_fila = Table(
    "trava_fila",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("nome", String(200)),
)
"""One row per thing to serialise; see ``locks.py``."""

livro_entrega = Table(
    "livro_entrega",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("entidade", String(60)),
    _chave_primaria("chave", _texto(CHAVE_MAX)),
    Column("versao_conteudo", String(64)),
    Column("versao_tentada", String(64)),
    Column("sequencia", BigInteger, nullable=False),
    Column("entregue_em", Momento, nullable=False),
    Column("operacao", String(10), nullable=False),
)

marca_dagua = Table(
    "marca_dagua",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("processo", String(60)),
    _chave_primaria("origem", String(100)),
    Column("marcador", String(100)),
    Column("chave", _texto(CHAVE_MAX)),
    Column("executado_em", Momento, nullable=False),
    Column("detalhe", Text().with_variant(mssql.NVARCHAR(), "mssql")),
)

carga_vista = Table(
    "carga_vista",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("processo", String(60)),
    _chave_primaria("origem", String(100)),
    _chave_primaria("chave", _texto(CHAVE_MAX)),
    _chave_primaria("marcador", String(100).with_variant(postgresql.VARCHAR(100, collation="C"), "postgresql")),
)

retrato = Table(
    "retrato",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("processo", String(60)),
    _chave_primaria("origem", String(100)),
    _chave_primaria("bloco", BigInteger()),
    Column("quantidade", BigInteger, nullable=False),
    Column("soma", BigInteger, nullable=False),
    Column("conteudo", Text().with_variant(mssql.NVARCHAR(), "mssql"), nullable=False),
)
"""What was last seen of a table that keeps a version per row and no moment of change: one row per block of keys; see ``change/version_scan.py``."""

paciente_ses = Table(
    quoted_name("PacienteSES", quote=False),
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("pacienteid", BigInteger()),
    *(Column(nome, _texto(250)) for nome in ("prontuario", "nome", "nome2", "nome3", "nomemae")),
    Column("datanascimento", String(10)),
    Column("sexo", _texto(10)),
    *(Column(nome, _texto(250)) for nome in ("documento", "cartao", "celular", "email")),
    Column("obito", String(1)),
    Column("dataobito", String(10)),
    Column("unificadocom", BigInteger),
    Column("alteradoclinicoem", String(40)),
    Column("atualizadoem", String(40), nullable=False),
)
"""The Integrador's copy of TrackCare's PacienteSES: dates and moments as ISO text, whatever the source keeps them in."""

codigo_sem_depara = Table(
    "codigo_sem_depara",
    metadados,
    _chave_primaria("integracao_id", Integer()),
    _chave_primaria("catalogo", String(60)),
    _chave_primaria("codigo", _texto(CHAVE_MAX)),
    Column("ocorrencias", BigInteger, nullable=False),
    Column("ultima_em", Momento, nullable=False),
)
