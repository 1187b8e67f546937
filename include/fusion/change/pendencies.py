"""Application pendencies in Fusion as work: each becomes a queue row, and is concluded once that row was dealt with.

A pendency is remembered as queued in the transaction that queues it, and is done with when, remembered, its key has no row left to process:
whatever was read for that row was read after the pendency came. No clock takes part, since those of Fusion, of the hub and of whoever
announces may disagree. A task that was killed between delivering and concluding loses nothing: the next look concludes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
    """One open pendency: Fusion's id of it, the record that it is about, and its JSON."""

    id: int
    chave: str
    data: dict[str, Any]

    @property
    def marcador(self) -> str:
        return _marker(self.id)


class Pendencias:
    """The open pendencies of one application, as announced by some integrations (``served``). Not shared between threads."""

    CONNECTIONS = 8
    """Conclusions sent at once."""

    def __init__(
        self,
        fusion: Engine,
        fila: Fila,
        watermarks: Watermarks,
        client: FusionClient,
        *,
        path: str,
        application: str,
        served: Sequence[int],
        page: int,
    ) -> None:
        self.fusion = fusion
        self.fila = fila
        self.watermarks = watermarks
        self.client = client
        self.path = path
        self.aplicacao = application
        self.atende = served
        self.pagina = page

    def run(self, on_progress: Callable[[ScanResult], None] | None = None, *, window: bool = True) -> ScanResult:
        """Queue what is new, conclude what is done (also counted, in ``por_origem``). ``window`` means nothing here.

        Raises ``FusionUnavailable`` and, when everything else is done, the ``FusionError`` of a conclusion that Fusion refused.
        """
        result = ScanResult(por_origem={ORIGIN: 0, "concluidas": 0})
        asyncio.run(self._go_through(result, on_progress or (lambda _: None)))
        return result

    def has_work(self, watermarks: Mapping[str, Watermark]) -> bool:
        """Whether a pendency is new, or done and not concluded yet. Watermarks take no part."""
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
                with self.fusion.begin() as con:
                    new, done = self._separate(con, open_rows)
                    enqueued = self.fila.enqueue(con, [FilaItem(p.chave) for p in new])
                    self.watermarks.mark_seen(con, ORIGIN, [(p.chave, p.marcador) for p in new])
                errors = await self._conclude(done)
                refusals += errors.values()
                ids |= {p.id for p in open_rows}
                concluded |= {p.id for p, _ in done if p.id not in errors}
                result.lidos += len(open_rows)
                result.enfileirados += enqueued
                result.por_origem = {ORIGIN: result.enfileirados, "concluidas": len(concluded)}
                on_progress(result)
        if ids:
            # Nothing need be remembered of pendencies that are no longer open.
            with self.fusion.begin() as con:
                self.watermarks.prune(con, ORIGIN, _marker(min(ids - concluded, default=max(ids) + 1)))
        if refusals:
            raise refusals[0]

    async def _pages(self) -> AsyncIterator[list[Pendencia]]:
        """Open pendencies of ours, in the order in which they came."""
        for integracao_id in self.atende:
            after = 0
            while True:
                criteria = f"abertas=true&integracaoId={integracao_id}&limite={self.pagina}" + (f"&depoisDe={after}" if after else "")
                items = (await self.client.send("GET", f"{self.path}?{criteria}"))["itens"]
                ours = [i for i in items if i["pendencia"]["aplicacao"] == self.aplicacao]
                if ours:
                    yield [Pendencia(i["id"], str(i["pendencia"]["idEntidade"]), i["pendencia"]) for i in ours]
                if len(items) < self.pagina:
                    break
                after = items[-1]["id"]

    def _separate(self, con: Connection, pendencias: Sequence[Pendencia]) -> tuple[list[Pendencia], list[tuple[Pendencia, str | None]]]:
        """(new, done with the reason of a refusal); those still in the queue are neither."""
        keys = [p.chave for p in pendencias]
        seen = self.watermarks.seen(con, ORIGIN, keys)
        rows = self.fila.open_rows(con, keys)  # After the marks: a row that was queued with one is seen.
        new = [p for p in pendencias if (p.chave, p.marcador) not in seen]
        done = []
        for p in pendencias:
            status, reason = rows.get(p.chave, ("", None))
            if (p.chave, p.marcador) in seen and status not in ("pendente", "reservado"):
                done.append((p, (reason or "recusado") if status == "erro" else None))
        return new, done

    async def _conclude(self, done: Sequence[tuple[Pendencia, str | None]]) -> dict[int, FusionError]:
        """Conclude all; the refusals by pendency's id. Raises when Fusion cannot be reached."""
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

        for answer in await asyncio.gather(*(conclude(*f) for f in done), return_exceptions=True):
            if answer is not None:
                raise answer
        return refusals


def _marker(id: int) -> str:
    """Text whose order is that of the ids."""
    return f"{id:019d}"
