"""An idle hub: what its watchers cost and whether anything runs."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.bench.apoio import Medida, maquina, medida, pasta_temporaria
from tests.bench.hub import Hub, agora, gasto, hub


@dataclass
class Observado:
    """Share of one core that the triggerer's runner took, all of the stack's CPU in words, and the runs that began."""

    parte: float
    gasto: str
    execucoes: dict[str, int]


def observar(h: Hub, segundos: float) -> Observado:
    """Touch nothing for ``segundos`` and see what the stack does with them."""
    _, filhos = h.processos("triggerer")

    def cpu_gatilhos() -> float:
        return sum(sum(p.cpu_times()[:2]) for p in filhos)

    comeco, cpu, relogio, antes = agora(), h.cpu(), time.monotonic(), cpu_gatilhos()
    h.passar(segundos)
    parte = (cpu_gatilhos() - antes) / (time.monotonic() - relogio)
    return Observado(parte, gasto(cpu, h.cpu()), h.execucoes(comeco))


def run(rapido: bool = False) -> list[Medida]:
    """The same stack with its DAGs and without any."""
    segundos = 20 if rapido else 60
    with hub() as h:
        h.trazer_historico()
        h.ociosa()
        h.passar(10)  # What ended last has its clean-up behind it.
        com = observar(h, segundos)
    with pasta_temporaria() as vazia, hub(FUSION_DAGS=str(vazia)) as h:
        h.passar(20)
        sem = observar(h, segundos)
    despertadas = sum(n for tipo, n in com.execucoes.items() if tipo != "scheduled")
    rede = com.execucoes.get("scheduled", 0)
    como = f"{segundos} s on the real stack, all integrations watched every 0.5 s"
    return [
        medida("idle: runs other than the safety net", despertadas, "runs", f"{como}; {rede} of the safety net; {maquina()}", maximo=0),
        medida("idle: all watchers together", max(0.0, com.parte - sem.parte) * 100, "% of a core",
               f"{como}; triggerer's runner {com.parte:.2%} with watchers, {sem.parte:.2%} without any DAG; "
               f"stack with DAGs {com.gasto}; without {sem.gasto}; {maquina()}", maximo=5),
    ]  # fmt: skip
