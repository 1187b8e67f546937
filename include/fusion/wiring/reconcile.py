"""One reconciliation of an entry: every kind of record that its ledger knows, compared and repaired."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from include.fusion.change.reconcile.messages import MessageReconciliation
from include.fusion.change.reconcile.reconciliation import Limits, Reconciliation, Unit
from include.fusion.change.reconcile.result import Found
from include.fusion.change.replay import ReplayRequest
from include.fusion.settings.sections import CargaInicial
from include.fusion.store.filas import Fila
from include.fusion.store.ledger import Ledger
from include.fusion.wiring.delivery import Runtime
from include.fusion.wiring.runtime import CARGA_INICIAL
from include.fusion.wiring.systems import module_of

log = logging.getLogger(__name__)
NO_HISTORY = timedelta(days=7)
"""Where the history was never brought to Fusion, so far back attendances are expected there."""
NOTICES = "só avisa que algo mudou e não guarda conteúdo: não há o que comparar"


def reconcile(
    runtime: Runtime, request: ReplayRequest, *, approved: int | None = None, wait: Callable[[float], None] = time.sleep
) -> list[Found]:
    """Compare and repair what the form asks for, or everything. ``approved``: only cancel, and no more than so many.

    Empty for a system without contents.
    """
    found = []
    for part in _parts(runtime, request, wait):
        if approved is None:
            done = part.run(dry_run=request.simular)
        elif isinstance(part, Reconciliation):
            done = part.run(dry_run=request.simular, approved=approved)
            approved -= 0 if done.retidos else done.fantasma
        else:
            continue
        log.info("%s", done.sentence(request.simular))
        for kind, keys in done.chaves.items():
            log.info("%s, primeiras chaves: %s", kind, ", ".join(keys))
        found.append(done)
    return found


def has_contents(runtime: Runtime) -> bool:
    """Whether there is something to compare: a system that only says that something happened has no contents."""
    return runtime.sistema.processos[0].build is None


def _parts(runtime: Runtime, request: ReplayRequest, wait: Callable[[float], None]) -> Iterator[Reconciliation | MessageReconciliation]:
    system, s = runtime.sistema, runtime.integracao.conciliacao
    limits = Limits(s.parcela_cancelamento, s.minimo_cancelamentos, s.noites_conteudo, s.pausa.total_seconds(), s.assentar.total_seconds())
    if not has_contents(runtime):
        return
    if any(p.prepares for p in system.processos):
        yield _of_messages(runtime, request, limits, wait)
        return
    for unit in _units(runtime):
        if request.narrows and not unit.listed:
            continue
        yield Reconciliation(
            runtime.queries,
            runtime.fusion,
            lambda: _client(runtime),
            unit,
            limits,
            request.filters(system),
            chosen=request.narrows,
            key=request.atendimento,
            wait=wait,
        )


def _client(runtime: Runtime) -> Any:
    if runtime.api is None:
        raise ValueError("this step asks Fusion's API: it needs a client")
    return runtime.api(1)


def _of_messages(runtime: Runtime, request: ReplayRequest, limits: Limits, wait: Callable[[float], None]) -> MessageReconciliation:
    prepares = next(p for p in runtime.sistema.processos if p.prepares)
    ledger = Ledger(runtime.fusion, runtime.integracao.integracao_id, "mensagem")
    news = module_of(runtime.integracao, "prepare").patients_with_news
    return MessageReconciliation(
        runtime.queries,
        runtime.fusion,
        runtime.reader.read,
        lambda con, plans: news(con, ledger, plans),
        runtime.fila(prepares.nome),
        limits,
        request.filters(runtime.sistema),
        wait,
        ledger.integracao_id,
    )


class _Place(NamedTuple):
    """Where records of one kind arrive, by the first queue that brings them there."""

    entity: str
    number: int
    repairs: Fila
    cancel_absent: bool


def _places(runtime: Runtime) -> list[_Place]:
    """The main kind of record first; then the same under other numbers, and other kinds."""
    first = runtime.sistema.processos[0]
    found = [_Place(p.entidade, runtime.numero(p.nome), runtime.fila(p.nome), p.cancel_absent) for p in runtime.sistema.processos]
    if _loads_by_keys(runtime):
        number = CargaInicial.of(runtime.integracao.initial_load).integracao_id or found[0].number
        found.append(_Place(first.entidade, number, runtime.fila_inicial, first.cancel_absent))
    unique: dict[tuple[str, int], _Place] = {}
    for place in found:
        unique.setdefault(place[:2], place)
    return list(unique.values())


def _queues(runtime: Runtime, entity: str) -> list[Fila]:
    """All queues that may hold records of this kind."""
    own = [runtime.fila(p.nome) for p in runtime.sistema.processos if p.entidade == entity]
    return [*own, runtime.fila_inicial] if entity == runtime.sistema.entidade and _loads_by_keys(runtime) else own


def _units(runtime: Runtime) -> Iterator[Unit]:
    """Only of the first place the source tells its keys; of the others that is compared which ledger or Fusion know."""
    places = _places(runtime)
    for main, place in ((n == 0, place) for n, place in enumerate(places)):
        everything = main and not runtime.sistema.serves_pendencias and _has_history(runtime)
        yield Unit(
            runtime.integracao.rotas.of(place.entity),
            Ledger(runtime.fusion, place.number, place.entity),
            runtime.reader_for(place.entity),
            place.repairs,
            _queues(runtime, place.entity),
            listed=main,
            expected=everything,
            since=_since(runtime) if main and not everything else None,
            elsewhere=[Ledger(runtime.fusion, p.number, p.entity) for p in places if p.entity == place.entity and p.number != place.number],
            cancel_absent=place.cancel_absent,
        )


def _loads_by_keys(runtime: Runtime) -> bool:
    return isinstance(runtime.integracao.initial_load, CargaInicial)


def _has_history(runtime: Runtime) -> bool:
    if runtime.integracao.conciliacao.desde is not None:
        return False
    if not _loads_by_keys(runtime):
        return runtime.integracao.from_the_start
    with runtime.fusion.connect() as con:
        return bool(runtime.watermarks(CARGA_INICIAL).checkpoint(con).get("concluida"))


def _since(runtime: Runtime) -> dict[str, Any]:
    entry = runtime.integracao
    first = entry.conciliacao.desde or (datetime.now(entry.zone) - NO_HISTORY).date()
    return ReplayRequest(inicio=first).filters(runtime.sistema)
