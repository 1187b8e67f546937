"""An idle hub: what its watchers cost and whether anything runs."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.bench.helpers import Measure, machine, measure, temporary_folder
from tests.bench.hub import Hub, hub, now, spent


@dataclass
class Observed:
    """Share of one core that the triggerer's runner took, all of the stack's CPU in words, and the runs that began."""

    part: float
    spent: str
    execucoes: dict[str, int]


def observe(h: Hub, seconds: float) -> Observed:
    """Touch nothing for ``seconds`` and see what the stack does with them."""
    _, children = h.processos("triggerer")

    def triggerer_cpu() -> float:
        return sum(sum(p.cpu_times()[:2]) for p in children)

    started, cpu, clock, before = now(), h.cpu(), time.monotonic(), triggerer_cpu()
    h.pass_over(seconds)
    part = (triggerer_cpu() - before) / (time.monotonic() - clock)
    return Observed(part, spent(cpu, h.cpu()), h.execucoes(started))


def run(quick: bool = False) -> list[Measure]:
    """The same stack with its DAGs and without any."""
    seconds = 20 if quick else 60
    with hub() as h:
        h.bring_history()
        h.idle()
        h.pass_over(10)  # What ended last has its clean-up behind it.
        com = observe(h, seconds)
    with temporary_folder() as is_empty, hub(FUSION_DAGS=str(is_empty)) as h:
        h.pass_over(20)
        without = observe(h, seconds)
    despertadas = sum(n for kind, n in com.execucoes.items() if kind != "scheduled")
    rede = com.execucoes.get("scheduled", 0)
    how = f"{seconds} s on the real stack, all integrations watched every 0.5 s"
    return [
        measure("idle: runs other than the safety net", despertadas, "runs", f"{how}; {rede} of the safety net; {machine()}", maximum=0),
        measure("idle: all watchers together", max(0.0, com.part - without.part) * 100, "% of a core",
               f"{how}; triggerer's runner {com.part:.2%} with watchers, {without.part:.2%} without any DAG; "
               f"stack with DAGs {com.spent}; without {without.spent}; {machine()}", maximum=5),
    ]  # fmt: skip
