"""A refused record must not keep its batch in memory."""

from __future__ import annotations

import gc
import weakref
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel, field_validator

from include.fusion.errors import motivo_de
from include.fusion.reading.reader import Leitor


class Linha(dict[str, Any]):
    """A row that can be watched."""


class Modelo(BaseModel):
    cpf: str

    @field_validator("cpf")
    @classmethod
    def conferir(cls, valor: str) -> str:
        raise ValueError("inválido")


def test_a_refused_record_leaves_its_reason_and_no_row_behind() -> None:
    linhas = [Linha(chave="1", cpf="x")]
    vista = weakref.ref(linhas[0])
    leitura = SimpleNamespace(tipo_chave=int, detalhes=(), mapear=lambda grupos, _: Modelo(cpf=grupos["atendimento"][0]["cpf"]))
    sistema = SimpleNamespace(entidade="atendimento", leitura=lambda _: leitura)
    con = SimpleNamespace(rollback=lambda: None, dialect=SimpleNamespace(name="mssql"))
    consultas: Any = SimpleNamespace(
        sistema=sistema,
        engine=SimpleNamespace(connect=lambda: nullcontext(con)),
        escolher=lambda _: [("atendimento", "a.sql")],
        linhas=lambda *_, **__: [linhas.pop()],
    )
    contexto: Any = None
    lido = Leitor(consultas, contexto).ler(["1"])["1"]
    assert isinstance(lido, Exception) and motivo_de(lido) == "cpf: inválido"
    gc.collect()
    assert vista() is None
