"""HL7: make messages of pendências, send messages; and an operator for messages from any other source."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators.base import IntegracaoOperator, share_refused
from fusion_airflow.operators.importacao import AcompanhamentoOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.hl7.wire.transport import Transport
    from include.fusion.settings import DeliverySettings
    from include.fusion.wiring.names import ReplayRequest, Runtime

REFUSED_IN_ERROR = 10


class PendenciaBuscaOperator(IntegracaoOperator):
    """Reads all data of each patient with news and writes messages to ``PacienteArquivo``."""

    feeds = True

    def __init__(self, *, integracao: str, processo: str, **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.processo = processo

    def has_work(self, runtime: Runtime) -> bool:
        return runtime.fila(self.processo).has_ready()

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.settings.sections import PendenciaBusca

        settings = PendenciaBusca.of(runtime.integracao.delivery_of(self.processo))
        self.skip_if_switched_off(settings.habilitado, self.processo.replace("_", " "))
        fila = runtime.fila(self.processo)
        self.resume(context, fila)
        result = runtime.prepare_hl7_pendencias(self.row_owner(context))
        runtime.record_unmapped()
        text = "%d pacientes lidos; %d mensagens novas em PacienteArquivo, %d sem mudança, %d pacientes com erro"
        self.log.info(text, result.pacientes, result.mensagens, result.inalteradas, result.erros)
        fila.clean(timedelta(days=settings.retencao_dias))
        limits = runtime.integracao.delivery
        with share_refused():
            result.check(limits.parcela_erro_max, limits.minimo_para_parcela)
        return self.skip_without_work(context, runtime, vars(result))


class EnvioArquivoOperator(AcompanhamentoOperator):
    """Last step: sends ``PacienteArquivo``, in the order of each patient, and stays on duty while there is traffic."""

    def will_have_work(self, runtime: Runtime, before: Sequence[Any]) -> bool:
        return bool(before) or any(route.fila.has_ready() for route in runtime.routes())

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.settings.sections import Retencao

        self._seen = runtime.nothing_prepared()
        settings = runtime.integracao.delivery
        self.skip_if_switched_off(settings.habilitado, "envio arquivo Fusion")
        # An earlier try may have reserved or refused patients in its look.
        self.resume(context, runtime.fila(next(p.nome for p in runtime.sistema.processos if p.prepares)))
        counts = super().process(context, runtime, request)
        for route in runtime.routes():
            route.fila.clean(timedelta(days=Retencao.of(settings).retencao_dias))
        with share_refused():
            self._seen.check(settings.parcela_erro_max, settings.minimo_para_parcela)
        return counts

    def look(self, context: Context, runtime: Runtime) -> Any:
        owner = f"{self.row_owner(context)}preparo|"

        def serve() -> int:
            # Changes during the delivery become messages at once.
            done = runtime.prepare_hl7_pendencias(owner)
            self._seen.add(done)
            return int(done.mensagens)

        return runtime.search(after=serve)

    def client(self, runtime: Runtime, settings: DeliverySettings) -> Any:
        from fusion_airflow.hooks.hl7 import Hl7Hook
        from include.fusion.hl7.wire.transport import Hl7Carrier

        connections = runtime.integracao.conexoes
        return Hl7Carrier(Hl7Hook(connections.hl7, runtime.integracao.integracao_id).transport(settings.concorrencia))


class HL7SendOperator(BaseOperator):
    """Sends messages in order over the transport of a connection, and fails when one is refused.

    ``mensagens``: texts (CR, LF or CRLF between segments) with one or more messages, encoded as MSH-18 says. ``arquivos``: paths of files
    with a message or a batch. Both are templated; one text needs no list. An unreadable message fails the task before anything is sent.
    After a refusal (AE, CE) the others are still sent; then the task fails with the control ids. An outage or AR fails it for a retry;
    the receiver knows repeated messages by their control id. Returns counts.

    Airflow keeps texts of a task in its metadata (rendered fields, XCom): put patient data in files.
    """

    template_fields = ("mensagens", "arquivos")
    ui_color = "#e8f4fd"

    def __init__(self, *, hl7_conn_id: str, mensagens: Sequence[str] | str = (), arquivos: Sequence[str] | str = (),
                 integracao_id: int | None = None, **kwargs: Any) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.hl7_conn_id = hl7_conn_id
        self.mensagens = mensagens
        self.arquivos = arquivos
        self.integracao_id = integracao_id

    def execute(self, context: Context) -> dict[str, int]:
        """``{"enviadas": n}``; :raises AirflowFailException: refused or unreadable messages."""
        from fusion_airflow.hooks.hl7 import Hl7Hook
        from include.fusion.hl7.wire.batch_file import from_file, from_text

        messages = [m for n, text in enumerate(_as_list(self.mensagens), 1) for m in _open(from_text, text, f"mensagem {n}")]
        files = enumerate(_as_list(self.arquivos), 1)
        messages += [m for n, path in files for m in _open(from_file, Path(path).read_bytes(), f"arquivo {n}")]
        refused = asyncio.run(_send(Hl7Hook(self.hl7_conn_id, self.integracao_id).transport(1), messages))
        self.log.info("%d mensagens HL7 enviadas, %d recusadas", len(messages) - len(refused), len(refused))
        if refused:
            raise AirflowFailException(f"{len(refused)} mensagens recusadas: {'; '.join(refused[:REFUSED_IN_ERROR])}")
        return {"enviadas": len(messages)}


def _as_list(value: Sequence[str] | str) -> Sequence[str]:
    """A template may give one text instead of a list."""
    return [value] if isinstance(value, str) else value


def _open(read: Callable[[Any], list[bytes]], content: Any, which: str) -> list[bytes]:
    """Messages of a text or file. A broken one fails the task without a retry."""
    from include.fusion.wiring.names import InvalidRecord

    try:
        return read(content)
    except InvalidRecord as error:
        raise AirflowFailException(f"{which}: {error}") from None


async def _send(transport: Transport, messages: Sequence[bytes]) -> list[str]:
    """Control id and reason of every refused message."""
    from include.fusion.hl7.wire.transport import control_id_of
    from include.fusion.wiring.names import FusionError

    refused = []
    async with transport:
        for message in messages:
            try:
                (await transport.send(message)).check()
            except FusionError as error:
                refused.append(f"{control_id_of(message)}: {error}")
    return refused
