"""The hospital's own observations, for the simulator: written into the FHIR server, to be pulled into the platform.

``FUSION_FHIR_URL`` and ``FUSION_FHIR_SEGREDO`` say where; the connection is the platform's, which knows whom the EHR knows.
"""

from __future__ import annotations

import os
import random
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.plataforma.ehr import ServidorEhr

FUSO = "UTC"
INVALIDOS = ("codigo_livre",)


def _servidor() -> ServidorEhr:
    return ServidorEhr(os.environ["FUSION_FHIR_URL"], os.environ["FUSION_FHIR_SEGREDO"])


def _paciente(con: Any) -> str:
    with con.cursor() as cur:
        cur.execute('select "ehrPatientId" from patients where "ehrPatientId" is not null order by random() limit 1')
        return str(cur.fetchone()[0])


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One new reading (~80 %), or an amended one that the platform has already."""
    if rng.random() < 0.2:
        with con.cursor() as cur:
            cur.execute("select \"fhirResourceId\" from observations where source = 'ehr' order by random() limit 1")
            if linha := cur.fetchone():
                _servidor().corrigir(linha[0])
                return Mudanca(linha[0], "alteracao", "correção")
    return Mudanca(_servidor().observar(_paciente(con), rng.randint(50, 120)), "inclusao", "observação")


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """An odd one that must nevertheless arrive: entered in error, with a code that the platform has no name for."""
    estranho = {"code": {"text": "anotação do hospital"}, "status": "entered-in-error"}
    chave = _servidor().observar(_paciente(con), rng.randint(50, 120), **estranho)
    return Mudanca(chave, "inclusao", "codigo_livre")
