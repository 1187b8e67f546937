"""Codes without De/Para, counted for the report."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from include.fusion.store.clock import now
from include.fusion.store.locks import write_row
from include.fusion.store.tables import codigo_sem_depara


def add_unmapped(con: Connection, integracao_id: int, unmapped: Mapping[tuple[str, str], int]) -> None:
    """Add codes to the report's table: ``(catalogo, codigo)`` → how often it came."""
    for (catalog, code), times_seen in sorted(unmapped.items()):
        key = {"integracao_id": integracao_id, "catalogo": catalog, "codigo": code[:200].replace("\x00", "")}
        write_row(con, codigo_sem_depara, key, {"ultima_em": now()}, {"ocorrencias": times_seen})


def read_unmapped(con: Connection, integracao_id: int) -> dict[tuple[str, str], int]:
    """``(catalogo, codigo)`` → how often it came."""
    t = codigo_sem_depara.c
    rows = con.execute(select(t.catalogo, t.codigo, t.ocorrencias).where(t.integracao_id == integracao_id))
    return {(str(catalog), str(code)): int(times) for catalog, code, times in rows}
