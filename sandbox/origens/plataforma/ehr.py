"""The hospital's side of the FHIR server: what its own system writes there, past our client."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping import patient

_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
SISTEMA = Metadados().observation_system
"""Identifier system of what the platform sent; the hospital's own records carry none of it."""


class ServidorEhr:
    """``url`` is the FHIR base address, ``segredo`` its API key."""

    def __init__(self, url: str, segredo: str) -> None:
        self.url = url
        self._segredo = segredo

    def responde(self) -> bool:
        try:
            self.pedir("GET", "metadata")
        except OSError:
            return False
        return True

    def pedir(self, metodo: str, rota: str, corpo: dict[str, Any] | None = None, **cabecalhos: str) -> dict[str, Any]:
        """One request; :class:`OSError` when it fails."""
        pedido = urllib.request.Request(
            f"{self.url}/{rota}",
            data=None if corpo is None else json.dumps(corpo).encode(),
            method=metodo,
            headers={"X-API-Key": self._segredo, "Content-Type": "application/fhir+json", "Prefer": "return=representation", **cabecalhos},
        )
        with _ABRIR(pedido, timeout=30) as resposta:
            lido = resposta.read()
        return dict(json.loads(lido)) if lido else {}

    def cadastrar(self, paciente: patient.Paciente) -> tuple[str, str | None]:
        """A patient by the business identifier that the push would use; id and version."""
        meta = Metadados()
        sistema, valor = patient.identificador(paciente, meta)
        criado = self.pedir("POST", "Patient", patient.para_fhir(paciente, meta), **{"If-None-Exist": f"identifier={sistema}|{valor}"})
        return str(criado["id"]), (criado.get("meta") or {}).get("versionId")

    def observar(self, ehr_id: str, valor: int, **mais: Any) -> str:
        """A heart rate that the hospital measured; its id."""
        return str(self.pedir("POST", "Observation", pulso(ehr_id, valor) | mais)["id"])

    def corrigir(self, recurso_id: str) -> None:
        """The hospital amends one of its own readings."""
        atual = self.pedir("GET", f"Observation/{recurso_id}")
        atual["valueQuantity"]["value"] += 1
        atual["status"] = "amended"
        self.pedir("PUT", f"Observation/{recurso_id}", atual)

    def observacoes(self) -> Iterator[dict[str, Any]]:
        """Every observation there, page by page."""
        rota = "Observation?_count=500"
        while rota:
            pacote = self.pedir("GET", rota)
            yield from (e["resource"] for e in pacote.get("entry") or [])
            proxima = next((x["url"] for x in pacote.get("link") or [] if x["relation"] == "next"), "")
            partes = urlsplit(proxima)
            rota = f"{partes.path.rpartition('/fhir/')[2]}?{partes.query}" if proxima else ""


def pulso(ehr_id: str, valor: int) -> dict[str, Any]:
    """A heart rate as R4 wants it."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "subject": {"reference": f"Patient/{ehr_id}"},
        "effectiveDateTime": datetime.now(UTC).isoformat(timespec="seconds"),
        "valueQuantity": {"value": valor, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
    }


def nossos(recurso: dict[str, Any]) -> list[str]:
    """Platform ids that a resource carries."""
    return [str(i["value"]) for i in recurso.get("identifier") or [] if i.get("system") == SISTEMA]
