"""Sends a batch of observations to the EHR: bundles with an outcome for each entry, single requests where a bundle fails."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from include.fusion.errors import FusionHubError, InvalidRecord, OwnershipLost, reason_of
from include.fusion.fhir.http.client import FhirClient, Response, by_identifier, id_from, version_of, waits
from include.fusion.fhir.http.errors import (
    FhirConflict,
    FhirDuplicate,
    FhirUnauthorized,
    FhirUnavailable,
    error_for,
    exhausted,
    is_transient,
    server_is_down,
)
from include.fusion.fhir.http.log import log_event
from include.fusion.fhir.mapping import observation
from include.fusion.fhir.mapping.validate import check
from include.fusion.fhir.platform.repository import LocalObservation, SentObservation
from include.fusion.fhir.push.patients import EhrPatients
from include.fusion.store.filas import FilaRow

KIND = "Observation"
PROBES = 3
"""After a 500 to a bundle, so many records are tried alone; if all fail, the server is down."""


class Owned(Protocol):
    """Says whether a reserved row is still ours."""

    async def sure(self, row: int) -> bool: ...


@dataclass
class Item:
    """One reserved row. At the end it has ``sent`` or ``failure``."""

    record: FilaRow
    local: LocalObservation
    hold: Owned
    subject: str = ""
    """Reference of its patient in the EHR."""
    recurso: dict[str, Any] | None = None
    versao: str | None = None
    """Present version in the EHR, for an update."""
    sent: SentObservation | None = None
    failure: FusionHubError | None = None
    deferred: FusionHubError | None = None
    """The failure to use after the last attempt."""


class BundleSender:
    """Sends items over one client. A fault of a record goes to its item and is not raised."""

    def __init__(self, client: FhirClient, persons: EhrPatients) -> None:
        self.client = client
        self.persons = persons
        self.meta = client.config.metadata
        self._slots = asyncio.Semaphore(self.meta.concurrency)

    async def send(self, items: Sequence[Item]) -> None:
        """Prepare and send all. After an outage it does not ask the server for each item."""
        outage: list[FusionHubError] = []
        by_paciente: dict[str, list[Item]] = {}
        for item in items:
            by_paciente.setdefault(item.local.person.paciente.id, []).append(item)
        await asyncio.gather(*(self._stored(self._subject, theirs, outage) for theirs in by_paciente.values()))
        items = [i for i in items if i.failure is None]
        await asyncio.gather(
            *(self._stored(self._read_current, [i], outage) for i in items if i.local.fhir_id and not self._has_current(i))
        )
        await asyncio.to_thread(self._build, [i for i in items if i.failure is None])
        ready = [i for i in items if i.failure is None]
        size = 1 if self.meta.bundle == "none" else self.meta.bundle_size
        chunks = [ready[i : i + size] for i in range(0, len(ready), size)]
        await asyncio.gather(*(self._stored(self._chunk, f, outage) for f in chunks))

    async def _stored(self, task: Any, items: list[Item], outage: list[FusionHubError]) -> None:
        async with self._slots:
            try:
                if outage:
                    raise outage[0]
                await task(items)
            except FusionHubError as error:
                if server_is_down(error):
                    outage.append(error)
                for item in items:
                    if item.sent is None and item.failure is None:
                        item.failure = error

    @staticmethod
    def _has_current(item: Item) -> bool:
        return item.local.versao is not None and item.local.recurso is not None

    async def _subject(self, theirs: list[Item]) -> None:
        """The patient of all these items; created first if the EHR does not have it."""
        try:
            ehr_id = await self.persons.ensure(theirs[0].local.person)
        except (FusionHubError, SQLAlchemyError):
            raise
        except Exception as error:
            raise InvalidRecord("Patient", reason_of(error)) from None
        for item in theirs:
            item.subject = f"Patient/{ehr_id}"

    async def _read_current(self, items: list[Item]) -> None:
        """An update needs the present version and all its fields."""
        for item in items:
            assert item.local.fhir_id is not None
            response = await self.client.read(KIND, item.local.fhir_id)
            item.recurso, item.versao = response.body, response.versao

    def _build(self, items: Sequence[Item]) -> None:
        """Resources of all items, validated (in a thread)."""
        for item in items:
            try:
                if item.local.fhir_id is None:
                    item.recurso = check(observation.to_fhir(item.local.obs, item.subject, self.meta))
                else:
                    item.versao = item.versao or item.local.versao
                    item.recurso = self._merged(item, item.recurso or item.local.recurso or {})
            except FusionHubError as error:
                item.failure = error
            except Exception as error:  # A broken record must not stop the others.
                item.failure = InvalidRecord(KIND, reason_of(error))

    def _merged(self, item: Item, current: dict[str, Any]) -> dict[str, Any]:
        """``current`` with our changes, also to another patient. If the EHR moved or annulled it, people must decide."""
        base = item.local.recurso
        if (
            observation.entered_in_error(current)
            and item.local.obs.estado != observation.ENTERED_IN_ERROR
            and not (base and observation.entered_in_error(base))
        ):
            raise InvalidRecord("status", "foi anulada no servidor FHIR e editada na plataforma")
        new, there = observation.merge(current, item.local.obs, item.subject, self.meta), observation.paciente_of(current)
        if there != item.subject.rpartition("/")[2]:
            if base is None or there != observation.paciente_of(base):
                raise InvalidRecord("subject", "a observação está em outro paciente no servidor FHIR")
            new["subject"] = {"reference": item.subject}
            new.pop("encounter", None)  # It belongs to the old patient.
        return check(new)

    def _search(self, item: Item) -> str:
        return by_identifier(self.meta.observation_system, item.local.obs.id)

    async def _chunk(self, items: list[Item]) -> None:
        if len(items) == 1:
            await self._each_one(items)
            return
        next_waits = waits(self.client.config)
        missing = items
        while True:
            missing = [item for item in missing if await self._ours(item)]
            if not missing:
                return
            try:
                entries = await self.client.package(self._package(missing))
            except (FhirUnavailable, FhirUnauthorized) as error:
                if server_is_down(error):
                    raise
                entries = []
                await self._separate(missing, error)
            except Exception:
                # A transaction fails as a whole, a server may refuse a bundle, a record of the EHR may be unencodable: send each alone.
                entries = []
                await self._each_one(missing)
            repeat = [item for item, entry in zip(missing, entries, strict=False) if await self._entry(item, entry)]
            wait = next(next_waits, None) if repeat else None
            if wait is None:
                for item in repeat:
                    item.failure = item.deferred
                return
            await asyncio.sleep(wait)
            missing = repeat

    async def _separate(self, items: Sequence[Item], error: FusionHubError) -> None:
        """A 500 to a bundle may come from one record: send each alone, until the first ones all fail."""
        for n, item in enumerate(items, 1):
            await self._after([item])
            if server_is_down(item.failure) or (n == PROBES and all(isinstance(i.failure, FhirUnavailable) for i in items[:n])):
                raise item.failure or error

    def _package(self, items: Sequence[Item]) -> dict[str, Any]:
        return {"resourceType": "Bundle", "type": self.meta.bundle, "entry": [self._request(i) for i in items]}

    def _request(self, item: Item) -> dict[str, Any]:
        assert item.recurso is not None
        if item.local.fhir_id is None:
            request = {"method": "POST", "url": KIND, "ifNoneExist": self._search(item)}
        else:
            request = {"method": "PUT", "url": f"{KIND}/{item.local.fhir_id}"}
            if item.versao:
                request["ifMatch"] = f'W/"{item.versao}"'
        return {"resource": item.recurso, "request": request}

    async def _entry(self, item: Item, entry: dict[str, Any]) -> bool:
        """Handle the answer to one entry; ``True``: send it once more."""
        response = entry.get("response") or {}
        try:
            status = int(str(response.get("status", ""))[:3])
        except ValueError:
            status = 500
        resource, result = entry.get("resource"), response.get("outcome")
        log_event("fhir.registro", tenant=self.client.tenant_id, tipo=KIND, id=item.local.obs.id, status=status)
        if status < 300:
            fhir_id = id_from(response.get("location"), KIND) or (resource or {}).get("id") or item.local.fhir_id
            if fhir_id is None:
                await self._after([item])  # A single request finds what was created.
            else:
                version = version_of(response.get("etag")) or ((resource or {}).get("meta") or {}).get("versionId")
                await self._after([item], Response(status, resource, version, fhir_id))
            return False
        if is_transient(status, result):
            item.deferred = exhausted(status, result, KIND, 1 + self.client.config.max_retries)
            return True
        error = error_for(status, result, KIND, conditional=item.local.fhir_id is None)
        if status == 401 or isinstance(error, FhirConflict):
            await self._after([item])  # A single request gets a new token, or reads it again.
        else:
            item.failure = error
        return False

    async def _after(self, items: Sequence[Item], response: Response | None = None) -> None:
        """Finish an entry. An outage here concerns this item only: the answers to other entries must still be read."""
        with suppress(FhirUnavailable, FhirUnauthorized):
            await self._each_one(items, response)

    async def _each_one(self, items: Sequence[Item], response: Response | None = None) -> None:
        """Send each alone, or with ``response`` only finish it."""
        for item in items:
            try:
                await self._arrived(item, response or await self._one(item))
            except FusionHubError as error:
                item.failure = error
                if isinstance(error, FhirUnavailable | FhirUnauthorized):
                    raise
            except Exception as error:
                item.failure = InvalidRecord(KIND, reason_of(error))

    async def _one(self, item: Item) -> Response:
        try:
            return await self._once(item)
        except FhirDuplicate:
            raise
        except FhirConflict:
            # Somebody changed it meanwhile: write our change over theirs, once.
            if item.local.fhir_id is not None:
                await self._read_current([item])
                item.recurso = await asyncio.to_thread(self._merged, item, item.recurso or {})
            return await self._once(item)

    @staticmethod
    async def _ours(item: Item) -> bool:
        """Whether a request for this item may leave; otherwise another worker has it, and this failure changes nothing."""
        if await item.hold.sure(item.record.id):
            return True
        item.failure = OwnershipLost()
        return False

    async def _once(self, item: Item) -> Response:
        assert item.recurso is not None
        if not await self._ours(item):
            raise OwnershipLost
        if item.local.fhir_id is None:
            return await self.client.create(item.recurso, self._search(item), item.local.obs.id)
        return await self.client.update(item.recurso, item.versao or "", item.local.obs.id)

    async def _arrived(self, item: Item, response: Response) -> None:
        fhir_id = response.id or item.local.fhir_id
        if fhir_id is None:
            raise FhirUnavailable(0, KIND)
        found = response.body if isinstance(response.body, dict) and response.body.get("resourceType") == KIND else None
        if item.local.fhir_id is None and response.status == 200:
            # An earlier send arrived, but its answer was lost. The platform may have edited the observation since.
            item.local = replace(item.local, fhir_id=fhir_id)
            item.recurso, item.versao = found, response.versao
            if found is None or response.versao is None:
                await self._read_current([item])
            match = item.recurso or {}
            if observation.paciente_of(match) != item.subject.rpartition("/")[2]:
                raise InvalidRecord("subject", "o identificador desta observação é de outro paciente no servidor FHIR")
            item.recurso = await asyncio.to_thread(self._merged, item, match)
            if item.recurso != match:
                await self._arrived(item, await self._one(item))
                return
            found, response = match, replace(response, versao=item.versao)
        # Without a body in the answer, the server has what we sent.
        item.sent = SentObservation(
            item.local.obs.id, item.local.marca, fhir_id, response.versao, found or {**(item.recurso or {}), "id": fhir_id}
        )
