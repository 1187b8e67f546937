"""What the MV tests do to a hospital and read from it. The fixtures are in ``fixtures``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import SystemQueries
from include.fusion.sistemas.mv.beds import ContextoMv
from include.fusion.sistemas.mv.system import SYSTEM
from sandbox.origens import mv as origin
from sandbox.origens.mv.hospital import Hospital

START = datetime(1753, 1, 1)
COUNT = 300
KEYS = [str(n) for n in range(1, COUNT + 1)]


def new_reader(dsn_mv: str, entity: str = "atendimento", **options: Any) -> Reader:
    engine = create_engine(dsn_mv.replace("postgresql://", "postgresql+psycopg2://", 1))
    context = ContextoMv(DePara.load("mv", "mv"), ZoneInfo(origin.ZONE), **options)
    return Reader(SystemQueries(engine, SYSTEM), context, entity)


def new(hospital: Hospital, kind: str = "A") -> tuple[int, int]:
    """(attendance, patient), committed by ``read_item``."""
    paciente = hospital.new_paciente()
    return hospital.new_atendimento(paciente, kind), paciente


def read_item(mv_reader: Reader, hospital: Hospital, key: int) -> Atendimento:
    hospital.cur.connection.commit()
    return mapped(mv_reader, key)


def mapped(mv_reader: Reader, key: int) -> Atendimento:
    """The attendance as a reader makes it now."""
    record = mv_reader.read([str(key)])[str(key)]
    assert isinstance(record, Atendimento), record
    return record


def rows(mv_reader: Reader, file: str, system: SystemSpec = SYSTEM, **binds: Any) -> list[dict[str, Any]]:
    with mv_reader.queries.engine.connect() as con:
        return SystemQueries(mv_reader.queries.engine, system).rows(con, file, **binds)


def pages(mv_reader: Reader, file: str, limit: int) -> list[tuple[Any, Any]]:
    all_of_them: list[tuple[Any, Any]] = []
    marker, key = START, None
    while True:
        page = [(x["marcador"], x["chave"]) for x in rows(mv_reader, file, marcador=marker, chave=key, limite=limit)]
        all_of_them += page
        if len(page) < limit:
            return all_of_them
        marker, key = page[-1]


def receita(hospital: Hospital, key: int, text: str, **values: Any) -> int:
    number = hospital.insert(
        "pre_med", **{"cd_atendimento": key, "cd_prestador": 1, "dt_pre_med": hospital.now, "hr_pre_med": hospital.now, "dt_referencia": hospital.now,
                      "dt_validade": hospital.now, "sn_fechado": "S", "tp_pre_med": "M", "ds_evolucao": text, **values},
    )  # fmt: skip
    hospital.insert("itpre_med", cd_pre_med=number, cd_produto=501, dh_registro=hospital.now)
    return number
