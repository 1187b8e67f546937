"""The hospital's side of the FHIR server: what its own system writes there, past our client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping import patient

_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
SYSTEM = SyncSettings().observation_system
"""Identifier system of what the platform sent; the hospital's own records carry none of it."""


class EhrServer:
    """``url`` is the FHIR base address, ``secret`` its API key."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        self._secret = secret

    def responds(self) -> bool:
        try:
            self.ask("GET", "metadata")
        except OSError:
            return False
        return True

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """One request; :class:`OSError` when it fails."""
        request = urllib.request.Request(
            f"{self.url}/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-API-Key": self._secret, "Content-Type": "application/fhir+json", "Prefer": "return=representation", **headers},
        )
        with _OPEN(request, timeout=30) as response:
            read_item = response.read()
        return dict(json.loads(read_item)) if read_item else {}

    def register(self, paciente: patient.Paciente) -> tuple[str, str | None]:
        """A patient by the business identifier that the push would use; id and version."""
        meta = SyncSettings()
        system, value = patient.identifier(paciente, meta)
        created = self.ask("POST", "Patient", patient.to_fhir(paciente, meta), **{"If-None-Exist": f"identifier={system}|{value}"})
        return str(created["id"]), (created.get("meta") or {}).get("versionId")

    def observe(self, ehr_id: str, value: int, **more: Any) -> str:
        """A heart rate that the hospital measured; its id."""
        return str(self.ask("POST", "Observation", pulse(ehr_id, value) | more)["id"])

    def correct(self, resource_id: str) -> None:
        """The hospital amends one of its own readings."""
        current = self.ask("GET", f"Observation/{resource_id}")
        current["valueQuantity"]["value"] += 1
        current["status"] = "amended"
        self.ask("PUT", f"Observation/{resource_id}", current)

    def observacoes(self) -> Iterator[dict[str, Any]]:
        """Every observation there, page by page."""
        path = "Observation?_count=500"
        while path:
            package = self.ask("GET", path)
            yield from (e["resource"] for e in package.get("entry") or [])
            next_one = next((x["url"] for x in package.get("link") or [] if x["relation"] == "next"), "")
            parts = urlsplit(next_one)
            path = f"{parts.path.rpartition('/fhir/')[2]}?{parts.query}" if next_one else ""


def pulse(ehr_id: str, value: int) -> dict[str, Any]:
    """A heart rate as R4 wants it."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{ehr_id}"},
        "effectiveDateTime": datetime.now(UTC).isoformat(timespec="seconds"),
        "valueQuantity": {"value": value, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }


def ours(resource: dict[str, Any]) -> list[str]:
    """Platform ids that a resource carries."""
    return [str(i["value"]) for i in resource.get("identifier") or [] if i.get("system") == SYSTEM]
