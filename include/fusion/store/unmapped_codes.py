"""Codes that De/Para did not know, counted for the report."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from include.fusion.store.clock import agora
from include.fusion.store.locks import gravar_linha
from include.fusion.store.tables import codigo_sem_depara


def somar_faltantes(con: Connection, integracao_id: int, faltantes: Mapping[tuple[str, str], int]) -> None:
    """Add codes without De/Para, ``(catalogo, codigo)`` and how often they came, to the report table."""
    for (catalogo, codigo), vezes in sorted(faltantes.items()):
        chave = {"integracao_id": integracao_id, "catalogo": catalogo, "codigo": codigo[:200].replace("\x00", "")}
        gravar_linha(con, codigo_sem_depara, chave, {"ultima_em": agora()}, {"ocorrencias": vezes})
