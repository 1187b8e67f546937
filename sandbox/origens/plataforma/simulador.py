"""The platform at work, for the simulator: observations as its WhatsApp and API flows write them, and corrections of them."""

from __future__ import annotations

import random
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.plataforma.gerador import edit, observe

ZONE = "UTC"
INVALID = ("tipo_desconhecido", "sem_valor")


def change(con: Any, rng: random.Random) -> Change:
    """One new observation of some tenant (~80 %), or a correction of one that was sent."""
    with con.cursor() as cur:
        if rng.random() < 0.2:
            cur.execute("select id from observations where \"syncedToEHR\" and source <> 'ehr' order by random() limit 1")
            if row := cur.fetchone():
                edit(con, rng, row[0])
                return Change(row[0], "alteracao", "correção")
        cur.execute("select id from tenants order by random() limit 1")
        return Change(observe(con, rng, cur.fetchone()[0]), "inclusao", "observação")


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """One observation that no resource can be made of: it ends in the dead letter."""
    kind = kind or rng.choice(INVALID)
    with con.cursor() as cur:
        cur.execute("select id from tenants order by random() limit 1")
        key = observe(con, rng, cur.fetchone()[0])
        new = "nada" if kind == "tipo_desconhecido" else "temperature"
        cur.execute("update observations set type = %s, value = null, systolic = null, diastolic = null where id = %s", (new, key))
    return Change(key, "inclusao", kind, recusada=True)
