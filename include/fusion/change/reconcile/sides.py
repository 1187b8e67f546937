"""The sides of a comparison: keys of the source, pages of the ledger, Fusion's list."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from include.fusion.errors import FusionHubError, SourceRefused
from include.fusion.http.fusion import KEYS_ASKED, FusionClient, FusionKey
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.ledger import Ledger, LedgerEntry

PAGE = 5000


class SourceRefuses(FusionHubError):
    """The source did not answer a statement: what it has is not known, so nothing may be concluded from it."""

    def __init__(self, error: DBAPIError | SourceRefused) -> None:
        code = error.reason if isinstance(error, SourceRefused) else getattr(error.orig, "pgcode", None) or type(error.orig).__name__
        super().__init__(
            f"A origem não deixou ler ({code}): confira permissões e rede. Nada desta integração foi comparado até o fim, nem reparado: o que "
            "não se lê não conta como vazio."
        )


def source_keys(queries: SystemQueries, filters: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Pages of the system's keys statement: chave, chave_paciente, operacao. Raises :class:`SourceRefuses`."""
    key = None
    try:
        with queries.engine.connect() as con:
            while True:
                rows = queries.rows(con, queries.sistema.sql_keys, chave=key, limite=PAGE, **filters)
                con.rollback()  # No transaction at the hospital's database while we work.
                if rows:
                    yield rows
                if len(rows) < PAGE:
                    return
                key = rows[-1]["chave"]
    except DBAPIError as error:
        raise SourceRefuses(error) from None


def ledger_pages(engine: Engine, ledger: Ledger) -> Iterator[list[tuple[str, LedgerEntry]]]:
    """Everything that the ledger has, page by page."""
    after = ""
    while True:
        with engine.connect() as con:
            rows = ledger.page(con, after, PAGE)
        if not rows:
            return
        yield rows
        after = rows[-1][0]


def fusion_list(api: Callable[[], FusionClient], path: str, number: int, take: Callable[[list[FusionKey]], None]) -> bool:
    """Hand all pages of Fusion's list to ``take``. False: this Fusion has no list."""

    async def read() -> bool:
        async with api() as client:
            after = ""
            while True:
                page = await client.keys(path, number, after=after)
                if page is None:
                    return False
                if not page:
                    return True
                take(page)
                if page[-1].codigo == after:
                    raise FusionHubError(f"A lista de {path} do Fusion não avança; nada foi comparado.")
                after = page[-1].codigo

    return asyncio.run(read())


def fusion_some(api: Callable[[], FusionClient], path: str, number: int, parts: Iterator[Sequence[str]],
                take: Callable[[list[FusionKey]], None]) -> bool:  # fmt: skip
    """The same for chosen keys."""

    async def read() -> bool:
        async with api() as client:
            for part in parts:
                for start in range(0, len(part), KEYS_ASKED):
                    page = await client.keys(path, number, codes=part[start : start + KEYS_ASKED])
                    if page is None:
                        return False
                    take(page)
        return True

    return asyncio.run(read())
