"""One look for work at a source: its journals, its change markers, its images, its rounds, and what Fusion asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from include.fusion.carga import Carga, ResultadoCarga, enfileirar_pedido
from include.fusion.diario import EsvaziarDiario
from include.fusion.filas import Desfecho, Fila, ItemFila
from include.fusion.leitura import ConsultasSistema
from include.fusion.livro import Livro
from include.fusion.marcas import Marca, Marcas
from include.fusion.pedido import Pedido

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from include.fusion.retrato import Retratos
    from include.fusion.sistemas.base import Ronda


class Busca:
    """Everything that one search step looks at; ``passo`` ``None`` means every step. ``numero``: a process's IntegracaoID in Fusion.

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
        ronda_a_cada: timedelta,
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
            marca = self.marcas.ler(con, ronda.nome)
        agora = datetime.now(UTC)
        ultima = marca.executado_em if marca else None
        if ultima is not None and agora - ultima < self.ronda_a_cada:
            return
        # By the source's day and one more: its DATEs may have no time, and clocks differ.
        desde = (ultima or agora).astimezone(self.carga.fuso).replace(tzinfo=None) - timedelta(days=1)
        with self.consultas.engine.connect() as con:
            linhas = self.consultas.linhas(con, ronda.sql, desde=desde)
        with self.fusion.begin() as con:
            itens = [ItemFila(str(x["chave"]), str(x["chave_paciente"] or "")) for x in linhas]
            enfileirados = self.fila(ronda.processo).enfileirar(con, itens)
            self.marcas.gravar(con, ronda.nome, Marca(None))
        resultado.somar(ronda.nome, len(linhas), enfileirados)


def atender_pedidos(
    consultas: ConsultasSistema, fusion: Engine, pedidos: Fila, destino: Fila, livro: Livro, dono: str, *, pagina: int, prazo: timedelta
) -> tuple[int, int]:
    """Rows of ``pedidos`` (a patient each, as Fusion asks for them) become the openings of all that patient's attendances.

    (patients looked up, attendances queued). A patient that the source does not have ends as ``erro``.
    """
    pacientes = enfileirados = 0
    while registros := pedidos.reservar(100, dono, prazo):
        desfechos = []
        for registro in registros:
            try:
                achados = enfileirar_pedido(consultas, fusion, destino, livro, Pedido(paciente=registro.chave), pagina=pagina)
            except ValueError:
                desfechos.append(Desfecho(registro, "erro", "código de paciente em formato inesperado"))
                continue
            enfileirados += achados
            desfechos.append(
                Desfecho(registro, "concluido") if achados else Desfecho(registro, "erro", "paciente sem atendimentos na origem")
            )
        with fusion.begin() as con:
            pedidos.registrar(con, dono, desfechos)
        pacientes += len(registros)
    return pacientes, enfileirados
