"""Sandbox of the Fusion Service: the surgical bookings of the sandbox MV, as they are announced to Fusion by Skymed."""

from __future__ import annotations

import random
from typing import Any

from sandbox.origens.base import Change, one
from sandbox.origens.skymed import INVALID, STRANGE, ZONE, change, change_invalid, create, generate, keys

__all__ = ["INVALID", "STRANGE", "ZONE", "cancellation", "change", "change_invalid", "create", "generate", "keys"]


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
