"""One look for work, as a step of a run does it, and what the log says about it."""

from __future__ import annotations

import logging
import time
from typing import Any

from include.fusion.change.replay import ReplayRequest, enqueue_request, resend_errors
from include.fusion.change.result import ScanResult
from include.fusion.delivery.outage import OUTAGE
from include.fusion.wiring.delivery import Runtime
from include.fusion.wiring.gate import demand_readable

log = logging.getLogger(__name__)


def look_up(runtime: Runtime, request: ReplayRequest, *, manual: bool, enabled: bool = True, step: str | None = None) -> dict[str, Any]:
    """Queue what the form asks for, else what changed (when the interval or a watcher says so). Returns the counts."""
    runtime.sign_on()
    demand_readable(runtime)
    counts: dict[str, Any] = {"lidos": 0, "enfileirados": 0, "reenviados": 0}
    fila, search = runtime.fila(), runtime.integracao.search
    if request.comparar_tudo:
        runtime.forget_watermarks(step)
    # An outage that met only few records may have left them in ``erro``, and at night nothing else need come after them.
    counts["reenviados"] = sum(fila.reenviar_erros(reason_prefix=OUTAGE) for fila in runtime.filas())
    if request.reenviar_erros and not request.narrows:
        counts["reenviados"] += sum(fila.reenviar_erros() for fila in runtime.filas())
    elif request.reenviar_erros:
        filas = [(p.entidade, runtime.fila(p.nome)) for p in runtime.sistema.processos]
        counts["reenviados"] += resend_errors(runtime.queries, filas, request, page=search.pagina)
    if request.narrows:
        if request.reenviar_erros and not request.forcar:
            return counts
        counts["enfileirados"] = enqueue_request(runtime.queries, runtime.fusion, fila, runtime.ledger, request, page=search.pagina)
    elif enabled and (manual or search.vigiar_origem or runtime.carga_is_due()):
        progress = _ScanProgress(runtime)
        try:
            result = runtime.search(step).run(progress)
        finally:
            # Also after a failure half-way: what the look stored until then will not be seen to go back again.
            warn_regressions(progress.regressivas)
        runtime.record_carga()
        counts |= {"lidos": result.lidos, "enfileirados": result.enfileirados, "por_origem": result.por_origem}
        if result.futuros:
            counts["data_no_futuro"] = result.futuros
        if result.regressivas:
            counts["versoes_regressivas"] = result.regressivas
    return counts


def sentence(counts: dict[str, Any]) -> str:
    """One line in Portuguese for the log."""
    parts = [f"{counts['enfileirados']} mudanças enfileiradas", f"{counts['lidos']} lidas na origem"]
    if counts["reenviados"]:
        parts.append(f"{counts['reenviados']} registros com erro postos de novo na fila")
    if counts.get("data_no_futuro"):
        parts.append(f"{counts['data_no_futuro']} com data de alteração no futuro (confira o relógio da origem)")
    return "; ".join(parts)


def warn_regressions(count: int) -> int:
    """Warn that versions of rows went back, and what that means; returns ``count``."""
    if count:
        log.warning(
            "%d registros da origem com versão menor do que a última vista, ou outros sob a mesma chave: banco restaurado de um backup, ou "
            "versão mexida à mão. Foram enfileirados e o Fusion recebe o que a origem tem agora; o que a restauração perdeu se perde também "
            "lá. Confirme com o responsável pelo banco da origem.",
            count,
        )
    return count


class _ScanProgress:
    """After each page: tell the watcher that a run is at work and, every ten seconds, the log how far it got."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._said_at = time.monotonic()
        self.regressivas = 0

    def __call__(self, result: ScanResult) -> None:
        self.regressivas = result.regressivas
        self._runtime.sign_on()
        if time.monotonic() - self._said_at >= 10:
            self._said_at = time.monotonic()
            log.info("Carga em andamento: %d lidas, %d enfileiradas", result.lidos, result.enfileirados)


class Look:
    """A look at the source while a delivery lingers. Versions that went back are warned of at once and counted."""

    def __init__(self, search: Any) -> None:
        self._search = search
        self.regressivas = 0

    def __call__(self, window: bool) -> int:
        regressions = [0]
        try:
            return int(self._search.run(lambda r: regressions.append(r.regressivas), window=window).enfileirados)
        finally:
            self.regressivas += warn_regressions(regressions[-1])
