"""The outbox: HL7 messages that are ready in ``PacienteArquivo``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from include.fusion.hl7.build.message import Hl7Message
from include.fusion.reading.reader import Ready
from include.fusion.store.filas import FilaItem, FilaRow
from include.fusion.store.filas.messages import OutboxFila
from include.fusion.store.ledger import NoLedger


class OutboxMessage(NamedTuple):
    """One message about a patient and a subject. ``opens``: the receiver has nothing active of the subject before this message."""

    paciente: str
    assunto: str
    mensagem: Hl7Message
    opens: bool = True

    @property
    def item(self) -> FilaItem:
        return FilaItem(self.mensagem.controle, self.paciente, "inclusao" if self.opens else "alteracao")


class Outbox(NoLedger):
    """Messages of one queue. A row's key is the message's control id. The receiver recognises it, so there is no ledger."""

    def __init__(self, fila: OutboxFila) -> None:
        self.fila = fila

    def store(self, con: Connection, messages: Sequence[OutboxMessage]) -> None:
        """Queue messages in this order, in the caller's transaction."""
        self.fila.store(con, [(m.item, m.assunto, m.mensagem.body) for m in messages])

    def withdraw(self, con: Connection, keys: Iterable[str]) -> None:
        self.fila.marcar_recusadas(con, keys)

    def read_bytes(self, records: Sequence[FilaRow]) -> dict[str, Ready | None]:
        """Bytes of reserved rows, by control id; ``None`` where they are gone."""
        bodies = self.fila.bodies(r.id for r in records)
        return {r.chave: Ready(bodies[r.chave], r.chave) if r.chave in bodies else None for r in records}
