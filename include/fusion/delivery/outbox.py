"""HL7 messages that wait in ``PacienteArquivo``, as the loop delivers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.reading.reader import Pronto
from include.fusion.store.filas import ItemFila, Registro
from include.fusion.store.filas.messages import FilaArquivos
from include.fusion.store.ledger import SemLivro


class Arquivo(NamedTuple):
    """One message of a patient, and what it is about; ``abre``: the receiver has nothing alive of that before this message."""

    paciente: str
    assunto: str
    mensagem: MensagemHl7
    abre: bool = True

    @property
    def item(self) -> ItemFila:
        return ItemFila(self.mensagem.controle, self.paciente, "inclusao" if self.abre else "alteracao")


class Arquivos(SemLivro):
    """Messages of one queue. A row's key is the message's control id, by which the receiver knows what it has: no ledger is kept."""

    def __init__(self, fila: FilaArquivos) -> None:
        self.fila = fila

    def guardar(self, con: Connection, arquivos: Sequence[Arquivo]) -> None:
        """Queue messages in this order, in the caller's transaction."""
        self.fila.guardar(con, [(a.item, a.assunto, a.mensagem.corpo) for a in arquivos])

    def retirar(self, con: Connection, chaves: Iterable[str]) -> None:
        self.fila.marcar_recusadas(con, chaves)

    def ler_bytes(self, registros: Sequence[Registro]) -> dict[str, Pronto | None]:
        """Bytes of reserved rows, by control id."""
        corpos = self.fila.corpos(r.id for r in registros)
        return {r.chave: Pronto(corpos[r.chave], r.chave) if r.chave in corpos else None for r in registros}
