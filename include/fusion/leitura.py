"""Reads whole batches of a source: one statement per data kind, then one canonical record per key."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, Engine, TextClause, bindparam, text
from sqlalchemy.exc import DataError

from include.fusion.erros import ConfiguracaoInvalida, FusionHubError, RegistroInvalido, motivo_de
from include.fusion.sistemas.base import Contexto, Detalhe, Linha, Sistema

if TYPE_CHECKING:
    from include.fusion.modelo import Registro

RAIZ_SQL = Path(__file__).resolve().parents[1] / "sql"
Lido: TypeAlias = "Registro | Exception | None"
"""A mapped record, the error that keeps it from being one, or ``None`` when the source has no such key."""


_DE_UM_MOMENTO = {
    "postgresql": text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
    "oracle": text("SET TRANSACTION READ ONLY"),
}
"""Begins a transaction whose statements all see the source as it is now. SQL Server has it only where the site switched it on."""

SUMIU = "sumiu da origem sem ter sido inativado (restauração em andamento?); nada foi cancelado"


class Pronto(NamedTuple):
    """A record that is bytes already, and what tells its contents apart."""

    dados: bytes
    versao: str


@functools.cache
def instrucao(caminho: Path) -> TextClause:
    """One SQL file as a statement; ``:chaves`` expands to a list."""
    try:
        clausula = text(caminho.read_text(encoding="utf-8"))
    except OSError as erro:
        raise ConfiguracaoInvalida(f"{caminho}: SQL file not readable ({erro.strerror})") from None
    if "chaves" in clausula._bindparams:
        clausula = clausula.bindparams(bindparam("chaves", expanding=True))
    return clausula


class ConsultasSistema:
    """The SQL of one installation: its own folder first (``pasta_sql``), the system's after; drift probed once per engine."""

    def __init__(self, engine: Engine, sistema: Sistema, pasta_sql: Path | None = None) -> None:
        self.engine = engine
        self.sistema = sistema
        self.pasta_sql = pasta_sql

    def sql(self, arquivo: str) -> TextClause:
        """Statement of ``arquivo``; the site's file replaces ours of the same name."""
        pasta = self.pasta_sql if self.pasta_sql is not None and self._do_local(arquivo) else RAIZ_SQL / self.sistema.nome
        return instrucao(pasta / arquivo)

    def _do_local(self, arquivo: str) -> bool:
        return self.pasta_sql is not None and (self.pasta_sql / arquivo).exists()

    def linhas(self, con: Connection, arquivo: str, **valores: Any) -> list[dict[str, Any]]:
        """Rows as dicts with lower-case names: engines disagree about the case of unquoted columns."""
        clausula = self.sql(arquivo)
        resultado = con.execute(clausula, {k: v for k, v in valores.items() if k in clausula._bindparams})
        nomes = list(map(str.lower, resultado.keys()))
        # From the driver's own cursor: plain statements have no result types for SQLAlchemy to convert, and rows are many.
        return [dict(zip(nomes, linha, strict=True)) for linha in resultado.cursor.fetchall()]

    @functools.cached_property
    def colunas(self) -> frozenset[str]:
        """``table.column`` in lower case, of every table this account can see."""
        onde = (
            "select lower(table_name), lower(column_name) from all_tab_columns"
            if self.engine.dialect.name == "oracle"
            else "select lower(table_name), lower(column_name) from information_schema.columns"
        )
        with self.engine.connect() as con:
            return frozenset(f"{tabela}.{coluna}" for tabela, coluna in con.execute(text(onde)))

    def _tem(self, exige: Sequence[str]) -> bool:
        return not exige or all(".".join(item.lower().split(".")[-2:]) in self.colunas for item in exige)

    @functools.cached_property
    def origens(self) -> tuple[Any, ...]:
        """Origins of change that this version of the vendor's schema has; at least one of a system's, or a clear error."""
        presentes = tuple(o for o in self.sistema.origens if self._tem(o.exige))
        if self.sistema.origens and not presentes:
            procuradas = sorted({c for o in self.sistema.origens for c in o.exige})
            raise ConfiguracaoInvalida(f"{self.sistema.nome}: no way to see changes; looked for columns {', '.join(procuradas)}")
        return presentes

    @functools.cached_property
    def detalhes(self) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) of an attendance, chosen for this schema version."""
        return self.escolher(self.sistema.detalhes)

    def escolher(self, detalhes: Sequence[Detalhe]) -> tuple[tuple[str, str], ...]:
        """(kind, SQL file) chosen for this schema version."""
        escolhidos = {d.nome: arquivo for d in detalhes if (arquivo := self._variante(d)) is not None}
        for grupo in {d.grupo for d in detalhes} - {""}:
            membros = [d for d in detalhes if d.grupo == grupo]
            if not any(d.nome in escolhidos for d in membros):
                raise self._nada_serve(grupo, membros)
        return tuple(escolhidos.items())

    def _nada_serve(self, nome: str, detalhes: Sequence[Detalhe]) -> ConfiguracaoInvalida:
        procuradas = "; ".join(", ".join(exige) for d in detalhes for _, exige in d.variantes)
        return ConfiguracaoInvalida(
            f"{self.sistema.nome}: no SQL fits this schema for '{nome}'; looked for columns (missing, or not granted): {procuradas}"
        )

    def _variante(self, detalhe: Detalhe) -> str | None:
        for arquivo, exige in detalhe.variantes:
            if self._do_local(arquivo) or self._tem(exige):
                return arquivo
        if detalhe.opcional:
            return None
        raise self._nada_serve(detalhe.nome, [detalhe])


class Montador:
    """A :class:`Leitor` of records that are made from their keys alone."""

    def __init__(self, montar: Callable[[str], Registro]) -> None:
        self._montar = montar

    def ler(self, chaves: Sequence[str]) -> dict[str, Lido]:
        """Every key of ``chaves`` with its record."""
        return {chave: self._montar(chave) for chave in chaves}


class Leitor:
    """Reads and maps records of one kind by key. Errors of one record are returned, not raised; a source that is down raises."""

    def __init__(self, consultas: ConsultasSistema, contexto: Contexto, entidade: str = "") -> None:
        self.consultas = consultas
        self.contexto = contexto
        self.leitura = consultas.sistema.leitura(entidade or consultas.sistema.entidade)

    @functools.cached_property
    def _detalhes(self) -> tuple[tuple[str, str], ...]:
        return self.consultas.escolher(self.leitura.detalhes)

    def ler(self, chaves: Sequence[str]) -> dict[str, Lido]:
        """Every key of ``chaves`` with its record, its error or ``None``."""
        lidos: dict[str, Lido] = dict.fromkeys(chaves)
        validas = []
        for chave in chaves:
            try:
                self.leitura.tipo_chave(chave)
                validas.append(chave)
            except ValueError:
                lidos[chave] = RegistroInvalido("chave", "formato inesperado para este sistema")
        if validas:
            with self.consultas.engine.connect() as con:
                lidos.update(self._ler(con, validas))
                lidos.update(self._sumidos(con, [chave for chave in validas if lidos[chave] is None]))
        return lidos

    def _sumidos(self, con: Connection, ausentes: Sequence[str]) -> dict[str, Lido]:
        """Errors of what is absent without being cancelled, where the system tells these two apart."""
        if not ausentes or not self.leitura.sql_cancelados:
            return {}
        nativas = [self.leitura.tipo_chave(c) for c in ausentes]
        cancelados = {str(x["chave"]) for x in self.consultas.linhas(con, self.leitura.sql_cancelados, chaves=nativas)}
        return {chave: RegistroInvalido("registro", SUMIU) for chave in ausentes if chave not in cancelados}

    def _ler(self, con: Connection, chaves: Sequence[str]) -> dict[str, Lido]:
        try:
            por_chave = self._agrupar(con, chaves)
        except (DataError, ValueError, OverflowError):
            # One row that the database or its driver cannot convert (a date beyond Python's) must not hold back
            # its batch: find it by halves.
            con.rollback()
            if len(chaves) == 1:
                return {chaves[0]: RegistroInvalido("origem", "o banco de origem não conseguiu ler este registro")}
            meio = len(chaves) // 2
            return self._ler(con, chaves[:meio]) | self._ler(con, chaves[meio:])
        return {chave: self._montar(linhas) for chave, linhas in por_chave.items()}

    def _agrupar(self, con: Connection, chaves: Sequence[str]) -> dict[str, dict[str, list[Linha]]]:
        # An attendance that is moved to another patient between two statements would carry the allergies of one under the name of the other.
        con.rollback()
        if (inicio := _DE_UM_MOMENTO.get(con.dialect.name)) is not None:
            con.execute(inicio)
        por_chave: dict[str, dict[str, list[Linha]]] = {}
        nativas = [self.leitura.tipo_chave(c) for c in chaves]
        for posicao, (nome, arquivo) in enumerate(self._detalhes):
            grupos: defaultdict[str, list[Linha]] = defaultdict(list)
            for linha in self.consultas.linhas(con, arquivo, chaves=nativas):
                grupos[str(linha["chave"])].append(linha)
            if posicao == 0:
                por_chave = {chave: {nome: linhas} for chave, linhas in grupos.items()}
            else:
                for chave, linhas in grupos.items():
                    if chave in por_chave:
                        por_chave[chave][nome] = linhas
        return por_chave

    def _montar(self, linhas: dict[str, list[Linha]]) -> Registro | Exception:
        try:
            return self.leitura.mapear(linhas, self.contexto)
        except ConfiguracaoInvalida:
            raise
        except Exception as erro:  # Whatever one record does to the mapping is that record's error, with its reason.
            # Only the reason goes on: the error's traceback holds the whole batch, in a cycle through pydantic that is never collected.
            return FusionHubError(motivo_de(erro))
