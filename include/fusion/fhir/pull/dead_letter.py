"""Dead letter of the pull: what the EHR has and the platform could not take, with its reason, until a later pull takes it.

Rows are those of :func:`include.fusion.fhir.platform.tables.fila_de_entrada`; a key is ``Type/id`` on the server, the patient the platform's own
id. ``Patient/id`` stands for a patient whose search the server refused. Pending rows are those that somebody asked to have pulled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson
from sqlalchemy import Connection, Engine, text

from include.fusion.fhir.platform.tables import fila_de_entrada, numero_de_entrada
from include.fusion.store.filas.types import cortar_motivo

# What another run has in hand is left to it.
_ANOTAR = """\
INSERT INTO SincronizacaoFhir AS f (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir,
    criado_em, motivo)
SELECT :numero, :tenant, d.chave, :paciente, 'inclusao', 0, 'erro', 1, false, statement_timestamp(), d.motivo
FROM jsonb_to_recordset(CAST(:linhas AS jsonb)) AS d (chave text, motivo text) ORDER BY d.chave
ON CONFLICT (integracao_id, processo, chave) WHERE situacao IN ('pendente', 'reservado', 'erro') DO UPDATE SET
    situacao = 'erro', motivo = excluded.motivo, chave_paciente = excluded.chave_paciente
WHERE f.situacao <> 'reservado'"""
_FECHAR = """\
UPDATE SincronizacaoFhir SET situacao = 'concluido', concluido_em = statement_timestamp(), motivo = NULL
WHERE id IN (SELECT id FROM SincronizacaoFhir WHERE integracao_id = :numero AND processo = :tenant AND chave = ANY(:chaves)
    AND situacao IN ('pendente', 'erro') ORDER BY id FOR UPDATE)"""


def chave_de(tipo: str, id: str) -> str:
    """Key of one resource of the server."""
    return f"{tipo}/{id}"


class Recusadas:
    """One tenant's refused resources."""

    def __init__(self, engine: Engine, tenant_id: str) -> None:
        self.fila = fila_de_entrada(engine, tenant_id)
        self._engine = engine
        self._comum = {"numero": numero_de_entrada(tenant_id), "tenant": tenant_id}

    def anotar(self, con: Connection, paciente: str, motivos: dict[str, str]) -> None:
        """Key → reason, of one patient, in the caller's transaction."""
        if motivos:
            linhas = [{"chave": chave, "motivo": cortar_motivo(motivo)} for chave, motivo in motivos.items()]
            con.execute(text(_ANOTAR), {**self._comum, "paciente": paciente, "linhas": orjson.dumps(linhas).decode()})

    def anotar_paciente(self, paciente: str, ehr_id: str, motivo: str) -> None:
        """A patient whose observations the server would not give."""
        with self._engine.begin() as con:
            self.anotar(con, paciente, {chave_de("Patient", ehr_id): motivo})

    def fechar(self, con: Connection, chaves: Iterable[str]) -> None:
        """Taken after all."""
        if lista := sorted(set(chaves)):
            con.execute(text(_FECHAR), {**self._comum, "chaves": lista})

    def pacientes_abertos(self, ehr_ids: Sequence[str]) -> set[str]:
        """Those of these server ids that have an open row of their own."""
        with self._engine.connect() as con:
            return {c.removeprefix("Patient/") for c in self.fila.abertas(con, (chave_de("Patient", e) for e in ehr_ids))}

    def fechar_paciente(self, ehr_id: str) -> None:
        with self._engine.begin() as con:
            self.fechar(con, [chave_de("Patient", ehr_id)])
