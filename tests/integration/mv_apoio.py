"""What the MV tests do to a hospital and read from it. The fixtures are in ``mv_pecas``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor
from include.fusion.reading.spec import Sistema
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.sistemas.mv.beds import ContextoMv
from include.fusion.sistemas.mv.system import SISTEMA
from sandbox.origens import mv as origem
from sandbox.origens.mv.hospital import Hospital

INICIO = datetime(1753, 1, 1)
QUANTOS = 300
CHAVES = [str(n) for n in range(1, QUANTOS + 1)]


def novo_leitor(dsn_mv: str, entidade: str = "atendimento", **opcoes: Any) -> Leitor:
    engine = create_engine(dsn_mv.replace("postgresql://", "postgresql+psycopg2://", 1))
    contexto = ContextoMv(DePara.carregar("mv", "mv"), ZoneInfo(origem.FUSO), **opcoes)
    return Leitor(ConsultasSistema(engine, SISTEMA), contexto, entidade)


def novo(hospital: Hospital, tipo: str = "A") -> tuple[int, int]:
    """(attendance, patient), committed by ``lido``."""
    paciente = hospital.novo_paciente()
    return hospital.novo_atendimento(paciente, tipo), paciente


def lido(leitor_mv: Leitor, hospital: Hospital, chave: int) -> Atendimento:
    hospital.cur.connection.commit()
    achado = leitor_mv.ler([str(chave)])[str(chave)]
    assert isinstance(achado, Atendimento), achado
    return achado


def linhas(leitor_mv: Leitor, arquivo: str, sistema: Sistema = SISTEMA, **binds: Any) -> list[dict[str, Any]]:
    with leitor_mv.consultas.engine.connect() as con:
        return ConsultasSistema(leitor_mv.consultas.engine, sistema).linhas(con, arquivo, **binds)


def paginas(leitor_mv: Leitor, arquivo: str, limite: int) -> list[tuple[Any, Any]]:
    todas: list[tuple[Any, Any]] = []
    marcador, chave = INICIO, None
    while True:
        pagina = [(x["marcador"], x["chave"]) for x in linhas(leitor_mv, arquivo, marcador=marcador, chave=chave, limite=limite)]
        todas += pagina
        if len(pagina) < limite:
            return todas
        marcador, chave = pagina[-1]


def receita(hospital: Hospital, chave: int, texto: str, **valores: Any) -> int:
    numero = hospital.inserir(
        "pre_med", **{"cd_atendimento": chave, "cd_prestador": 1, "dt_pre_med": hospital.agora, "hr_pre_med": hospital.agora, "dt_referencia": hospital.agora,
                      "dt_validade": hospital.agora, "sn_fechado": "S", "tp_pre_med": "M", "ds_evolucao": texto, **valores},
    )  # fmt: skip
    hospital.inserir("itpre_med", cd_pre_med=numero, cd_produto=501, dh_registro=hospital.agora)
    return numero
