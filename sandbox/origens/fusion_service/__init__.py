"""Sandbox of the Fusion Service: the surgical bookings of the sandbox MV, as they are announced to Fusion by Skymed.

Bookings that change, and bad ones, are Skymed's; here a booking may also be deleted, or have a member of its team who cannot be mapped.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from sandbox.origens import skymed
from sandbox.origens.base import Change, one
from sandbox.origens.mv.agenda import booked
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.skymed import STRANGE, ZONE, change, create, generate, keys

__all__ = ["INVALID", "ITEM_FAULTS", "STRANGE", "ZONE", "cancellation", "change", "change_invalid", "create", "generate", "keys"]

ITEM_FAULTS = ("cpf_de_profissional",)
INVALID = (*skymed.INVALID, *ITEM_FAULTS)
_NOBODY = 900_001
"""A professional whose CPF is wrong."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """One booking of the given kind, or of any; not committed."""
    kind = kind or rng.choice(INVALID + STRANGE)
    if kind not in ITEM_FAULTS:
        return skymed.change_invalid(con, rng, kind)
    made = booked(Hospital(con, rng))
    one(con, "insert into dbamv.prestador (cd_prestador, nm_prestador, nr_cpf_cgc) values (%s, 'Sem Registro', '12345678900')"
             " on conflict do nothing", _NOBODY)  # fmt: skip
    one(con, "update dbamv.prestador_aviso set cd_prestador = %s where cd_aviso_cirurgia ="
             " (select cd_aviso_cirurgia from dbamv.age_cir where cd_age_cir = %s)", _NOBODY, int(made.chave))  # fmt: skip
    return dataclasses.replace(made, tipo=kind, affected=(made.chave,), recusada=True)


def cancellation(con: Any, rng: random.Random) -> Change:
    """One booking is deleted, not committed: only its row in the journal tells."""
    key, paciente = one(
        con,
        "select g.cd_age_cir, v.cd_paciente from dbamv.age_cir g join dbamv.aviso_cirurgia v on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia"
        " where v.cd_paciente is not null order by mod(g.cd_age_cir * 7919 + %s, 100003) limit 1",
        rng.randrange(100_003),
    )
    one(con, "delete from dbamv.age_cir where cd_age_cir = %s", key)
    return Change(str(key), "exclusao", "exclusao", str(paciente), (str(key),))
