"""Watcher: says that an integration has work, and says it again while work remains.

An event is a wake-up, not a message: Airflow may merge, repeat or drop it, and nothing is lost, because the run reads the queue and the
source's markers itself. While a run is at work nothing fires: it will look once more before it ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from include.fusion.settings import de_dados

if TYPE_CHECKING:
    from include.fusion.change.pendencies import Pendencias
    from include.fusion.change.watcher import Alvo, Situacao, VigiaOrigem
    from include.fusion.wiring import Montagem

# The engine is imported where it is first used: every parse of a DAG file imports this module.
ERRO_ESPERA_MAX = 30.0
CONSULTA_MAX = 30.0
"""Seconds that one question of a watcher may take."""


class PollCompartilhado:
    """One look at the integration database serves every watcher on it: the answer is kept for ``validade`` seconds."""

    _por_conexao: ClassVar[dict[str, PollCompartilhado]] = {}

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._engine: Any = None
        self._alvos: set[Alvo] = set()
        self._lido: dict[Alvo, Situacao] = {}
        self._lido_em = float("-inf")
        self._trava = asyncio.Lock()

    @classmethod
    def de(cls, conn_id: str) -> PollCompartilhado:
        """The one poll of that connection in this triggerer."""
        return cls._por_conexao.setdefault(conn_id, cls(conn_id))

    async def situacao(self, alvo: Alvo, validade: float) -> Situacao:
        """State of one queue, at most ``validade`` seconds old."""
        async with self._trava:
            if alvo not in self._lido or time.monotonic() - self._lido_em >= validade:
                self._alvos.add(alvo)
                self._lido = await asyncio.to_thread(self._ler)
                self._lido_em = time.monotonic()
            return self._lido[alvo]

    def esquecer(self, alvo: Alvo) -> None:
        """A watcher that ended asks no more."""
        self._alvos.discard(alvo)

    def _ler(self) -> dict[Alvo, Situacao]:
        from fusion_airflow.hooks.engines import engine_de
        from include.fusion.change.watcher import situacoes

        if self._engine is None:
            self._engine = engine_de(self._conn_id, aplicacao="vigia", tempo_limite=CONSULTA_MAX)
        try:
            return situacoes(self._engine, sorted(self._alvos))
        except Exception:
            # The connection may have changed (a new password, another server): the next look reads it anew.
            self._engine.dispose()
            self._engine = None
            raise


class TrabalhoPendenteTrigger(BaseEventTrigger):
    """
    Wake an integration's DAG while its queue has due rows or its source has changes beyond the watermark.

    ``ajustes``: the integration's settings as plain data (``include.fusion.settings.como_dados``): they come with the DAG file's own
    version, so that a watcher never reads older ones, and a change of them starts it anew. ``relembrar``: quiet seconds before the same work is announced again; it doubles up to
    ``relembrar_max``, since work that stays means a run that fails or waits.
    """

    def __init__(self, *, ajustes: dict[str, Any], relembrar: float = 5.0, relembrar_max: float = 300.0) -> None:
        super().__init__()
        self.ajustes = ajustes
        self.relembrar = relembrar
        self.relembrar_max = relembrar_max
        self.integracao = str(ajustes["id"])
        self._montagem: Montagem | None = None
        self._vigia: VigiaOrigem | Pendencias | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return (
            f"{type(self).__module__}.{type(self).__qualname__}",
            {"ajustes": self.ajustes, "relembrar": self.relembrar, "relembrar_max": self.relembrar_max},
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        intervalo = espera = de_dados(self.ajustes).busca.intervalo_vigia.total_seconds()
        anunciado, quieto = float("-inf"), self.relembrar
        while True:
            try:
                motivo = await self._trabalho(intervalo / 2)
                espera = intervalo
            except Exception as erro:  # A watcher must outlive any outage.
                espera = min(ERRO_ESPERA_MAX, max(1.0, espera * 2))
                self.log.warning("Vigia de %s: %s; nova tentativa em %.0f s", self.integracao, _descrever(erro), espera)
                self._largar()
                motivo = None
            agora = time.monotonic()
            if motivo is None:
                anunciado, quieto = float("-inf"), self.relembrar
            elif agora - anunciado >= quieto:
                quieto = min(self.relembrar_max, quieto * 2) if anunciado > 0 else self.relembrar
                anunciado = agora
                yield TriggerEvent({"integracao": self.integracao, "motivo": motivo})
            await asyncio.sleep(espera)

    async def cleanup(self) -> None:
        """Give the source's connection back when Airflow ends or replaces this watcher."""
        if self._montagem is not None:
            PollCompartilhado.de(self._montagem.integracao.conexoes.banco).esquecer(self._montagem.alvo)
        self._largar()

    async def _trabalho(self, validade: float) -> str | None:
        if self._montagem is None:
            self._montagem = await asyncio.to_thread(self._montar)
        montagem = self._montagem
        poll = PollCompartilhado.de(montagem.integracao.conexoes.banco)
        situacao = await poll.situacao(montagem.alvo, validade)
        if situacao.de_plantao:
            return None
        if situacao.prontos:
            return "fila"
        integracao = montagem.integracao
        if self._vigia is None and integracao.busca.habilitado and situacao.venceu(integracao.intervalo_busca):
            return "intervalo"
        if self._vigia is not None and await asyncio.to_thread(self._vigia.ha_trabalho, situacao.marcas):
            return "origem"
        return None

    def _montar(self) -> Montagem:
        from fusion_airflow.hooks.engines import engine_de
        from fusion_airflow.hooks.fusion import FusionHook
        from include.fusion.wiring import Montagem

        integracao = de_dados(self.ajustes)
        montagem = Montagem(
            integracao,
            lambda conn_id: engine_de(conn_id, aplicacao=f"vigia.{self.integracao}", tempo_limite=CONSULTA_MAX),
            lambda conexoes: FusionHook(integracao.conexoes.fusion_api).cliente(conexoes),
        )
        busca = montagem.integracao.busca
        if busca.habilitado and busca.vigiar_origem:
            self._vigia = montagem.vigia()
        return montagem

    def _largar(self) -> None:
        """Drop what was opened: the next look begins anew, with the connection as it is then."""
        if self._montagem is not None:
            self._montagem.fechar()
        self._montagem = self._vigia = None


def _descrever(erro: Exception) -> str:
    """What went wrong, for the log: text only of errors that cannot quote a record."""
    from sqlalchemy.exc import OperationalError

    from include.fusion.errors import FusionHubError

    dizivel = isinstance(erro, (OperationalError, FusionHubError, ImportError))
    return f"{type(erro).__name__}: {str(erro).splitlines()[0][:300]}" if dizivel and str(erro) else type(erro).__name__
