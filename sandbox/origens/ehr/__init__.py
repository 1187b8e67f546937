"""The hospital's own observations, for the simulator: written into the FHIR server, to be pulled into the platform.

``FUSION_FHIR_URL`` and ``FUSION_FHIR_SEGREDO`` say where; the connection is the platform's, which knows whom the EHR knows.
"""

from __future__ import annotations

import os
import random
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.plataforma.ehr import EhrServer

ZONE = "UTC"
INVALID = ("codigo_livre",)


def _server() -> EhrServer:
    return EhrServer(os.environ["FUSION_FHIR_URL"], os.environ["FUSION_FHIR_SEGREDO"])


def _paciente(con: Any) -> str:
    with con.cursor() as cur:
        cur.execute('select "ehrPatientId" from patients where "ehrPatientId" is not null order by random() limit 1')
        return str(cur.fetchone()[0])


def change(con: Any, rng: random.Random) -> Change:
    """One new reading (~80 %), or an amended one that the platform has already."""
    if rng.random() < 0.2:
        with con.cursor() as cur:
            cur.execute("select \"fhirResourceId\" from observations where source = 'ehr' order by random() limit 1")
            if row := cur.fetchone():
                _server().correct(row[0])
                return Change(row[0], "alteracao", "correção")
    return Change(_server().observe(_paciente(con), rng.randint(50, 120)), "inclusao", "observação")


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """An odd one that must nevertheless arrive: entered in error, with a code that the platform has no name for."""
    strange = {"code": {"text": "anotação do hospital"}, "status": "entered-in-error"}
    key = _server().observe(_paciente(con), rng.randint(50, 120), **strange)
    return Change(key, "inclusao", "codigo_livre")
