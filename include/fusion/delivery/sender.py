"""Sending of one batch: concurrently over kept connections, the records of one patient one after another.

A failure that passes is tried again in place first; 429 slows everyone down; when nothing gets through Fusion is asked whether it is well.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from include.fusion.delivery.work import Parametros
from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado, motivo_de
from include.fusion.store.filas import Desfecho, Registro

TENTATIVAS_NO_LUGAR = 3
"""Sends of one record inside one batch before it waits in the queue: a blip must not cost a whole backoff."""
PAUSA_MAX = 60.0
"""Longest Retry-After (seconds) waited for inside a task; a longer one releases the batch and fails the task."""


class Enviador(Protocol):
    """What carries a record to Fusion: its HTTP client, or HL7 over whichever transport; raises ``FusionError`` or ``FusionIndisponivel``."""

    async def __aenter__(self) -> Any: ...
    async def __aexit__(self, tipo: type[BaseException] | None, erro: BaseException | None, rastro: TracebackType | None) -> None: ...
    async def enviar(self, metodo: str, rota: str, corpo: bytes | None = None, *, chave: str | None = None) -> dict[str, Any]: ...
    async def saude(self) -> None: ...


@dataclass
class Envio:
    """One record on its way: either ``desfecho`` is decided already, or ``dados`` (None for a cancellation) must be sent."""

    registro: Registro
    desfecho: Desfecho | None = None
    dados: bytes | None = None
    versao: str = ""
    chave: str = ""
    rota: str = ""
    metodo: str = "POST"
    recusado: bool = False
    """Fusion said no: it certainly has not this content."""
    proibido: FusionNaoAutorizado | None = None
    """It was forbidden (403): its own trouble where others get through, the credentials' where nobody does."""


def filas_por_paciente(envios: Iterable[Envio]) -> list[list[Envio]]:
    """What must be sent, by patient and in order; the longest row first, so that it does not end alone."""
    por_paciente: dict[str, list[Envio]] = {}
    for envio in envios:
        if envio.desfecho is None:
            registro = envio.registro
            por_paciente.setdefault(registro.chave_paciente or f"\0{registro.id}", []).append(envio)
    return sorted(por_paciente.values(), key=len, reverse=True)


class Remessa:
    """Sends batches to one Fusion and remembers between them how it is doing; ``fora_do_ar`` is set once it counts as down."""

    def __init__(self, cliente: Enviador, limites: Parametros) -> None:
        self.cliente = cliente
        self.p = limites
        self.fora_do_ar: FusionIndisponivel | None = None
        self._pausa_ate = 0.0
        self._falhas_seguidas = 0
        self._um_lote = asyncio.Lock()

    async def enviar(self, lote: Sequence[Envio]) -> None:
        """Give every record of ``lote`` its outcome; another batch that is ready meanwhile waits."""
        async with self._um_lote:
            await self._enviar_lote(lote)

    async def _enviar_lote(self, lote: Sequence[Envio]) -> None:
        filas = iter(filas_por_paciente(lote))

        async def enviar_seguidos() -> None:
            for fila in filas:
                await self._enviar_fila(fila)

        async with asyncio.TaskGroup() as grupo:
            for _ in range(self.p.concorrencia):
                grupo.create_task(enviar_seguidos())
        await self._julgar(lote)

    async def _enviar_fila(self, fila: Sequence[Envio]) -> None:
        atras = False
        for envio in fila:
            # Behind a record that must wait the others of its patient wait, too: nothing overtakes.
            envio.desfecho = Desfecho(envio.registro, "devolvido") if atras else await self._enviar(envio)
            atras = envio.desfecho.situacao in ("adiado", "devolvido")

    async def _julgar(self, lote: Sequence[Envio]) -> None:
        """When nothing of a batch got through, ask Fusion whether it is well: an outage must not cost the records their tries."""
        enviados = [(envio, envio.desfecho.situacao) for envio in lote if envio.chave and envio.desfecho is not None]
        if self.fora_do_ar is not None or any(situacao == "concluido" for _, situacao in enviados):
            return
        proibidos = [envio for envio, _ in enviados if envio.proibido is not None]
        if proibidos and not any(envio.recusado for envio, _ in enviados):
            self.fora_do_ar = proibidos[0].proibido
            for envio in proibidos:
                envio.desfecho = Desfecho(envio.registro, "devolvido")
        adiados = [envio for envio, situacao in enviados if situacao == "adiado" and envio.proibido is None]
        if not adiados:
            return
        try:
            await self.cliente.saude()
        except FusionError:
            return  # It answered: no such route here, but it is up.
        except FusionIndisponivel as erro:
            self.fora_do_ar = erro
            for envio in adiados:
                envio.desfecho = Desfecho(envio.registro, "devolvido")

    async def _enviar(self, envio: Envio) -> Desfecho:
        """Send one record, trying again in place; never raises for what is this record's or Fusion's trouble."""
        registro = envio.registro
        for tentativa in range(1, TENTATIVAS_NO_LUGAR + 1):
            if self.fora_do_ar is not None:
                return Desfecho(registro, "devolvido")
            if (pausa := self._pausa_ate - time.monotonic()) > 0:
                await asyncio.sleep(pausa)
            try:
                await self.cliente.enviar(envio.metodo, envio.rota, envio.dados, chave=envio.chave)
            except FusionError as erro:
                self._falhas_seguidas = 0
                if envio.metodo == "DELETE" and erro.status in (404, 410):
                    return Desfecho(registro, "concluido", versao=envio.versao)  # Nothing to cancel is as good as cancelled.
                envio.recusado = True
                return Desfecho(registro, "erro", motivo=motivo_de(erro))
            except FusionIndisponivel as erro:
                if self._caiu(erro):
                    return Desfecho(registro, "devolvido")
                ultimo = erro
                if isinstance(erro, FusionNaoAutorizado):
                    envio.proibido = erro
                    break
                if erro.status != 429 and tentativa < TENTATIVAS_NO_LUGAR:
                    await asyncio.sleep(random.uniform(0.1, 0.3) * 2**tentativa)
            else:
                self._falhas_seguidas = 0
                return Desfecho(registro, "concluido", versao=envio.versao)
        if registro.tentativas + 1 >= self.p.tentativas_max:
            return Desfecho(registro, "erro", motivo=f"{motivo_de(ultimo)} após {registro.tentativas + 1} tentativas")
        espera = min(self.p.espera_max, self.p.espera_inicial * 2.0**registro.tentativas) * random.uniform(0.8, 1.2)
        return Desfecho(registro, "adiado", motivo=motivo_de(ultimo), espera=max(espera, ultimo.retry_after or 0.0))

    def _caiu(self, erro: FusionIndisponivel) -> bool:
        """Judge a transient failure: slow everyone down for 429, and call Fusion down after a round of failures without one success."""
        if erro.status == 429:
            pausa = min(erro.retry_after if erro.retry_after is not None else 1.0, PAUSA_MAX)
            self._pausa_ate = max(self._pausa_ate, time.monotonic() + pausa)
            if erro.retry_after is None or erro.retry_after <= PAUSA_MAX:
                return False
        self._falhas_seguidas += 1
        limite = max(10, self.p.concorrencia * 2)
        sem_acesso = isinstance(erro, FusionNaoAutorizado) and not erro.do_registro
        if sem_acesso or self._falhas_seguidas >= limite or (erro.retry_after or 0.0) > PAUSA_MAX:
            self.fora_do_ar = self.fora_do_ar or erro
        return self.fora_do_ar is not None
