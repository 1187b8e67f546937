"""Pendências of Fusion's applications: each becomes a queue row, and is concluded in Fusion when that row is done.

The transaction that queues a pendência also notes it as seen. It is done when it is noted and its key has no row left to process: the
record was then read after the pendência came. No clock is compared, because the clocks of Fusion, hub and applications differ. If a task
is killed between delivery and conclusion, the next look concludes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine

from include.fusion.change.result import ScanResult
from include.fusion.errors import FusionError
from include.fusion.http.fusion import FusionClient
from include.fusion.store.filas import Fila, FilaItem
from include.fusion.store.watermarks import Watermark, Watermarks

ORIGIN = "aplicacao_pendencia"


class Pendencia(NamedTuple):
    """One open pendência: its id in Fusion, the key of its record, and its JSON."""

    id: int
    key: str
    data: dict[str, Any]

    @property
    def seen(self) -> tuple[str, str]:
        """(key, marker) by which it is noted as seen."""
        return self.key, _marker(self.id)


@dataclass(eq=False)
class Pendencias:
    """The open pendências of one application, for the integrations ``served`` (IntegracaoID). Not thread-safe.

    ``patients``: the patient of each record that the source has, by key: records of one patient must leave one after another.
    """

    CONNECTIONS = 8
    """Conclusions sent at once."""

    fusion: Engine
    fila: Fila
    watermarks: Watermarks
    client: FusionClient
    _: KW_ONLY
    path: str
    application: str
    served: Sequence[int]
    page: int
    patients: Callable[[Sequence[str]], Mapping[str, str]] = lambda keys: {}

    def run(self, on_progress: Callable[[ScanResult], None] | None = None, *, window: bool = True) -> ScanResult:
        """Queue new pendências and conclude done ones (counted in ``por_origem``). ``window`` has no effect here.

        Raises ``FusionUnavailable``; at the end, ``FusionError`` when Fusion refused a conclusion.
        """
        result = ScanResult(por_origem={ORIGIN: 0, "concluidas": 0})
        asyncio.run(self._go_through(result, on_progress or (lambda _: None)))
        return result

    def has_work(self, watermarks: Mapping[str, Watermark]) -> bool:
        """Whether a pendência is new, or done and not yet concluded. ``watermarks`` has no effect here."""
        return asyncio.run(self._has_work())

    async def _has_work(self) -> bool:
        async with self.client:
            async for open_rows in self._pages():
                with self.fusion.connect() as con:
                    if any(self._separate(con, open_rows)):
                        return True
        return False

    async def _go_through(self, result: ScanResult, on_progress: Callable[[ScanResult], None]) -> None:
        refusals: list[FusionError] = []
        ids: set[int] = set()
        concluded: set[int] = set()
        async with self.client:
            async for open_rows in self._pages():
                with self.fusion.connect() as con:
                    keys = [p.key for p in self._separate(con, open_rows)[0]]
                patients = self.patients(keys) if keys else {}
                with self.fusion.begin() as con:
                    new, done = self._separate(con, open_rows)
                    enqueued = self.fila.enqueue(con, [FilaItem(p.key, patients.get(p.key, "")) for p in new])
                    self.watermarks.mark_seen(con, ORIGIN, [p.seen for p in new])
                errors = await self._conclude(done)
                refusals += errors.values()
                ids |= {p.id for p in open_rows}
                concluded |= {p.id for p, _ in done if p.id not in errors}
                result.lidos += len(open_rows)
                result.enfileirados += enqueued
                result.por_origem = {ORIGIN: result.enfileirados, "concluidas": len(concluded)}
                on_progress(result)
        if ids:
            # Forget pendências that are no longer open.
            with self.fusion.begin() as con:
                self.watermarks.prune(con, ORIGIN, _marker(min(ids - concluded, default=max(ids) + 1)))
        if refusals:
            raise refusals[0]

    async def _pages(self) -> AsyncIterator[list[Pendencia]]:
        """Our open pendências, in the order in which they came."""
        for integracao_id in self.served:
            after = 0
            while True:
                criteria = f"abertas=true&integracaoId={integracao_id}&limite={self.page}" + (f"&depoisDe={after}" if after else "")
                items = (await self.client.send("GET", f"{self.path}?{criteria}"))["itens"]
                ours = [i for i in items if i["pendencia"]["aplicacao"] == self.application]
                if ours:
                    yield [Pendencia(i["id"], str(i["pendencia"]["idEntidade"]), i["pendencia"]) for i in ours]
                if len(items) < self.page:
                    break
                after = items[-1]["id"]

    def _separate(self, con: Connection, pendencias: Sequence[Pendencia]) -> tuple[list[Pendencia], list[tuple[Pendencia, str | None]]]:
        """(new ones, done ones with the reason of a refusal). One that is still in the queue is neither."""
        keys = [p.key for p in pendencias]
        seen = self.watermarks.seen(con, ORIGIN, keys)
        rows = self.fila.open_rows(con, keys)  # Read after ``seen``: the row of a seen pendência is then visible.
        new = [p for p in pendencias if p.seen not in seen]
        done = []
        for p in pendencias:
            status, reason = rows.get(p.key, ("", None))
            if p.seen in seen and status not in ("pendente", "reservado"):
                done.append((p, (reason or "recusado") if status == "erro" else None))
        return new, done

    async def _conclude(self, done: Sequence[tuple[Pendencia, str | None]]) -> dict[int, FusionError]:
        """Conclude all; returns the refusals by pendência's id. Raises ``FusionUnavailable``."""
        slots = asyncio.Semaphore(self.CONNECTIONS)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        refusals: dict[int, FusionError] = {}

        async def conclude(pendencia: Pendencia, reason: str | None) -> None:
            data = pendencia.data | {"dataProcessamento": now} | ({"erro": reason} if reason else {})
            body = orjson.dumps(data)
            key = f"{self.fila.scope.integracao_id}-conclusao-{hashlib.sha256(body).hexdigest()[:40]}"
            async with slots:
                try:
                    await self.client.send("POST", self.path, body, key=key)
                except FusionError as error:
                    refusals[pendencia.id] = error

        for answer in await asyncio.gather(*(conclude(*pair) for pair in done), return_exceptions=True):
            if answer is not None:
                raise answer
        return refusals


def _marker(id: int) -> str:
    """An id as text of fixed width: text order is number order."""
    return f"{id:019d}"
