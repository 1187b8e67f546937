"""What an installation's account could read (kind of data → SQL file that fitted), and the last check-up."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select

from include.fusion.store.clock import now
from include.fusion.store.locks import write_row
from include.fusion.store.tables import conferencia, linha_de_base


def read_baseline(con: Connection, integracao_id: int) -> dict[str, str]:
    """Kind of data → SQL file; empty for an installation that was never looked at."""
    query = select(linha_de_base.c.item, linha_de_base.c.comando).where(linha_de_base.c.integracao_id == integracao_id)
    return {str(item): str(command) for item, command in con.execute(query)}


def remember(con: Connection, integracao_id: int, readable: Mapping[str, str]) -> None:
    """Add what is readable; what is remembered and not named stays."""
    known = read_baseline(con, integracao_id)
    for item, command in sorted(readable.items()):
        if known.get(item) != command:
            write_row(con, linha_de_base, {"integracao_id": integracao_id, "item": item}, {"comando": command, "desde": now()})


def accept(con: Connection, integracao_id: int, readable: Mapping[str, str]) -> None:
    """Remember only what is readable now: a person says that the rest is gone for good."""
    con.execute(delete(linha_de_base).where(linha_de_base.c.integracao_id == integracao_id))
    remember(con, integracao_id, readable)


def keep_report(con: Connection, entry_id: str, report: str) -> None:
    """Keep the check-up's report (JSON) in place of the one before."""
    write_row(con, conferencia, {"instalacao": entry_id}, {"feita_em": now(), "relatorio": report})


def last_report(con: Connection, entry_id: str) -> str | None:
    """The last check-up's report, or ``None``."""
    return con.execute(select(conferencia.c.relatorio).where(conferencia.c.instalacao == entry_id)).scalar()
