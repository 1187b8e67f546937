"""Patients in the EHR: found or created by their business identifier, updated without loss of the EHR's own data."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.http.client import FhirClient, Response, by_identifier
from include.fusion.fhir.http.errors import FhirConflict, FhirDuplicate, FhirUnavailable
from include.fusion.fhir.mapping import patient
from include.fusion.fhir.mapping.validate import check
from include.fusion.fhir.platform.repository import Person, Repository

KIND = "Patient"


class EhrPatients:
    """A wrong patient raises ``InvalidRecord``, or the error of the server's answer."""

    def __init__(self, repository: Repository, client: FhirClient) -> None:
        self.repository = repository
        self.client = client
        self.meta = client.config.metadata
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ensure(self, person: Person) -> str:
        """The EHR's id of this patient; without one, a conditional create.

        One at a time per identifier: some servers cannot handle two conditional creates at once.
        """
        if person.ehr_id is not None:
            return person.ehr_id
        resource = await asyncio.to_thread(lambda: check(patient.to_fhir(person.paciente, self.meta)))
        identifier = by_identifier(*patient.identifier(person.paciente, self.meta))
        async with self._locks.setdefault(identifier, asyncio.Lock()):
            current = await asyncio.to_thread(self.repository.person, person.paciente.id)
            if current is not None and current.ehr_id is not None:
                return current.ehr_id  # Another batch created it meanwhile.
            response = await self.client.create(resource, identifier, person.paciente.id)
            if response.status == 200 and response.id is not None:
                match = response.body if isinstance(response.body, dict) else {}
                if match.get("resourceType") != KIND:  # No body, or an OperationOutcome: read the patient.
                    match = (await self.client.read(KIND, response.id)).body
                self._check_found(person, match)
            return await self._write(person, response)

    def _check_found(self, person: Person, match: dict[str, Any]) -> None:
        """A newborn may have the mother's CPF: if both sides know the birth date, it must be the same."""
        ours = {"system": self.meta.patient_system, "value": person.paciente.id}
        if any(ours.items() <= i.items() for i in match.get("identifier") or []):
            return  # We created it, and the answer was lost.
        birth = patient.from_fhir(match, self.meta).nascimento
        if None not in (birth, person.paciente.nascimento) and birth != person.paciente.nascimento:
            raise InvalidRecord("birthDate", "o documento é de pessoa com outra data de nascimento no servidor FHIR")

    async def synchronise(self, person: Person) -> str:
        """Write the platform's data into the EHR's Patient; other data there stays."""
        if person.ehr_id is None:
            return await self.ensure(person)
        try:
            return await self._update(person, person.ehr_id)
        except FhirDuplicate:
            raise
        except FhirConflict:
            return await self._update(person, person.ehr_id)  # It changed meanwhile: once more, over the new version.

    async def _update(self, person: Person, ehr_id: str) -> str:
        current = await self.client.read(KIND, ehr_id)
        new = await asyncio.to_thread(lambda: check(patient.merge(current.body, person.paciente, self.meta)))
        if new == current.body:
            return ehr_id
        return await self._write(person, await self.client.update(new, current.versao or "", person.paciente.id))

    async def _write(self, person: Person, response: Response) -> str:
        if response.id is None:
            raise FhirUnavailable(0, KIND)
        await asyncio.to_thread(self.repository.write_paciente, person.paciente.id, response.id, response.versao)
        return response.id
