"""The platform at work, for the simulator: observations as its WhatsApp and API flows write them, and corrections of them."""

from __future__ import annotations

import random
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.plataforma.gerador import editar, observar

FUSO = "UTC"
INVALIDOS = ("tipo_desconhecido", "sem_valor")


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One new observation of some tenant (~80 %), or a correction of one that was sent."""
    with con.cursor() as cur:
        if rng.random() < 0.2:
            cur.execute("select id from observations where \"syncedToEHR\" and source <> 'ehr' order by random() limit 1")
            if linha := cur.fetchone():
                editar(con, rng, linha[0])
                return Mudanca(linha[0], "alteracao", "correção")
        cur.execute("select id from tenants order by random() limit 1")
        return Mudanca(observar(con, rng, cur.fetchone()[0]), "inclusao", "observação")


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """One observation that no resource can be made of: it ends in the dead letter."""
    tipo = tipo or rng.choice(INVALIDOS)
    with con.cursor() as cur:
        cur.execute("select id from tenants order by random() limit 1")
        chave = observar(con, rng, cur.fetchone()[0])
        novo = "nada" if tipo == "tipo_desconhecido" else "temperature"
        cur.execute("update observations set type = %s, value = null, systolic = null, diastolic = null where id = %s", (novo, chave))
    return Mudanca(chave, "inclusao", tipo, recusada=True)
