"""Dead letter of the pull: what the EHR has and the platform could not take, with its reason, until a later pull takes it.

Rows are those of :func:`include.fusion.fhir.platform.tables.fila_de_entrada`; a key is ``Type/id`` on the server, the patient the platform's own
id. ``Patient/id`` stands for a patient whose search the server refused. Pending rows are those that somebody asked to have pulled again.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine

from include.fusion.fhir.platform.tables import fila_de_entrada


def chave_de(tipo: str, id: str) -> str:
    """Key of one resource of the server."""
    return f"{tipo}/{id}"


class Recusadas:
    """One tenant's refused resources."""

    def __init__(self, engine: Engine, tenant_id: str) -> None:
        self.fila = fila_de_entrada(engine, tenant_id)
        self._engine = engine

    def anotar_paciente(self, paciente: str, ehr_id: str, motivo: str) -> None:
        """A patient whose observations the server would not give."""
        with self._engine.begin() as con:
            self.fila.refuse(con, {chave_de("Patient", ehr_id): motivo}, paciente)

    def pacientes_abertos(self, ehr_ids: Sequence[str]) -> set[str]:
        """Those of these server ids that have an open row of their own."""
        with self._engine.connect() as con:
            return {c.removeprefix("Patient/") for c in self.fila.abertas(con, (chave_de("Patient", e) for e in ehr_ids))}

    def fechar_paciente(self, ehr_id: str) -> None:
        with self._engine.begin() as con:
            self.fila.conclude(con, [chave_de("Patient", ehr_id)])
