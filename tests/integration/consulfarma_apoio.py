"""What the Consulfarma tests share: a reader on a database of the sandbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine

from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.spec import Contexto
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.sistemas.consulfarma.system import SISTEMA
from sandbox.origens import consulfarma as origem

INICIO = datetime(1753, 1, 1)


def novo_leitor(dsn: str, *, omitir: bool = False) -> Leitor:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    contexto = Contexto(DePara.carregar("consulfarma", "consulfarma"), ZoneInfo(origem.FUSO), omitir_documento_invalido=omitir)
    return Leitor(ConsultasSistema(engine, SISTEMA), contexto)


def linhas(leitor: Leitor, arquivo: str, **binds: Any) -> list[dict[str, Any]]:
    with leitor.consultas.engine.connect() as con:
        return leitor.consultas.linhas(con, arquivo, **binds)


def paginas(leitor: Leitor, arquivo: str, limite: int, marcador: datetime = INICIO) -> list[dict[str, Any]]:
    """Every row of an origin, page by page, as the load reads it."""
    todas: list[dict[str, Any]] = []
    chave = None
    while True:
        pagina = linhas(leitor, arquivo, marcador=marcador, chave=chave, limite=limite)
        todas += pagina
        if len(pagina) < limite:
            return todas
        marcador, chave = pagina[-1]["marcador"], pagina[-1]["chave"]
