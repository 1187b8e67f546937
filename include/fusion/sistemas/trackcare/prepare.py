"""From patients' pendencies to messages in ``PacienteArquivo``, as the delivery loop's work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from include.fusion.delivery.outbox import Outbox, OutboxMessage
from include.fusion.delivery.result import check_share
from include.fusion.delivery.work import DeliveryParameters, Work
from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.sistemas.trackcare.system import Item, MessagePlan, state, to_send
from include.fusion.store.filas import Fila, FilaRow, Outcome
from include.fusion.store.filas.messages import Refusal
from include.fusion.store.ledger import DELETION, RESEND, SEND, Ledger, LedgerEntry

ABSENT = "paciente não encontrado na origem"
DURATION_MAX = 30.0
"""Seconds of one turn: behind an initial load's million patients the messages that are made would wait for hours, and live ones with them."""
ReadResults = Mapping[str, MessagePlan | Exception | None]
"""Patient's key → what there is to say, the error that keeps it from being said, or ``None`` when the source has no such patient."""


@dataclass
class PreparationResult:
    """Counts: patients looked up, messages made and queued, things that said nothing new, patients with a reason to look at."""

    pacientes: int = 0
    mensagens: int = 0
    inalteradas: int = 0
    erros: int = 0

    def add(self, other: PreparationResult) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def check(self, share_max: float, minimum: int) -> None:
        """Raise ``TooManyErrors`` when more than ``share_max`` (0 to 1) of at least ``minimum`` patients had something that cannot be said."""
        advice = (
            "O que pôde ser dito segue para o envio; os motivos estão em PendenciaIntegracao. Corrija a causa (De/Para, charset) e limpe"
            " esta tarefa: eles serão relidos."
        )
        check_share(self.erros, self.pacientes, share_max, minimum, "pacientes com algo recusado", advice)


@dataclass
class Batch:
    """Patients in hand, what there is to say of them, and why something cannot be said."""

    records: list[FilaRow]
    plans: dict[str, MessagePlan]
    motivos: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.records)


class Preparer(Work[Batch, PreparationResult]):
    """Makes messages of the patients that wait in ``pendencias``: what the ledger does not have in this very state. Nothing travels; ``batch`` at
    a time.

    Messages, ledger and the pendencies' outcomes are one transaction: who is killed has done all of a batch or nothing. What could not be
    mapped leaves the pendency in ``erro`` with its reason; the patient's other messages travel. A message that was refused does not count
    as sent: looked at again, its subject gets a new one in its place. What of it Fusion had before, it still has: the ledger's ``operacao``
    tells whether that was anything. A message that ended without an answer may have arrived: it is sent again as it is.
    """

    def __init__(
        self,
        pendencias: Fila,
        read: Callable[[Sequence[str]], ReadResults],
        files: Outbox,
        ledger: Ledger,
        engine: Engine,
        owner: str,
        batch: int,
    ) -> None:
        # In order, and until the turn is over; refusals are judged by the task, over all its turns.
        p = DeliveryParameters(lote=batch, max_per_cycle=sys.maxsize, permanencia=0, duration_max=DURATION_MAX, lanes=1, parcela_erro_max=1)
        super().__init__([pendencias], owner, p, nullcontext(), PreparationResult())
        self.pendencias = pendencias
        self.read = read
        self.arquivos = files
        self.ledger = ledger
        self.engine = engine

    def prepare(self, count: int) -> Batch | None:
        records = self.pendencias.reserve(count, self.owner, self.lease)
        if not records:
            return None
        read_items = self.read([r.chave for r in records if not self.interrompido(r)])
        batch = Batch(records, {}, {})
        for record in records:
            read_item = read_items.get(record.chave)
            if reason := self.interrompido(record):
                batch.motivos[record.chave] = [reason]
            elif read_item is None or isinstance(read_item, Exception):
                batch.motivos[record.chave] = [ABSENT if read_item is None else reason_of(read_item)]
            else:
                batch.plans[record.chave], batch.motivos[record.chave] = read_item, list(read_item.refusals)
        return batch

    def write(self, batch: Batch) -> None:
        self.arquivos.fila.repeat_uncertain(list(batch.plans))
        with self.engine.begin() as con:
            # Only what is still ours: another worker may have taken a row over while we read.
            mine = self.pendencias.still_mine(con, self.owner, [r.id for r in batch.records])
            ours = {r.chave: batch.plans[r.chave] for r in batch.records if r.id in mine and r.chave in batch.plans}
            messages, equal = self._build(con, ours, batch.motivos)
            self.arquivos.store(con, messages)
            outcomes = [_outcome(r, batch.motivos[r.chave]) for r in batch.records]
            self.pendencias.record(con, self.owner, outcomes)
        errors = sum(d.situacao == "erro" for d in outcomes)
        self.result.add(PreparationResult(len(batch.records), len(messages), equal, errors))

    def _build(
        self, con: Connection, plans: Mapping[str, MessagePlan], reasons: Mapping[str, list[str]]
    ) -> tuple[list[OutboxMessage], int]:
        """Messages of what is new, in order, noted in the ledger; how many items were not. What cannot be made adds to ``reasons``."""
        redone = self.arquivos.fila.dead_letter(con, list(plans))
        entities = {item.entidade for plan in plans.values() for item in plan.items}
        before = _without_refusals(self.ledger.read(con, entities), redone)
        new = [(paciente, item) for paciente, plan in plans.items() for item in to_send(plan, before)]
        numbers = self.ledger.announce(con, [(item.entidade, item.versao if item.ativo else DELETION) for _, item in new])
        moment = datetime.now(UTC)
        messages, done = [], []
        for paciente, item in new:
            try:
                message = item.build(state(item, before, numbers[item.entidade], moment))
            except InvalidRecord as error:
                reasons[paciente].append(f"{reason_of(error)} ({item.entidade})")
                continue
            messages.append(OutboxMessage(paciente, item.entidade, message, opens=_operation(item, before) == SEND))
            done.append(item)
        stuck = {item.entidade for _, item in new} - {item.entidade for item in done}
        self.ledger.write(con, [(item.entidade, item.versao, _operation(item, before)) for item in done])
        self.ledger.withdraw(con, stuck)
        self.arquivos.fila.substituir(con, [c for assunto in redone.keys() & (entities - stuck) for c in redone[assunto].control_ids])
        return messages, sum(len(plan.items) for plan in plans.values()) - len(new)


def _without_refusals(ledger: Mapping[str, LedgerEntry], redone: Mapping[str, Refusal]) -> dict[str, LedgerEntry]:
    """The ledger without what was refused, which it had hoped for: what was alive before is alive still, with a content unknown."""
    before = {e: delivery for e, delivery in ledger.items() if e not in redone}
    refusals = {e: redone[e] for e in ledger.keys() & redone.keys()}
    live = {e: ledger[e] for e, refusal in refusals.items() if ledger[e].operacao in (RESEND, DELETION) and not refusal.unknown}
    return before | {e: delivery._replace(versao=None, operacao=RESEND) for e, delivery in live.items()}


def _operation(item: Item, before: Mapping[str, LedgerEntry]) -> str:
    delivery = before.get(item.entidade)
    return DELETION if not item.ativo else SEND if delivery is None or delivery.cancelled else RESEND


def _outcome(record: FilaRow, reasons: Sequence[str]) -> Outcome:
    return Outcome(record, "erro" if reasons else "concluido", motivo="; ".join(reasons) or None)
