"""Reads whole batches of a source: one statement per data kind, then one canonical record per key."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError

from include.fusion.errors import ConfiguracaoInvalida, FusionHubError, RegistroInvalido, motivo_de
from include.fusion.reading.spec import Contexto, Linha
from include.fusion.reading.sql import ConsultasSistema

if TYPE_CHECKING:
    from include.fusion.model.content import Registro

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
