"""Watcher of the work of an integration."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, ClassVar

from fusion_airflow import FACE
from fusion_airflow.triggers.base import LOOK_MAX, QUESTION_MAX, WatchTrigger
from fusion_airflow.triggers.thread import SourceThread

if TYPE_CHECKING:
    from include.fusion.wiring.names import IntegracaoState, Target, Watch

# The engine is imported inside the methods: every parse of a DAG file imports this module.
FORGET = 60.0
"""Seconds after which a question that nobody asks any more is left out; no watcher waits so long, not even after errors."""


class SharedPoll:
    """One look at the integration database serves all its watchers; the answer is kept for ``max_age`` seconds."""

    _by_connection: ClassVar[dict[str, SharedPoll]] = {}

    def __init__(self, conn_id: str) -> None:
        self._conn_id = conn_id
        self._engine: Any = None
        self._targets: dict[Target, float] = {}
        self._states: dict[Target, IntegracaoState] = {}
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    @classmethod
    def of(cls, conn_id: str) -> SharedPoll:
        """The poll of this connection, one per triggerer."""
        return cls._by_connection.setdefault(conn_id, cls(conn_id))

    async def state(self, target: Target, max_age: float) -> IntegracaoState:
        """State of one queue, at most ``max_age`` seconds old."""
        async with self._lock:
            now = time.monotonic()
            self._targets[target] = now
            if target not in self._states or now - self._read_at >= max_age:
                # A watcher that ended asks no more, but the one in its place may ask for the same.
                self._targets = {a: when for a, when in self._targets.items() if now - when < FORGET}
                asked = sorted(self._targets)
                self._states = await SourceThread.of(f"filas {self._conn_id}").ask(lambda: self._read(asked), LOOK_MAX)
                self._read_at = time.monotonic()
            return self._states[target]

    def _read(self, targets: list[Target]) -> dict[Target, IntegracaoState]:
        from fusion_airflow.hooks.engines import engine_for
        from include.fusion.wiring.names import states

        if self._engine is None:
            self._engine = engine_for(self._conn_id, application="vigia", time_limit=QUESTION_MAX)
        try:
            return states(self._engine, targets)
        except Exception:
            # The Airflow connection may have changed: the next look reads it again.
            self._engine.dispose()
            self._engine = None
            raise


class WorkTrigger(WatchTrigger):
    """Wakes a DAG while its queue has due rows or its source has changes after the watermark.

    ``plan``: a watch plan, made by the engine that the DAG file sees. So new SQL from Git is watched without a new image; a changed plan
    restarts the watcher.
    """

    def __init__(self, *, plan: dict[str, Any], remind: float = 5.0) -> None:
        super().__init__(str(plan["integration"]), plan["every"], remind)
        self.plan = plan
        self._watch: Watch | None = None

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", {"plan": self.plan, "remind": self.remind}

    async def look(self) -> dict[str, Any] | None:
        if self._watch is None:
            self._watch = await self.ask(self._open)
        watch = self._watch
        poll = SharedPoll.of(self.plan["connections"]["queues"])
        state = await poll.state(watch.target, self.every / 2)
        reason = await self.ask(lambda: watch.reason(state))
        return {"integracao": self.subject, "motivo": reason} if reason else None

    def drop(self) -> None:
        if self._watch is not None:
            self.thread.later(self._watch.close)
            self._watch = None

    def _open(self) -> Watch:
        from fusion_airflow.hooks.engines import engine_for
        from fusion_airflow.hooks.fusion import FusionHook
        from include.fusion.wiring.names import Watch

        if self.plan["format"] != FACE:
            raise ImportError(f"rebuild the image: its plugins speak {FACE}, this watch plan is of {self.plan['format']}")
        return Watch(
            self.plan,
            lambda conn_id: engine_for(conn_id, application=f"vigia.{self.subject}", time_limit=QUESTION_MAX),
            lambda conn_id, requests: FusionHook(conn_id).client(requests),
        )
