"""One round: faults while the hospitals work, then rest, the reconciliation where a fault needs it, and the judge."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.chaos.campaign import Fault
from tests.chaos.judge import Verdict, judge
from tests.chaos.kinds import CHEAP, EVERYBODY, LONG, RARE, Kind
from tests.chaos.restores import RESTORES, Dumps, Restore
from tests.chaos.stack import ChaosHub
from tests.e2e.hub import DOWN, integracao

RATE = 1.5
"""Changes a second at each source."""
_RECOVERED = """select extract(epoch from min(aceito_em) - %s::timestamptz) as s from aplicacao
where aceito_em > %s::timestamptz and (%s = 0 or integracao_id = %s)"""


@dataclass
class Round:
    """``hub`` is at rest before it, and after it if all is well. ``say`` shows progress."""

    hub: ChaosHub
    say: Callable[[str], None]
    kinds: Sequence[Kind] = (*CHEAP, *LONG)
    rare: Sequence[Kind | Restore] = (*RARE, *RESTORES)

    def run(self, count: int) -> tuple[list[Fault], Verdict]:
        """``count`` faults, and what the judge says afterwards that he did not say before."""
        hub, rng = self.hub, self.hub.rng
        since = int(hub.one("fusion", "select coalesce(max(id), 0) from aplicacao"))
        known = judge(hub, since, said_again=True)
        one = rng.choices(self.rare, [k.share for k in self.rare])[0] if self.rare else None
        dumps = Dumps(hub, one) if isinstance(one, Restore) else None
        middle = rng.randrange(count // 3, count) if one else -1
        faults: list[Fault] = []
        settles = back = False
        with hub.movement(RATE):
            hub.let_be(2)
            while len(faults) < count:
                kind = rng.choices(self.kinds, [k.share for k in self.kinds])[0]
                if len(faults) == middle:
                    middle = -1
                    kind = dumps.kind() if dumps else one if isinstance(one, Kind) else kind
                if (fault := self._do(kind)) is not None:
                    faults.append(fault)
                    settles, back = settles or kind.settles, back or kind.back
                hub.let_be(rng.uniform(0.1, 0.5))
            hub.finish_background()
        if settles:
            self._rest(lambda: hub.to_do() == 0)
            self.say("reconciliation")
            hub.run_task("conciliacao")
        self._rest(lambda: hub.to_do() == 0 and next(hub.differences(), None) is None)
        self._measure(faults)
        return faults, judge(hub, since, said_again=bool(dumps and dumps.of_hub), older_is_right=back).without(known)

    def _do(self, kind: Kind) -> Fault | None:
        whom = None
        with suppress(*DOWN):
            whom = kind.do(self.hub)
        if whom is None:
            return None
        self.say(f"{kind.name}{f' ({whom})' if whom else ''}")
        return Fault(kind.name, whom, self._now())

    def _now(self) -> str:
        """The database's clock, once it answers."""
        moment = ""

        def ask() -> bool:
            nonlocal moment
            moment = str(self.hub.one("fusion", "select clock_timestamp()"))
            return True

        self.hub.wait(ask)
        return moment

    def _rest(self, at_rest: Callable[[], bool]) -> None:
        """Until it is at rest and no run is under way, or patience ends: then the judge says what is wrong."""
        with suppress(AssertionError):
            self.hub.wait(at_rest)
        runs = "select count(*) from dag_run where state in ('running', 'queued')"
        with suppress(AssertionError):
            self.hub.wait(lambda: self.hub.one("airflow", runs) == 0)

    def _measure(self, faults: list[Fault]) -> None:
        for fault in faults:
            number = integracao(fault.whom).integracao_id if fault.whom != EVERYBODY else 0
            seconds = self.hub.one("fusion", _RECOVERED, fault.ended_at, fault.ended_at, number, number)
            fault.recovered = None if seconds is None else round(float(seconds), 3)


def seeded(hub: ChaosHub, seed: int, number: int) -> float:
    """Let a round draw what its number and the campaign's seed say, whatever came before; returns when it began (monotonic)."""
    hub.rng = random.Random(f"{seed}-{number}")
    return time.monotonic()
