"""Test of a configuration before anybody relies on it: a token, the server's CapabilityStatement, and whether we are let in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from pydantic import BaseModel

from include.fusion.errors import FusionHubError, motivo_de
from include.fusion.fhir.config.model import Configuracao
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.tokens import CacheTokens

ESPERA = 10.0
"""Seconds that one request of the test may take."""


class Sondagem(BaseModel):
    """``certo`` when all three held; ``avisos`` are what will work, but not as well."""

    certo: bool = False
    token: bool | None = None
    """Whether a token was to be had; ``None`` where none is needed."""
    versao: str | None = None
    programa: str | None = None
    acesso: bool = False
    avisos: list[str] = []
    erro: str | None = None


async def sondar(tenant: str, config: Configuracao) -> Sondagem:
    """Never raises for what the server does; one try each, so that a form gets its answer."""
    rapido = config.model_copy(
        update={"max_retries": 0, "metadata": config.metadata.model_copy(update={"timeout": min(ESPERA, config.metadata.timeout)})}
    )
    feita = Sondagem()
    # With a cache of its own: a token that was fetched with the old secret would hide that the new one is wrong.
    with tempfile.TemporaryDirectory(prefix="fhir-sondagem-") as pasta:
        cache = CacheTokens(Cofre([Fernet.generate_key().decode()]), Path(pasta))
        try:
            async with ClienteFhir(tenant, rapido, cache) as cliente:
                if rapido.auth_type == "oauth2":
                    feita.token = False
                    await cliente.autenticar()
                    feita.token = True
                _ler(feita, (await cliente.pedir("GET", "metadata", "CapabilityStatement")).corpo)
                # Many servers describe themselves to anybody: only a search tells whether our credentials open anything.
                await cliente.pedir("GET", "Observation?_count=1", "Observation")
                feita.acesso = True
        except FusionHubError as erro:
            feita.erro = motivo_de(erro)
    feita.certo = feita.acesso and str(feita.versao).startswith("4.")
    if feita.acesso and not feita.certo:
        feita.erro = f"o servidor é FHIR {feita.versao or 'de versão desconhecida'}; é preciso R4"
    return feita


def _ler(feita: Sondagem, capacidades: Any) -> None:
    dados: dict[str, Any] = capacidades if isinstance(capacidades, dict) else {}
    feita.versao = str(dados.get("fhirVersion") or "") or None
    programa = dados.get("software") or {}
    feita.programa = " ".join(str(programa[k]) for k in ("name", "version") if programa.get(k))[:100] or None
    recursos = {r.get("type"): r for modo in dados.get("rest") or [] for r in modo.get("resource") or []}
    if "Observation" not in recursos:
        feita.avisos.append("o servidor não declara Observation")
    elif not recursos["Observation"].get("conditionalCreate"):
        feita.avisos.append("o servidor não declara criação condicional: um envio repetido pode duplicar")
