"""``PacienteArquivo``: a queue whose rows carry the message itself, and of which several may be about one subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, exists, null, select, true, update

from include.fusion.store.clock import agora
from include.fusion.store.filas.fila import Fila, _fatias
from include.fusion.store.filas.types import ItemFila
from include.fusion.store.tables import ABERTAS, FILAS

TABELA = "PacienteArquivo"
SUBSTITUIDA = "substituída por uma mensagem mais nova"


class Recusa(NamedTuple):
    """Refused messages of one subject; ``desconhecido``: the one that opens it among them, and none after it got through."""

    controles: list[str]
    desconhecido: bool


def _ha_mais_nova(*situacoes: str) -> ColumnElement[bool]:
    """Whether a newer message about the same subject is in one of these situations."""
    t, nova = FILAS[TABELA].c, FILAS[TABELA].alias("nova").c
    mesma = (nova.integracao_id == t.integracao_id, nova.processo == t.processo, nova.assunto == t.assunto)
    return exists(select(null()).where(*mesma, nova.id > t.id, nova.situacao.in_(situacoes)))


def _substituida() -> dict[str, Any]:
    return {"situacao": "descartado", "motivo": SUBSTITUIDA, "concluido_em": agora()}


class FilaArquivos(Fila):
    """Queue of messages; the key of a row is the message's control id."""

    def guardar(self, con: Connection, mensagens: Sequence[tuple[ItemFila, str, bytes]]) -> None:
        """Queue messages (row, what it is about, its bytes) in this order, in the caller's transaction."""
        self.enfileirar(con, [item for item, _, _ in mensagens])
        if mensagens:
            t = self._tabela
            onde = (*self._dialeto.condicoes(self.escopo, ABERTAS), t.c.chave == bindparam("controle"))
            comando = update(t).where(*onde).values(mensagem=bindparam("bytes"), assunto=bindparam("sobre"))
            con.execute(comando, [{"controle": item.chave, "sobre": assunto, "bytes": corpo} for item, assunto, corpo in mensagens])

    def corpos(self, ids: Iterable[int]) -> dict[str, bytes]:
        """Bytes of these rows, by control id."""
        t = self._tabela.c
        achados: dict[str, bytes] = {}
        with self._engine.connect() as con:
            for parte in _fatias(ids):
                linhas = con.execute(select(t.chave, t.mensagem).where(t.id.in_(parte), t.mensagem.is_not(null())))
                achados.update((chave, bytes(mensagem)) for chave, mensagem in linhas)
        return achados

    def recusadas(self, con: Connection, pacientes: Sequence[str]) -> dict[str, Recusa]:
        """Subject → messages about it, of these patients, that the receiver refused."""
        t = self._tabela.c
        abertas = self._em_erro(con, pacientes, t.recusada == true(), t.operacao == "inclusao", ~_ha_mais_nova("concluido"))
        desconhecidos = {assunto for assunto, _ in abertas}
        achadas: dict[str, Recusa] = {}
        for assunto, controle in self._em_erro(con, pacientes, t.recusada == true()):
            achadas.setdefault(assunto, Recusa([], assunto in desconhecidos)).controles.append(controle)
        return achadas

    def repetir_incertas(self, pacientes: Sequence[str]) -> int:
        """Send messages of these patients again that ended in error without an answer: under another control id they might arrive twice."""
        with self._engine.connect() as con:
            incertas = [controle for _, controle in self._em_erro(con, pacientes, self._tabela.c.recusada.is_(None))]
        return self.reenviar_erros(chaves=incertas) if incertas else 0

    def _em_erro(self, con: Connection, pacientes: Sequence[str], *onde: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
        t = self._tabela.c
        for parte in _fatias(pacientes):
            deles = (*self._dialeto.condicoes(self.escopo, ("erro",)), t.chave_paciente.in_(parte), *onde)
            for linha in con.execute(select(t.assunto, t.chave).where(*deles)):
                yield linha.assunto, linha.chave

    def marcar_recusadas(self, con: Connection, controles: Iterable[str]) -> None:
        """Note that the receiver refused these messages: it certainly has not their content."""
        self._mudar(("erro",), valores={"recusada": True}, chaves=controles, con=con)

    def substituir(self, con: Connection, controles: Iterable[str]) -> None:
        """Close refused messages in whose place there are newer ones."""
        self._mudar(("erro",), valores=_substituida(), chaves=controles, con=con)

    def reenviar_erros(
        self, *, prefixo_dono: str | None = None, chaves: Iterable[str] | None = None, reason_prefix: str | None = None
    ) -> int:
        """Like :meth:`Fila.reenviar_erros`, but for messages whose subject Fusion has a newer one of: sent now, they would take it back."""
        self._mudar(("erro",), _ha_mais_nova("reservado", "concluido"), valores=_substituida())
        return super().reenviar_erros(prefixo_dono=prefixo_dono, chaves=chaves, reason_prefix=reason_prefix)

    @staticmethod
    def _de_volta() -> dict[str, Any]:
        # Sent once more, it may arrive after all.
        return {**Fila._de_volta(), "recusada": null()}
