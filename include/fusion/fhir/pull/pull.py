"""Pull of one tenant: the EHR's observations of all patients with an ``ehrPatientId`` → platform.

New observations are created; known ones (by ``fhirResourceId``) are updated if their version changed. When all pages of a patient are
stored, the highest ``_lastUpdated`` becomes its watermark. The next pull starts an overlap before it, for late commits; the version shows
what comes twice. The watermark has the server's clock, but is never later than ours: else a wrong clock would hide later changes.

A patient whose search gets no answer (500, time-out) does not stop the others: it is tried again at the end, then refused. Several in a row
mean that the server is down.

What the platform cannot store becomes a dead letter in the tenant's incoming queue. Somebody may make its row pending: then it is read again
by its id. When it is stored at last, its row is closed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.errors import reason_of
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.errors import FhirRefused, FhirUnavailable, reason_of_end
from include.fusion.fhir.platform.repository import Repository, SyncCounts
from include.fusion.fhir.platform.tables import inbox_for, tenant_number
from include.fusion.fhir.pull.upsert import Page, Upsert, key_of
from include.fusion.store.filas import FilaRow, Outcome
from include.fusion.store.watermarks import PatientMarks

PACIENTES = 500
LEASE = timedelta(seconds=120)
IN_A_ROW = 3
"""So many patients in a row without an answer (at least as many as run at once) mean an outage."""


@dataclass
class PullResult:
    """Counts of one pull. ``conflitos``: changed on both sides; the next push writes ours over theirs."""

    pacientes: int = 0
    novas: int = 0
    alteradas: int = 0
    conhecidas: int = 0
    conflitos: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)


class Pull:
    """One run for one tenant."""

    def __init__(self, engine: Engine, client: FhirClient, owner: str = "") -> None:
        self.engine = engine
        self.client = client
        self.tenant_id = client.tenant_id
        self.meta = client.config.metadata
        self.repository = Repository(engine, self.tenant_id)
        self.dead_letter = inbox_for(engine, self.tenant_id)
        self.watermarks = PatientMarks(tenant_number(self.tenant_id), self.tenant_id)
        self.owner = owner or f"busca/{secrets.token_hex(8)}|"
        self.result = PullResult()
        self._upsert = Upsert(self.repository, client.config, self.dead_letter)
        self._latency = self._measured = 0
        self._silent: list[tuple[str, str, FhirUnavailable]] = []
        self._in_a_row, self._answered = 0, False

    async def run(self, pacientes: Sequence[tuple[str, str]] | None = None, *, only_dead_letter: bool = False) -> PullResult:
        """Pull pending dead letters, then all patients; ``only_dead_letter``: no patients; ``pacientes``: only these ``(id, ehrPatientId)``.

        A refused record or patient is noted and counted. An outage ends the run.
        """
        start, error = time.monotonic(), None
        try:
            async with self.client:
                if pacientes is not None:
                    await self._group(pacientes)
                    if self._silent:
                        raise self._silent[0][2]
                else:
                    await self._again_and_all(only_dead_letter)
        except BaseException as failure:
            error = reason_of_end(failure)
            raise
        finally:
            r = self.result
            with suppress(SQLAlchemyError):
                ms = round((time.monotonic() - start) * 1000)
                counts = SyncCounts(0, r.novas + r.alteradas, r.falhas, ms, self._latency, self._measured)
                await asyncio.to_thread(self.repository.conclude, "pull", error, counts)
        return self.result

    async def _again_and_all(self, only_dead_letter: bool) -> None:
        failure = await self._again()
        after = ""
        while not only_dead_letter and (group := await asyncio.to_thread(self.repository.pacientes_in_ehr, after, PACIENTES)):
            await self._group(group)
            after = group[-1][0]
        if self._silent and not self._answered:
            raise self._silent[0][2]
        silent, self._silent = self._silent, []
        for paciente, ehr_id, _ in silent:
            self._in_a_row = 0
            await self._group([(paciente, ehr_id)])
        for paciente, ehr_id, error in self._silent:
            await self._refuse_paciente(paciente, ehr_id, error)
        if failure is not None:
            raise failure

    async def _group(self, group: Sequence[tuple[str, str]]) -> None:
        watermarks = await asyncio.to_thread(self._watermarks, group)
        open_rows = await asyncio.to_thread(self._in_queue, self.dead_letter.open_rows, [key_of("Patient", ehr_id) for _, ehr_id in group])
        slots = asyncio.Semaphore(self.meta.concurrency)
        outage = False

        async def one(id: str, ehr_id: str) -> None:
            nonlocal outage
            async with slots:
                if outage:
                    return  # Do not ask a dead server for each patient.
                try:
                    if await self._paciente(id, ehr_id, watermarks.get(id)) is None and key_of("Patient", ehr_id) in open_rows:
                        await asyncio.to_thread(self._in_queue, self.dead_letter.conclude, [key_of("Patient", ehr_id)])
                except FhirRefused as refusal:
                    await self._refuse_paciente(id, ehr_id, refusal)
                except FhirUnavailable as error:
                    self._silent.append((id, ehr_id, error))
                    self._in_a_row += 1
                    if self._in_a_row >= max(IN_A_ROW, self.meta.concurrency):
                        outage = True
                        raise
                    return
                except Exception:
                    outage = True
                    raise
                self._in_a_row, self._answered = 0, True

        failures = [f for f in await asyncio.gather(*(one(*p) for p in group), return_exceptions=True) if f is not None]
        if failures:
            raise failures[0]

    async def _paciente(self, id: str, ehr_id: str, watermark: str | None) -> str | None:
        """All pages of one patient; returns the reason when the search itself was wrong."""
        parameters = [("patient", ehr_id), ("_count", str(self.meta.page_size))]
        if watermark is not None:
            since = datetime.fromisoformat(watermark) - timedelta(seconds=self.meta.overlap_seconds)
            parameters.append(("_lastUpdated", f"ge{since.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"))
        highest, bad, now = watermark, None, datetime.now(UTC).isoformat(timespec="microseconds")
        async for resources in self.client.pages("Observation", parameters):
            page = await asyncio.to_thread(self._upsert.store, id, ehr_id, resources)
            self._add(page)
            bad = page.dead_letter.get(key_of("Patient", ehr_id), bad)
            highest = max(filter(None, (highest, page.highest)), default=None)
        if highest is not None and (highest := min(highest, now)) != watermark:
            await asyncio.to_thread(self._mark, id, ehr_id, highest)
        self.result.pacientes += 1
        return bad

    async def _refuse_paciente(self, id: str, ehr_id: str, error: Exception) -> None:
        self._refuse(Counter([reason_of(error)]))
        await asyncio.to_thread(self._in_queue, self.dead_letter.refuse, {key_of("Patient", ehr_id): reason_of(error)}, id)

    def _refuse(self, reasons: Counter[str]) -> None:
        self.result.falhas += reasons.total()
        self.result.motivos += reasons

    def _add(self, page: Page) -> None:
        self._latency += sum(page.times)
        self._measured += len(page.times)
        for name, count in page.counts.items():
            setattr(self.result, name, getattr(self.result, name) + count)
        self._refuse(page.motivos)

    async def _again(self) -> FhirUnavailable | None:
        """Pull pending dead letters by their ids. After an outage the rest stays pending; returns that error."""
        count = self.meta.concurrency * 5
        slots = asyncio.Semaphore(self.meta.concurrency)

        async def one(record: FilaRow) -> Outcome:
            async with slots:
                return await self._fetch_again(record)

        while records := await asyncio.to_thread(self.dead_letter.reserve, count, self.owner, LEASE):
            done = await asyncio.gather(*(one(r) for r in records), return_exceptions=True)
            await asyncio.to_thread(self._record, records, done)
            failures = [f for f in done if isinstance(f, BaseException)]
            if serious := [f for f in failures if not isinstance(f, FhirUnavailable)]:
                raise serious[0]
            if failures:
                return next(f for f in failures if isinstance(f, FhirUnavailable))
        return None

    def _record(self, records: list[FilaRow], done: list[Outcome | BaseException]) -> None:
        outcomes = [f if isinstance(f, Outcome) else Outcome(r, "devolvido") for r, f in zip(records, done, strict=True)]
        self._in_queue(self.dead_letter.record, self.owner, outcomes)

    async def _fetch_again(self, record: FilaRow) -> Outcome:
        kind, _, resource_id = record.chave.partition("/")
        person = await asyncio.to_thread(self.repository.person, record.chave_paciente)
        if person is None or person.ehr_id is None:
            return Outcome(record, "descartado", "paciente já não está na plataforma, ou sem ehrPatientId")
        paciente = person.paciente.id
        try:
            if kind == "Patient":
                watermarks = await asyncio.to_thread(self._watermarks, [(paciente, person.ehr_id)])
                reason = await self._paciente(paciente, person.ehr_id, watermarks.get(paciente))
            else:
                resource = (await self.client.read(kind, quote(resource_id, safe=""))).body
                page = await asyncio.to_thread(self._upsert.store, paciente, person.ehr_id, [resource])
                self._add(page)
                reason = next(iter(page.motivos), None)
        except (FhirRefused, FhirUnavailable) as error:
            if error.status == 410:
                return Outcome(record, "descartado", "apagado no servidor FHIR")
            if isinstance(error, FhirUnavailable) and error.status != 500:
                raise
            # A 500 concerns this resource, not the server.
            self._refuse(Counter([reason_of(error)]))
            reason = reason_of(error)
        return Outcome(record, "concluido" if reason is None else "erro", reason)

    def _in_queue(self, change: Callable[..., Any], *values: Any) -> Any:
        with self.engine.begin() as con:
            return change(con, *values)

    def _whose(self, ehr_id: str) -> str:
        return f"{self.client.config.base_url}/Patient/{ehr_id}"

    def _watermarks(self, pacientes: Sequence[tuple[str, str]]) -> dict[str, str]:
        with self.engine.connect() as con:
            return self.watermarks.read(con, {p: self._whose(e) for p, e in pacientes})

    def _mark(self, paciente: str, ehr_id: str, marker: str) -> None:
        with self.engine.begin() as con:
            self.watermarks.write(con, paciente, self._whose(ehr_id), marker)
