"""TrackCare: from pendências of patients to messages in ``PacienteArquivo``, as work of the delivery loop."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from include.fusion.delivery.hold import Hold
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
"""Seconds of one turn. A carga inicial has a million patients: without a limit its messages, and live ones, would wait for hours."""
ReadResults = Mapping[str, MessagePlan | Exception | None]
"""Key of a patient → the plan, the error that prevents one, or ``None`` when the source does not have the patient."""


@dataclass
class PreparationResult:
    """Counts: patients read, messages queued, items without news, patients with a refused item."""

    pacientes: int = 0
    mensagens: int = 0
    inalteradas: int = 0
    erros: int = 0

    def add(self, other: PreparationResult) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def check(self, share_max: float, minimum: int) -> None:
        """Raises ``TooManyErrors`` when more than ``share_max`` (0 to 1) of at least ``minimum`` patients have a refused item."""
        advice = (
            "O que pôde ser dito segue para o envio; os motivos estão em PendenciaIntegracao. Corrija a causa (De/Para, charset) e limpe"
            " esta tarefa: eles serão relidos."
        )
        check_share(self.erros, self.pacientes, share_max, minimum, "pacientes com algo recusado", advice)


@dataclass
class Batch:
    """Reserved patients; by their key the plans and the reasons of refusals."""

    records: list[FilaRow]
    hold: Hold
    plans: dict[str, MessagePlan] = field(default_factory=dict)
    reasons: dict[str, list[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)


class Preparer(Work[Batch, PreparationResult]):
    """Makes messages of the patients that wait in ``pendencias``, ``batch`` at a time, of every content that the ledger does not have.

    One transaction writes messages, ledger and outcomes: a killed task has done all of a batch or nothing. An item that cannot be mapped
    leaves the row in ``erro`` with its reason; the patient's other messages are sent. A refused message does not count as sent: a new one
    takes its place, and the ledger's ``operacao`` tells whether Fusion has an older content. A message without an answer may have arrived:
    it is sent again as it is.
    """

    def __init__(
        self,
        pendencias: Fila,
        read: Callable[[Sequence[str]], ReadResults],
        outbox: Outbox,
        ledger: Ledger,
        engine: Engine,
        owner: str,
        batch: int,
    ) -> None:
        # One lane keeps the order. The task judges the share of refusals, over all its turns.
        p = DeliveryParameters(lote=batch, max_per_cycle=sys.maxsize, permanencia=0, duration_max=DURATION_MAX, lanes=1, parcela_erro_max=1)
        super().__init__([pendencias], owner, p, nullcontext(), PreparationResult())
        self.pendencias, self.read, self.outbox, self.ledger, self.engine = pendencias, read, outbox, ledger, engine

    def prepare(self, count: int) -> Batch | None:
        batch = Batch(*self.reserve(self.pendencias, count))
        if not batch.records:
            return None
        found = self.read([r.chave for r in batch.records if not self.interrompido(r)])
        for record in batch.records:
            key, plan = record.chave, found.get(record.chave)
            if reason := self.interrompido(record):
                batch.reasons[key] = [reason]
            elif plan is None or isinstance(plan, Exception):
                batch.reasons[key] = [ABSENT if plan is None else reason_of(plan)]
            else:
                batch.plans[key], batch.reasons[key] = plan, list(plan.refusals)
        return batch

    def write(self, batch: Batch) -> None:
        self.outbox.fila.repeat_uncertain(list(batch.plans))
        with self.engine.begin() as con:
            # Only rows that are still ours: another worker may have taken one while we read.
            mine = self.pendencias.still_mine(con, self.owner, [r.id for r in batch.records])
            ours = {r.chave: batch.plans[r.chave] for r in batch.records if r.id in mine and r.chave in batch.plans}
            messages, equal = self._build(con, ours, batch.reasons)
            self.outbox.store(con, messages)
            reasons = [(r, "; ".join(batch.reasons[r.chave]) or None) for r in batch.records]
            outcomes = [Outcome(r, "erro" if reason else "concluido", motivo=reason) for r, reason in reasons]
            self.pendencias.record(con, self.owner, outcomes)
        errors = sum(d.situacao == "erro" for d in outcomes)
        self.result.add(PreparationResult(len(batch.records), len(messages), equal, errors))

    def _build(
        self, con: Connection, plans: Mapping[str, MessagePlan], reasons: Mapping[str, list[str]]
    ) -> tuple[list[OutboxMessage], int]:
        """(messages of new contents in order, number of items without news). Notes them in the ledger; refusals go to ``reasons``."""
        redone = self.outbox.fila.dead_letter(con, list(plans))
        entities = {item.entidade for plan in plans.values() for item in plan.items}
        ledger = self.ledger.read(con, entities)
        before = _without_refusals(ledger, redone)
        new = [(paciente, item) for paciente, plan in plans.items() for item in to_send(plan, before)]
        numbers = self.ledger.announce(con, [(item.entidade, item.versao if item.ativo else DELETION) for _, item in new])
        moment = datetime.now(UTC)
        messages, done = [], []
        for paciente, item in new:
            try:
                message = item.build(state(item, before, numbers[item.entidade], moment, known=item.entidade in ledger))
            except InvalidRecord as error:
                reasons[paciente].append(f"{reason_of(error)} ({item.entidade})")
                continue
            messages.append(OutboxMessage(paciente, item.entidade, message, opens=_operation(item, before) == SEND))
            done.append(item)
        stuck = {item.entidade for _, item in new} - {item.entidade for item in done}
        self.ledger.write(con, [(item.entidade, item.versao, _operation(item, before)) for item in done])
        self.ledger.withdraw(con, stuck)
        self.outbox.fila.substituir(con, [c for entity in redone.keys() & (entities - stuck) for c in redone[entity].control_ids])
        return messages, sum(len(plan.items) for plan in plans.values()) - len(new)


def patients_with_news(con: Connection, ledger: Ledger, plans: ReadResults) -> set[str]:
    """Patients with a content that the ledger does not have, or that cannot be planned: their preparation tells the reason."""
    made = {key: plan for key, plan in plans.items() if isinstance(plan, MessagePlan)}
    before = ledger.read(con, {item.entidade for plan in made.values() for item in plan.items})
    return {key for key, plan in made.items() if to_send(plan, before)} | {k for k, plan in plans.items() if isinstance(plan, Exception)}


def _without_refusals(ledger: Mapping[str, LedgerEntry], redone: Mapping[str, Refusal]) -> dict[str, LedgerEntry]:
    """The ledger without refused contents. What was alive in Fusion before stays alive, with unknown content."""
    before = {e: delivery for e, delivery in ledger.items() if e not in redone}
    for e in ledger.keys() & redone.keys():
        if ledger[e].operacao in (RESEND, DELETION) and not redone[e].unknown:
            before[e] = ledger[e]._replace(versao=None, operacao=RESEND)
    return before


def _operation(item: Item, before: Mapping[str, LedgerEntry]) -> str:
    delivery = before.get(item.entidade)
    return DELETION if not item.ativo else SEND if delivery is None or delivery.cancelled else RESEND
