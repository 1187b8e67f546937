"""A system's SQL: its files, a site's own ones before them, and the variant that fits the schema at hand."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, TextClause, bindparam, text

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.reading.spec import Detalhe, Sistema
from include.fusion.reading.statements import site_file, sql_folder, statement_path, statement_text

__all__ = ["ConsultasSistema", "instrucao", "sql_folder"]


@functools.cache
def instrucao(caminho: Path) -> TextClause:
    """One SQL file as a statement; ``:chaves`` expands to a list."""
    clausula = text(statement_text(caminho))
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
        return instrucao(statement_path(self.sistema.nome, arquivo, self.pasta_sql))

    def _do_local(self, arquivo: str) -> Path | None:
        return site_file(self.sistema.nome, arquivo, self.pasta_sql)

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
        procuradas = "; ".join(", ".join(exige) for d in detalhes for _, exige in d.files)
        return ConfiguracaoInvalida(
            f"{self.sistema.nome}: no SQL fits this schema for '{nome}'; looked for columns (missing, or not granted): {procuradas}"
        )

    def _variante(self, detalhe: Detalhe) -> str | None:
        for arquivo, exige in detalhe.files:
            if self._do_local(arquivo) or self._tem(exige):
                return arquivo
        if detalhe.opcional:
            return None
        raise self._nada_serve(detalhe.nome, [detalhe])
