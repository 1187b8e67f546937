"""One look for work at a source: its journals, its change markers, its images, its rounds, and what Fusion asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from include.fusion.change.journal import EsvaziarDiario
from include.fusion.change.result import ResultadoCarga
from include.fusion.change.watermark_scan import Carga
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.watermarks import Marcas

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from include.fusion.change.version_scan import Retratos
    from include.fusion.reading.spec import Ronda


class Busca:
    """Everything that one search step looks at; ``passo`` ``None`` means every step. ``numero``: a process's IntegracaoID in Fusion.
    ``ronda_a_cada``: time between two rounds for a process.

    ``depois``: done after a look with what waits then; returns how many rows it queued.
    """

    def __init__(
        self,
        consultas: ConsultasSistema,
        fusion: Engine,
        fila: Callable[[str], Fila],
        marcas: Marcas,
        carga: Carga,
        *,
        pagina: int,
        ronda_a_cada: Callable[[str], timedelta],
        passo: str | None = None,
        numero: Callable[[str], int],
        retratos: Retratos | None = None,
        depois: Callable[[], int] | None = None,
    ) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.fila = fila
        self.marcas = marcas
        self.carga = carga
        self.pagina = pagina
        self.ronda_a_cada = ronda_a_cada
        self.passo = passo
        self.numero = carga.numero = numero
        self.retratos = retratos
        self.depois = depois

    def executar(self, ao_avancar: Callable[[ResultadoCarga], None] | None = None, *, janela: bool = True) -> ResultadoCarga:
        """Queue all that is new. ``janela`` False: without the overlap window of the markers."""
        resultado = ResultadoCarga()
        sistema = self.consultas.sistema
        processos = {p.nome: (p.entidade, self.numero(p.nome)) for p in sistema.processos}

        def avancou(_: object) -> None:
            if ao_avancar is not None:
                ao_avancar(resultado)

        for diario in sistema.diarios:
            if self.passo in (None, diario.passo):
                mudanca = EsvaziarDiario(self.consultas, self.fusion, self.fila, processos, diario, self.pagina)
                resultado.somar(diario.nome, *mudanca.executar(avancou))
        if self.carga.origens:
            self.carga.executar(ao_avancar, janela=janela, resultado=resultado)
        if self.retratos is not None:
            self.retratos.executar(resultado, avancou)
        for ronda in sistema.rondas:
            if self.passo in (None, ronda.passo):
                self._rondar(ronda, resultado)
        if self.depois is not None:
            resultado.enfileirados += self.depois()
        return resultado

    def _rondar(self, ronda: Ronda, resultado: ResultadoCarga) -> None:
        with self.fusion.connect() as con:
            ultima = self.marcas.done_at(con, ronda.nome)
        agora = datetime.now(UTC)
        if ultima is not None and agora - ultima < self.ronda_a_cada(ronda.processo):
            return
        # By the source's day and one more: its DATEs may have no time, and clocks differ.
        desde = (ultima or agora).astimezone(self.carga.fuso).replace(tzinfo=None) - timedelta(days=1)
        with self.consultas.engine.connect() as con:
            linhas = self.consultas.linhas(con, ronda.sql_ronda, desde=desde)
        with self.fusion.begin() as con:
            itens = [ItemFila(str(x["chave"]), str(x["chave_paciente"] or "")) for x in linhas]
            enfileirados = self.fila(ronda.processo).enfileirar(con, itens)
            self.marcas.done(con, ronda.nome)
        resultado.somar(ronda.nome, len(linhas), enfileirados)
