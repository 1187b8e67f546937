"""Test of a configuration: token, CapabilityStatement, access."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from pydantic import BaseModel

from include.fusion.errors import FusionHubError, reason_of
from include.fusion.fhir.config.model import FhirConfig
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.tokens import TokenCache

WAIT = 10.0
"""Seconds for one request of the test."""


class Probe(BaseModel):
    """``certo``: all is well. ``avisos``: limitations."""

    certo: bool = False
    token: bool | None = None
    """Whether we got a token; ``None``: none needed."""
    versao: str | None = None
    programa: str | None = None
    acesso: bool = False
    avisos: list[str] = []
    erro: str | None = None


async def probe(tenant: str, config: FhirConfig) -> Probe:
    """One try for each request, so that a form gets its answer soon. It never raises for the server's errors."""
    quick = config.model_copy(
        update={"max_retries": 0, "metadata": config.metadata.model_copy(update={"timeout": min(WAIT, config.metadata.timeout)})}
    )
    made = Probe()
    # A cache of its own: a token of the old secret would hide that the new one is wrong.
    with tempfile.TemporaryDirectory(prefix="fhir-sondagem-") as folder:
        cache = TokenCache(Secrets([Fernet.generate_key().decode()]), Path(folder))
        try:
            async with FhirClient(tenant, quick, cache) as client:
                if quick.auth_type == "oauth2":
                    made.token = False
                    await client.authenticate()
                    made.token = True
                _read(made, (await client.ask("GET", "metadata", "CapabilityStatement")).body)
                # Many servers show their CapabilityStatement to anybody: only a search tests our credentials.
                await client.ask("GET", "Observation?_count=1", "Observation")
                made.acesso = True
        except FusionHubError as error:
            made.erro = reason_of(error)
    made.certo = made.acesso and str(made.versao).startswith("4.")
    if made.acesso and not made.certo:
        made.erro = f"o servidor é FHIR {made.versao or 'de versão desconhecida'}; é preciso R4"
    return made


def _read(made: Probe, capabilities: Any) -> None:
    data: dict[str, Any] = capabilities if isinstance(capabilities, dict) else {}
    made.versao = str(data.get("fhirVersion") or "") or None
    program = data.get("software") or {}
    made.programa = " ".join(str(program[k]) for k in ("name", "version") if program.get(k))[:100] or None
    resources = {r.get("type"): r for mode in data.get("rest") or [] for r in mode.get("resource") or []}
    if "Observation" not in resources:
        made.avisos.append("o servidor não declara Observation")
    elif not resources["Observation"].get("conditionalCreate"):
        made.avisos.append("o servidor não declara criação condicional: um envio repetido pode duplicar")
