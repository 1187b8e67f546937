"""What the Consulfarma tests share: a reader on a database of the sandbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine

from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.spec import MappingContext
from include.fusion.reading.sql import SystemQueries
from include.fusion.sistemas.consulfarma.system import SYSTEM
from sandbox.origens import consulfarma as origin

START = datetime(1753, 1, 1)


def new_reader(dsn: str, *, omit: bool = False) -> Reader:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    context = MappingContext(DePara.load("consulfarma", "consulfarma"), ZoneInfo(origin.ZONE), omit_invalid_document=omit)
    return Reader(SystemQueries(engine, SYSTEM), context)


def rows(reader: Reader, file: str, **binds: Any) -> list[dict[str, Any]]:
    with reader.queries.engine.connect() as con:
        return reader.queries.rows(con, file, **binds)


def pages(reader: Reader, file: str, limit: int, marker: datetime = START) -> list[dict[str, Any]]:
    """Every row of an origin, page by page, as the load reads it."""
    all_of_them: list[dict[str, Any]] = []
    key = None
    while True:
        page = rows(reader, file, marcador=marker, chave=key, limite=limit)
        all_of_them += page
        if len(page) < limit:
            return all_of_them
        marker, key = page[-1]["marcador"], page[-1]["chave"]
