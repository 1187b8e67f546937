"""A refused record must not keep its batch in memory."""

from __future__ import annotations

import gc
import weakref
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, field_validator

from include.fusion.errors import reason_of
from include.fusion.reading.reader import Reader


class Row(dict[str, Any]):
    """A row that can be watched."""


class StrictModel(BaseModel):
    cpf: str

    @field_validator("cpf")
    @classmethod
    def check(cls, value: str) -> str:
        raise ValueError("inválido")


def test_a_refused_record_leaves_its_reason_and_no_row_behind() -> None:
    rows = [Row(chave="1", cpf="x")]
    vista = weakref.ref(rows[0])
    reading = SimpleNamespace(key_type=int, details=(), map_record=lambda groups, _: StrictModel(cpf=groups["atendimento"][0]["cpf"]))
    system = SimpleNamespace(entidade="atendimento", reading=lambda _: reading)
    con = SimpleNamespace(rollback=lambda: None, dialect=SimpleNamespace(name="mssql"))
    queries: Any = SimpleNamespace(
        sistema=system,
        engine=SimpleNamespace(connect=lambda: nullcontext(con)),
        choose=lambda _: [("atendimento", "a.sql")],
        rows=lambda *_, **__: [rows.pop()],
    )
    context: Any = None
    read_item = Reader(queries, context).read(["1"])["1"]
    assert isinstance(read_item, Exception) and reason_of(read_item) == "cpf: inválido"
    gc.collect()
    assert vista() is None


def test_a_row_that_is_gone_is_refused_and_one_that_was_cancelled_is_not() -> None:
    """In systems that tell the two apart: a source that is being restored must cancel nothing."""
    reading = SimpleNamespace(key_type=int, details=(), sql_cancelled="cancelled.sql")
    con = SimpleNamespace(rollback=lambda: None, dialect=SimpleNamespace(name="mssql"))
    queries: Any = SimpleNamespace(
        sistema=SimpleNamespace(entidade="atendimento", reading=lambda _: reading),
        engine=SimpleNamespace(connect=lambda: nullcontext(con)),
        choose=lambda _: [],
        rows=lambda _con, name, *, chaves: [{"chave": key} for key in chaves if key == 2],
    )
    context: Any = None
    read = Reader(queries, context).read(["1", "2"])
    assert reason_of(read["1"]).startswith("registro: ") if isinstance(read["1"], Exception) else False
    assert read["2"] is None
