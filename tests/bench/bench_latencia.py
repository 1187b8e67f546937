"""Latency from a source's commit to Fusion's acceptance on the real stack: one change a second, a quiet hospital, a storm."""

from __future__ import annotations

from typing import Any

from include.fusion.settings import load
from sandbox.origens.base import NO_EFFECT
from sandbox.report.base import latencies, percentile
from sandbox.report.query import ask
from sandbox.report.report import build, fila_for
from sandbox.simulador import create_register
from sandbox.sources import with_attendances
from sandbox.stack import airflow_api, componentes
from tests.bench.helpers import Measure, machine, measure
from tests.bench.hub import Hub, hub, now, spent

_CHANGES = "select chave, operacao, marcador, committed_at from mudanca where origem = %s and committed_at >= %s and not tipo = any(%s) order by id"
_APPLIED = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'atendimento' order by id"""

# Content alone tells versions apart in Fusion: of a record that changes again and again, a change without new content is counted with the
# next version, however long that takes. What the queue says does not depend on content.
_IN_QUEUE = """select integracao_id, count(*), extract(epoch from percentile_disc(0.95) within group (order by concluido_em - criado_em))
from ({fila}) f where criado_em >= %s and situacao = 'concluido' group by 1 order by 1"""


def _fila() -> str:
    return fila_for(*(i for i in load() if i.habilitada and i.sistema in with_attendances()))


class Phase:
    """One rate of changes for some time, and what came of it."""

    def __init__(self, h: Hub, rate: float, duration: float) -> None:
        self._h = h
        self.started, cpu = now(), h.cpu()
        simulator = h.stack.start_run(componentes.simulator(h.estado, str(rate), duration))
        h.wait(lambda: simulator.poll() is not None, duration + 120, "the simulator's work")
        self.carga = machine()
        # What is due within hours is started now, or it would count as lost.
        scheduled = airflow_api.trigger(h.estado, airflow_api.SCHEDULED_FHIR)
        h.wait(lambda: airflow_api.have_ended(h.estado, scheduled), 180, "FHIR's push and pull")
        self.report = build(h.urls)
        limit = now()
        while self.report.is_late and (now() - limit).total_seconds() < 90:
            h.pass_over(2)
            self.report = build(h.urls)
        self.departures, self.spent = h.departures(self.started), spent(cpu, h.cpu())
        self.in_queue = ask(h.urls["fusion_integracao"], _IN_QUEUE.format(fila=_fila()), self.started)
        self.times: dict[str, list[float]] = {}
        self.changes: dict[str, list[tuple[Any, ...]]] = {}
        for integracao in load():
            if integracao.habilitada and integracao.sistema in with_attendances():
                changes = ask(h.urls["simulador"], _CHANGES, integracao.sistema, self.started, list(NO_EFFECT))
                applied = ask(h.urls["fusion"], _APPLIED, integracao.integracao_id)
                self.changes[integracao.id], self.times[integracao.id] = changes, latencies(changes, applied)

    def worst(self, p: float) -> float | None:
        """Percentile of the slowest integration."""
        values = [percentile(times, p) for times in self.times.values()]
        return None if None in values else max(v for v in values if v is not None)

    @property
    def drain_time(self) -> float:
        """Seconds from the last change's commit until the last queue row was done."""
        last = max(m[-1] for changes in self.changes.values() for m in changes)
        end = ask(self._h.urls["fusion_integracao"], f"select max(concluido_em) from ({_fila()}) f")[0][0]
        return max(0.0, (end - last).total_seconds())

    @property
    def conditions(self) -> str:
        detail = ", ".join(
            f"{name} p50 {percentile(times, 0.5)} p95 {percentile(times, 0.95)} max {max(times, default=0):.2f} s "
            f"({len(self.changes[name])} changes, {len(times)} with new content)"
            for name, times in self.times.items()
        )
        fila = ", ".join(f"{number}: {rows} rows, p95 {p95:.2f} s" for number, rows, p95 in self.in_queue)
        others = ", ".join(
            f"{name} p50 {row.p50_s} p95 {row.p95_s} s"
            for name, row in self.report.integrations.items()
            if name not in self.times and row.p50_s is not None
        )
        return f"real stack, worst integration; {detail}; since the stack started: {others}; from queued to done {fila}; {self.departures} task starts, {self.spent}; verdict {self.report.verdict}; {self.carga}"


def run(quick: bool = False) -> list[Measure]:
    """One stack for all three rates, the storm last."""
    fases = [("1 change/s on each integration", 1.0, 40 if quick else 180, 3.0, 6.0),
             ("a change every 20 s on each, idle otherwise", 0.05, 100 if quick else 600, 2.5, 5.0)]  # fmt: skip
    measures = []
    with hub() as h:
        create_register(h.urls["simulador"])
        h.bring_history()
        for name, rate, duration, p50, p95 in fases:
            h.idle()
            phase = Phase(h, rate, duration)
            how = f"{duration} s; {phase.conditions}"
            measures += [
                measure(f"latency p50: {name}", phase.worst(0.5), "s", how, maximum=p50),
                measure(f"latency p95: {name}", phase.worst(0.95), "s", how, maximum=p95),
            ]
        duration = 30 if quick else 120
        phase = Phase(h, 20.0, duration)
        rows = phase.report.integrations.values()
        how = f"{duration} s; {phase.conditions}"
        measures += [
            measure("stress 20 changes/s on each: lost", sum(x.missing + x.pending for x in rows), "records", how, maximum=0),
            measure("stress 20 changes/s on each: applied twice", sum(x.doubled for x in rows), "records", how, maximum=0),
            measure("stress 20 changes/s on each: queue empty after the last change", phase.drain_time, "s", how, maximum=30),
            measure("stress 20 changes/s on each: latency p50", phase.worst(0.5), "s", how),
            measure("stress 20 changes/s on each: latency p95", phase.worst(0.95), "s", how),
        ]
    return measures
