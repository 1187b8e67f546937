"""HL7: patients' pendencies become messages, messages are sent; and an operator for messages from anywhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators.base import OperadorIntegracao, parcela_recusada
from fusion_airflow.operators.importacao import AcompanhamentoOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.hl7.wire.transport import Transporte
    from include.fusion.settings import Entrega
    from include.fusion.wiring.names import Montagem, Pedido

RECUSADAS_NO_ERRO = 10


class PendenciaBuscaOperator(OperadorIntegracao):
    """Patients with something new: all that the source has of each is read and becomes messages in ``PacienteArquivo``."""

    alimenta = True

    def __init__(self, *, integracao: str, processo: str, **kwargs: Any) -> None:
        super().__init__(integracao=integracao, **kwargs)
        self.processo = processo

    def tem_trabalho(self, montagem: Montagem) -> bool:
        return montagem.fila(self.processo).tem_prontos()

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.settings.sections import PendenciaBusca

        ajustes = PendenciaBusca.of(montagem.integracao.entrega_de(self.processo))
        self.pular_se_desligado(ajustes.habilitado, self.processo.replace("_", " "))
        fila = montagem.fila(self.processo)
        self.retomar(context, fila)
        resultado = montagem.atender_pendencias_hl7(self.dono(context))
        montagem.registrar_faltantes()
        contagens = vars(resultado)
        self.log.info(
            "%d pacientes lidos; %d mensagens novas em PacienteArquivo, %d sem mudança, %d pacientes com erro",
            resultado.pacientes,
            resultado.mensagens,
            resultado.inalteradas,
            resultado.erros,
        )
        fila.limpar(timedelta(days=ajustes.retencao_dias))
        limites = montagem.integracao.entrega
        with parcela_recusada():
            resultado.conferir(limites.parcela_erro_max, limites.minimo_para_parcela)
        return self.pular_sem_trabalho(context, montagem, contagens)


class EnvioArquivoOperator(AcompanhamentoOperator):
    """Last step: sends what is in ``PacienteArquivo``, in each patient's order, and stays on duty while traffic is steady."""

    def tera_trabalho(self, montagem: Montagem, antes: Sequence[Any]) -> bool:
        return bool(antes) or any(via.fila.tem_prontos() for via in montagem.vias())

    def processar(self, context: Context, montagem: Montagem, pedido: Pedido) -> dict[str, Any]:
        from include.fusion.settings.sections import Retencao

        self._vistos = montagem.nothing_prepared()
        ajustes = montagem.integracao.entrega
        self.pular_se_desligado(ajustes.habilitado, "envio arquivo Fusion")
        # The look of an earlier try may have ended with patients in its hands, or refused some.
        self.retomar(context, montagem.fila(next(p.nome for p in montagem.sistema.processos if p.prepara)))
        contagens = super().processar(context, montagem, pedido)
        for via in montagem.vias():
            via.fila.limpar(timedelta(days=Retencao.of(ajustes).retencao_dias))
        with parcela_recusada():
            self._vistos.conferir(ajustes.parcela_erro_max, ajustes.minimo_para_parcela)
        return contagens

    def olhar(self, context: Context, montagem: Montagem) -> Any:
        dono = f"{self.dono(context)}preparo|"

        def atender() -> int:
            # What changes while messages are sent becomes messages at once.
            feito = montagem.atender_pendencias_hl7(dono)
            self._vistos.somar(feito)
            return int(feito.mensagens)

        return montagem.busca(depois=atender)

    def cliente(self, montagem: Montagem, ajustes: Entrega) -> Any:
        from fusion_airflow.hooks.hl7 import Hl7Hook
        from include.fusion.hl7.wire.transport import EnviadorHl7

        conexoes = montagem.integracao.conexoes
        return EnviadorHl7(Hl7Hook(conexoes.hl7, montagem.integracao.integracao_id).transporte(ajustes.concorrencia))


class HL7SendOperator(BaseOperator):
    """Sends messages in order over the transport that a connection tells, and fails when one is refused.

    ``mensagens``: texts (CR, LF or CRLF between segments) with one message or several each, encoded as MSH-18 says; ``arquivos``: paths of
    files with one message or a batch each. Both templated, and one alone needs no list. What cannot be read is told before anything is
    sent. A refused message (AE, CE) fails the task at once, naming the control ids; the others were sent. An outage or AR fails it for a
    retry; what had been taken is recognised by its control id. Returns counts.

    Airflow keeps texts of a task in its metadata (rendered fields, XCom): patients' data belongs in files.
    """

    template_fields = ("mensagens", "arquivos")
    ui_color = "#e8f4fd"

    def __init__(
        self,
        *,
        hl7_conn_id: str,
        mensagens: Sequence[str] | str = (),
        arquivos: Sequence[str] | str = (),
        integracao_id: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hl7_conn_id = hl7_conn_id
        self.mensagens = mensagens
        self.arquivos = arquivos
        self.integracao_id = integracao_id

    def execute(self, context: Context) -> dict[str, int]:
        """``{"enviadas": n}``; :raises AirflowFailException: refused or unreadable messages."""
        from fusion_airflow.hooks.hl7 import Hl7Hook
        from include.fusion.hl7.wire.any_message import de_arquivo, de_texto

        todas = [m for n, texto in enumerate(_lista(self.mensagens), 1) for m in _abrir(de_texto, texto, f"mensagem {n}")]
        arquivos = enumerate(_lista(self.arquivos), 1)
        todas += [m for n, caminho in arquivos for m in _abrir(de_arquivo, Path(caminho).read_bytes(), f"arquivo {n}")]
        recusadas = asyncio.run(_enviar(Hl7Hook(self.hl7_conn_id, self.integracao_id).transporte(1), todas))
        self.log.info("%d mensagens HL7 enviadas, %d recusadas", len(todas) - len(recusadas), len(recusadas))
        if recusadas:
            raise AirflowFailException(f"{len(recusadas)} mensagens recusadas: {'; '.join(recusadas[:RECUSADAS_NO_ERRO])}")
        return {"enviadas": len(todas)}


def _lista(valor: Sequence[str] | str) -> Sequence[str]:
    """A template renders to one text, whose letters are no messages."""
    return [valor] if isinstance(valor, str) else valor


def _abrir(ler: Callable[[Any], list[bytes]], conteudo: Any, qual: str) -> list[bytes]:
    """Messages of a text or file. A broken one is not sent in part, and trying again would not mend it."""
    from include.fusion.wiring.names import RegistroInvalido

    try:
        return ler(conteudo)
    except RegistroInvalido as erro:
        raise AirflowFailException(f"{qual}: {erro}") from None


async def _enviar(transporte: Transporte, mensagens: Sequence[bytes]) -> list[str]:
    """Control id and reason of every refused message."""
    from include.fusion.hl7.wire.transport import controle_da
    from include.fusion.wiring.names import FusionError

    recusadas = []
    async with transporte:
        for mensagem in mensagens:
            try:
                (await transporte.enviar(mensagem)).conferir()
            except FusionError as erro:
                recusadas.append(f"{controle_da(mensagem)}: {erro}")
    return recusadas
