"""``PacienteArquivo``, the outbox: each row has a message in it, and several messages may be about one subject."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, exists, null, select, true, update

from include.fusion.store.clock import now
from include.fusion.store.filas.fila import Fila
from include.fusion.store.filas.types import FilaItem
from include.fusion.store.lists import chunks
from include.fusion.store.tables import FILAS, OPEN_STATES

TABLE = "PacienteArquivo"
REPLACED = "substituída por uma mensagem mais nova"


class Refusal(NamedTuple):
    """Refused messages of one subject. ``unknown``: Fusion does not know the subject, since the message that opens it is among them and no
    later one arrived."""

    control_ids: list[str]
    unknown: bool


def _has_newer(*states: str) -> ColumnElement[bool]:
    """Whether a newer message about the same subject is in one of these states."""
    t, new = FILAS[TABLE].c, FILAS[TABLE].alias("nova").c
    same = (new.integracao_id == t.integracao_id, new.processo == t.processo, new.assunto == t.assunto)
    return exists(select(null()).where(*same, new.id > t.id, new.situacao.in_(states)))


def _replaced() -> dict[str, Any]:
    return {"situacao": "descartado", "motivo": REPLACED, "concluido_em": now()}


class OutboxFila(Fila):
    """Queue of messages; the key of a row is the message's control id."""

    def store(self, con: Connection, messages: Sequence[tuple[FilaItem, str, bytes]]) -> None:
        """Queue messages (row, what it is about, its bytes) in this order, in the caller's transaction."""
        self.enqueue(con, [item for item, _, _ in messages])
        if messages:
            t = self._table
            where = (*self._dialect.conditions(self.scope, OPEN_STATES), t.c.chave == bindparam("controle"))
            command = update(t).where(*where).values(mensagem=bindparam("bytes"), assunto=bindparam("sobre"))
            con.execute(command, [{"controle": item.chave, "sobre": assunto, "bytes": body} for item, assunto, body in messages])

    def bodies(self, ids: Iterable[int]) -> dict[str, bytes]:
        """Bytes of these rows, by control id."""
        t = self._table.c
        query = select(t.chave, t.mensagem).where(t.mensagem.is_not(null()))
        with self._engine.connect() as con:
            parts = (con.execute(query.where(t.id.in_(part))) for part in chunks(ids))
            return {key: bytes(message) for rows in parts for key, message in rows}

    def dead_letter(self, con: Connection, pacientes: Sequence[str]) -> dict[str, Refusal]:
        """Messages of these patients that the receiver refused, by subject."""
        t = self._table.c
        open_rows = self._in_error(con, pacientes, t.recusada == true(), t.operacao == "inclusao", ~_has_newer("concluido"))
        unknown = {assunto for assunto, _ in open_rows}
        found: dict[str, Refusal] = {}
        for assunto, control_id in self._in_error(con, pacientes, t.recusada == true()):
            found.setdefault(assunto, Refusal([], assunto in unknown)).control_ids.append(control_id)
        return found

    def repeat_uncertain(self, pacientes: Sequence[str]) -> int:
        """Queue again the messages of these patients that got no answer, under the same control ids: others could arrive twice. How many."""
        with self._engine.connect() as con:
            uncertain = [control_id for _, control_id in self._in_error(con, pacientes, self._table.c.recusada.is_(None))]
        return self.reenviar_erros(keys=uncertain) if uncertain else 0

    def _in_error(self, con: Connection, pacientes: Sequence[str], *where: ColumnElement[bool]) -> Iterator[tuple[str, str]]:
        t = self._table.c
        for part in chunks(pacientes):
            theirs = (*self._dialect.conditions(self.scope, ("erro",)), t.chave_paciente.in_(part), *where)
            for row in con.execute(select(t.assunto, t.chave).where(*theirs)):
                yield row.assunto, row.chave

    def marcar_recusadas(self, con: Connection, control_ids: Iterable[str]) -> None:
        """Note that the receiver refused these messages: it does not have their content."""
        self._change(("erro",), values={"recusada": True}, keys=control_ids, con=con)

    def substituir(self, con: Connection, control_ids: Iterable[str]) -> None:
        """Close refused messages that newer ones replace."""
        self._change(("erro",), values=_replaced(), keys=control_ids, con=con)

    def reenviar_erros(
        self, *, owner_prefix: str | None = None, keys: Iterable[str] | None = None, reason_prefix: str | None = None
    ) -> int:
        """Like :meth:`Fila.reenviar_erros`, but not messages that a newer one about the same subject has overtaken: those would undo it."""
        self._change(("erro",), _has_newer("reservado", "concluido"), values=_replaced())
        return super().reenviar_erros(owner_prefix=owner_prefix, keys=keys, reason_prefix=reason_prefix)

    @staticmethod
    def _back_to_pending() -> dict[str, Any]:
        # Sent again, it may arrive.
        return {**Fila._back_to_pending(), "recusada": null()}
