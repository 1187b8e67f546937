"""One look for work, as a step of a run does it, and what is said of it."""

from __future__ import annotations

import logging
import time
from typing import Any

from include.fusion.change.replay import Pedido, enfileirar_pedido
from include.fusion.change.result import ResultadoCarga
from include.fusion.wiring.parts import Montagem

log = logging.getLogger(__name__)


def buscar(montagem: Montagem, pedido: Pedido, *, manual: bool, habilitada: bool = True, passo: str | None = None) -> dict[str, Any]:
    """One look for work: what the form asks for, else what changed (when its interval or a watcher says so)."""
    montagem.assinar_plantao()
    contagens: dict[str, Any] = {"lidos": 0, "enfileirados": 0, "reenviados": 0}
    fila, busca = montagem.fila(), montagem.integracao.busca
    if pedido.comparar_tudo:
        montagem.esquecer_marcas(passo)
    if pedido.reenviar_erros:
        contagens["reenviados"] = sum(fila.reenviar_erros() for fila in montagem.filas())
    if pedido.filtra:
        contagens["enfileirados"] = enfileirar_pedido(
            montagem.consultas, montagem.fusion, fila, montagem.livro, pedido, pagina=busca.pagina
        )
    elif habilitada and (manual or busca.vigiar_origem or montagem.carga_venceu()):
        andamento = _Andamento(montagem)
        try:
            resultado = montagem.busca(passo).executar(andamento)
        finally:
            # Also where the look failed half-way: what it stored until then is not seen to go back again.
            avisar_regressivas(andamento.regressivas)
        montagem.registrar_carga()
        contagens |= {"lidos": resultado.lidos, "enfileirados": resultado.enfileirados, "por_origem": resultado.por_origem}
        if resultado.futuros:
            contagens["data_no_futuro"] = resultado.futuros
        if resultado.regressivas:
            contagens["versoes_regressivas"] = resultado.regressivas
    return contagens


def frase(contagens: dict[str, Any]) -> str:
    """One line in Portuguese for the log."""
    partes = [f"{contagens['enfileirados']} mudanças enfileiradas", f"{contagens['lidos']} lidas na origem"]
    if contagens["reenviados"]:
        partes.append(f"{contagens['reenviados']} registros com erro postos de novo na fila")
    if contagens.get("data_no_futuro"):
        partes.append(f"{contagens['data_no_futuro']} com data de alteração no futuro (confira o relógio da origem)")
    return "; ".join(partes)


def avisar_regressivas(quantas: int) -> int:
    """Say what it means that versions went back; gives ``quantas`` back."""
    if quantas:
        log.warning(
            "%d registros da origem com versão menor do que a última vista, ou outros sob a mesma chave: banco restaurado de um backup, ou "
            "versão mexida à mão. Foram enfileirados e o Fusion recebe o que a origem tem agora; o que a restauração perdeu se perde também "
            "lá. Confirme com o responsável pelo banco da origem.",
            quantas,
        )
    return quantas


class _Andamento:
    """After each page: the watcher learns that somebody is at work, and the log, every ten seconds, how far it got."""

    def __init__(self, montagem: Montagem) -> None:
        self._montagem = montagem
        self._dito_em = time.monotonic()
        self.regressivas = 0

    def __call__(self, resultado: ResultadoCarga) -> None:
        self.regressivas = resultado.regressivas
        self._montagem.assinar_plantao()
        if time.monotonic() - self._dito_em >= 10:
            self._dito_em = time.monotonic()
            log.info("Carga em andamento: %d lidas, %d enfileiradas", resultado.lidos, resultado.enfileirados)


class Olhar:
    """A look at the source while a delivery lingers; what it must not swallow is said at once and counted."""

    def __init__(self, busca: Any) -> None:
        self._busca = busca
        self.regressivas = 0

    def __call__(self, janela: bool) -> int:
        regressivas = [0]
        try:
            return int(self._busca.executar(lambda r: regressivas.append(r.regressivas), janela=janela).enfileirados)
        finally:
            self.regressivas += avisar_regressivas(regressivas[-1])
