"""Sandbox Skymed: the surgical schedule of the sandbox MV, in MV's own database.

``criar`` and ``gerar`` are MV's and do nothing where it is there. ``mudar`` and ``mudar_invalido`` change one booking (the caller commits; the
key is CD_AGE_CIR), ``chaves`` lists every booking. Only bookings that change reach Fusion: the journal begins with its trigger.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from sandbox.origens import mv
from sandbox.origens.base import Esperado, Progresso, conectar
from sandbox.origens.mv import criar, mudar_agenda
from sandbox.origens.skymed.invalidos import ESTRANHOS, INVALIDOS, mudar_invalido

FUSO = mv.FUSO

__all__ = ["ESTRANHOS", "FUSO", "INVALIDOS", "chaves", "criar", "gerar", "mudar", "mudar_invalido"]


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> None:
    """MV's history, unless the hospital has one."""
    con = conectar(dsn)
    with con, con.cursor() as cur:
        cur.execute("select exists (select 1 from dbamv.atendime)")
        vazio = not cur.fetchone()[0]
    con.close()
    if vazio:
        mv.gerar(dsn, atendimentos, semente, progresso, casos_de_borda=casos_de_borda)


def mudar(con: Any, rng: random.Random) -> Any:
    """One booking made, moved, called off, done, or of a patient who is admitted by now."""
    return mudar_agenda(con, rng)


def chaves(con: Any) -> Iterator[Esperado]:
    """Every booking that is there, ordered by key, streams; which ones were deleted nobody knows."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select g.cd_age_cir, v.cd_paciente from dbamv.age_cir g join dbamv.aviso_cirurgia v"
                    " on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia order by 1")  # fmt: skip
        for chave, paciente in cur:
            yield Esperado(str(chave), str(paciente or ""), "alteracao")
