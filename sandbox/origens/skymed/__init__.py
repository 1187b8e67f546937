"""Sandbox Skymed: the surgical schedule of the sandbox MV, in MV's own database.

``create`` and ``generate`` are MV's and do nothing where it is there. ``change`` and ``change_invalid`` change one booking (the caller commits; the
key is CD_AGE_CIR), ``keys`` lists every booking. Only bookings that change reach Fusion: the journal begins with its trigger.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from sandbox.origens import mv
from sandbox.origens.base import Expected, Progress, connect
from sandbox.origens.mv import change_agenda, create
from sandbox.origens.skymed.invalidos import INVALID, STRANGE, change_invalid

ZONE = mv.ZONE

__all__ = ["INVALID", "STRANGE", "ZONE", "change", "change_invalid", "create", "generate", "keys"]


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> None:
    """MV's history, unless the hospital has one."""
    con = connect(dsn)
    with con, con.cursor() as cur:
        cur.execute("select exists (select 1 from dbamv.atendime)")
        empty_for = not cur.fetchone()[0]
    con.close()
    if empty_for:
        mv.generate(dsn, atendimentos, semente, progress, edge_cases=edge_cases)


def change(con: Any, rng: random.Random) -> Any:
    """One booking made, moved, called off, done, or of a patient who is admitted by now."""
    return change_agenda(con, rng)


def keys(con: Any) -> Iterator[Expected]:
    """Every booking that is there, ordered by key, streams; which ones were deleted nobody knows."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select g.cd_age_cir, coalesce(v.cd_paciente, a.cd_paciente) from dbamv.age_cir g join dbamv.aviso_cirurgia v"
                    " on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia left join dbamv.atendime a on a.cd_atendimento = v.cd_atendimento"
                    " order by 1")  # fmt: skip
        for key, paciente in cur:
            yield Expected(str(key), str(paciente or ""), "alteracao")
