"""TrackCare (InterSystems TrakCare): a patient's rows → the ordered HL7 messages that say them.

A record is one person (key ``PA_Person.PAPER_RowId``). What is said of a patient falls into entities, each with a hash of its content: the
person, every allergy, every visit, its bed moves, every panel of vital signs, note, medicine and surgery, the discharge. The ledger knows
which content of an entity was last sent and counts its contents; that count makes the control id, so a message built twice is one message,
and a value that comes back to what it was is another. Decisions:

- What was never sent needs no cancellation: A11, A13, a withdrawn note or value only follow something that was sent.
- Location and discharge are no content of a visit: they have messages of their own (A02, A03), and A08 carries the location of now.
- Whose it is, is content of everything below a visit: an episode that was opened for the wrong person is told again for the right one.
- Rows entered in error, pre-admissions and merged-away patients do not travel; a merged patient is one A40.
- A row that cannot be mapped stays behind with its reason (``MessagePlan.refusals``); a patient that cannot be mapped raises.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt, merge_pacientes
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.build.oru import oru
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import siu
from include.fusion.hl7.wire.escapes import DELETE
from include.fusion.mapping import sections
from include.fusion.reading.spec import Detail, MappingContext, Origin, QueueProcess, Replica, Row, SystemSpec
from include.fusion.sistemas.trackcare import clinical
from include.fusion.sistemas.trackcare.context import Collector, TrackCareContext, context_for, day, key
from include.fusion.sistemas.trackcare.form import PATIENTS
from include.fusion.sistemas.trackcare.patient import alergias, name, paciente
from include.fusion.sistemas.trackcare.visits import Visita, visits

if TYPE_CHECKING:
    from include.fusion.store.ledger import LedgerEntry

LIVE_PRIORITY, HISTORY_PRIORITY = 5, 9
SYNCHRONISE, PROCESSO, SEND = "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion"


@dataclass(frozen=True, slots=True)
class VisitState:
    """What the ledger says of an entity: ``sent``, something of it is alive in Fusion; ``versao``: that content's hash.

    ``sequencia`` is the number of this content (``Ledger.announce``), ``moment`` when the change was seen (MSH-7).
    """

    sequencia: int
    moment: datetime
    sent: bool = False
    versao: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to say. ``ativo`` False: a retraction, to be sent only where the entity is alive in Fusion (``VisitState.sent``).

    ``build`` raises ``InvalidRecord`` for a character that the character set lacks.
    """

    entidade: str
    versao: str
    build: Callable[[VisitState], Hl7Message]
    ativo: bool = True


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """Everything there is to say of one patient, in order, and the reasons of what could not be mapped."""

    items: tuple[Item, ...]
    refusals: tuple[str, ...] = ()


def version_of(*parts: Any) -> str:
    """Hash (64 hex characters) of plain values; equal content gives an equal one on every machine."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def plan(data: Mapping[str, Sequence[Row]], ctx: TrackCareContext) -> MessagePlan:
    """Items of one patient; ``InvalidRecord`` when the patient cannot be mapped at all."""
    p = sections.only_row(data, "paciente")
    person, collector = paciente(p, ctx), Collector()
    if destinations := sections.rows(data, "unificacao"):
        return MessagePlan((_merged(person.codigo, destinations[-1], ctx),))
    items = [_person(person, ctx), *_alergias(person, data, ctx, collector)]
    by_visit = {
        name: _by_visit(sections.rows(data, name))
        for name in ("diagnosticos", "procedimentos", "sinais_vitais", "notas", "medicamentos", "cirurgias")
    }
    for visit in visits(sections.rows(data, "admissoes"), sections.rows(data, "movimentacoes"), ctx, collector):
        items += _of_visit(person, visit, {name: groups.get(visit.chave, []) for name, groups in by_visit.items()}, ctx, collector)
    return MessagePlan(tuple(items), tuple(collector.refusals))


def to_send(plan: MessagePlan, ledger: Mapping[str, LedgerEntry]) -> list[Item]:
    """Items of which Fusion has not this content yet, in order; retractions of what is alive there. ``ledger``: ledger rows by entity."""

    def missing(item: Item) -> bool:
        delivery = ledger.get(item.entidade)
        if item.ativo:
            return delivery is None or not delivery.has(item.versao)
        return delivery is not None and not delivery.cancelled

    return [item for item in plan.items if missing(item)]


def state(item: Item, ledger: Mapping[str, LedgerEntry], sequence: int, moment: datetime) -> VisitState:
    """What :attr:`Item.build` needs: the ledger as it was before, the number that it gave the new content, and the change's moment."""
    delivery = ledger.get(item.entidade)
    return VisitState(sequence, moment, delivery is not None and not delivery.cancelled, delivery and delivery.versao)


def _by_visit(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for x in rows:
        groups[key(x["paadm_rowid"])].append(x)
    return groups


def _person(person: values.PacienteHl7, ctx: TrackCareContext) -> Item:
    def build(e: VisitState) -> Hl7Message:
        # A death that was entered by mistake: an empty date would leave Fusion its own.
        said = replace(person, obito_em=DELETE) if e.sent and not person.obito else person
        return adt(ctx.hl7, "A31", e.moment, said, version=str(e.sequencia))

    return Item(f"paciente {person.codigo}", version_of(person), build)


def _merged(merged_id: str, destination: Row, ctx: TrackCareContext) -> Item:
    """The last merge counts; PID is the one who stays."""
    survivor = values.PacienteHl7(key(destination["unificado_com"]), name(destination, ctx))
    return Item(
        f"unificacao {merged_id}",
        version_of(survivor.codigo),
        lambda e: merge_pacientes(ctx.hl7, e.moment, survivor, merged_id, str(e.sequencia)),
    )


def _alergias(person: values.PacienteHl7, data: Mapping[str, Sequence[Row]], ctx: TrackCareContext, collector: Collector) -> list[Item]:
    return [_alergia(person, a, ctx) for a in alergias(sections.rows(data, "alergias"), ctx, collector)]


def _alergia(person: values.PacienteHl7, a: values.Alergia, ctx: TrackCareContext) -> Item:
    """A message of its own: its action must say whether Fusion knows this very allergy."""
    entity, active = f"alergia {a.codigo}", a.acao != "D"

    def build(e: VisitState) -> Hl7Message:
        said = replace(a, acao="U") if active and e.sent else a
        return adt(ctx.hl7, "A60", e.moment, person, alergias=[said], entity=entity, version=str(e.sequencia))

    return Item(entity, version_of(a), build, ativo=active)


def _of_visit(
    person: values.PacienteHl7, v: Visita, rows: Mapping[str, list[Row]], ctx: TrackCareContext, collector: Collector
) -> list[Item]:
    entity = f"visita {v.chave}"

    def undo_alta(e: VisitState) -> Hl7Message:
        return adt(ctx.hl7, "A13", e.moment, person, v.data(current=True, alta=DELETE), version=str(e.sequencia))

    without_alta = Item(f"alta {v.chave}", "", undo_alta, ativo=False)
    if v.cancelada:
        # The discharge goes first: should the visit come back, it has to be told again.
        return [without_alta, Item(entity, "", lambda e: adt(ctx.hl7, "A11", e.moment, person, v.data(current=True), version=str(e.sequencia)),
                               ativo=False)]  # fmt: skip
    everything = clinical.each(rows["diagnosticos"], "mrdia_rowid", collector, lambda x: clinical.diagnostico(x, ctx))
    diagnosticos = [x for x in everything if x.acao != "D"]
    # In 2.4 a message carries the whole set, so what was entered in error is simply not in it; later versions need it deleted.
    deleted = [] if ctx.hl7.before_2_5 else [x for x in everything if x.acao == "D"]
    procedimentos = clinical.each(rows["procedimentos"], "proc_rowid", collector, lambda x: clinical.procedimento(x, ctx))

    def admit(e: VisitState) -> Hl7Message:
        event, withdrawn = ("A08", deleted) if e.sent else (v.event(ctx), [])
        # Of a visit that was told before (and then cancelled, or refused) the transfers are known: it is where it is now.
        local = v.data(current=e.sequencia > 1)
        return adt(ctx.hl7, event, e.moment, person, local, diagnosticos=[*diagnosticos, *withdrawn], procedimentos=procedimentos,
                   occurred=None if e.sent else v.inicio, version=str(e.sequencia))  # fmt: skip

    def alta(e: VisitState) -> Hl7Message:
        return adt(ctx.hl7, "A03", e.moment, person, v.data(current=True, alta=v.fim), diagnosticos=diagnosticos, procedimentos=procedimentos,
                   occurred=v.fim, version=str(e.sequencia))  # fmt: skip

    items = [Item(entity, version_of(person.codigo, v.conteudo, diagnosticos, procedimentos, deleted), admit)]
    items += [_transfer(person, v, n, ctx) for n in range(1, len(v.movements))]
    clinical_items = [
        *(_panel(person, v, p, ctx) for p in clinical.panels(rows["sinais_vitais"], ctx, collector)),
        *(_note(person, v, n, ctx) for n in clinical.each(rows["notas"], "not_rowid", collector, lambda x: clinical.note(x, ctx))),
        *(
            _medication(person, v, m, ctx)
            for m in clinical.each(rows["medicamentos"], "oeori_rowid", collector, lambda x: clinical.medicamento(x, ctx))
        ),
        *(
            _cirurgia(person, v, c, ctx)
            for c in clinical.each(rows["cirurgias"], "rbop_rowid", collector, lambda x: clinical.cirurgia(x, ctx))
        ),
    ]
    items += [item for _, item in sorted(clinical_items, key=lambda pair: pair[0])]
    items.append(Item(f"alta {v.chave}", version_of(person.codigo, v.fim), alta) if v.fim else without_alta)
    return items


def _transfer(person: values.PacienteHl7, v: Visita, n: int, ctx: TrackCareContext) -> Item:
    """From where is content, too: behind a stay that was entered late the next is told again, or the patient would seem to be there still."""
    before, after = v.movements[n - 1], v.movements[n]
    data, entity = replace(v.data(current=False), local=after.local, local_anterior=before.local), f"leito {after.chave}"

    def build(e: VisitState) -> Hl7Message:
        return adt(ctx.hl7, "A02", e.moment, person, data, occurred=after.inicio, entity=entity, version=str(e.sequencia))

    return Item(entity, version_of(person.codigo, before.local, after), build)


_Dated = tuple[datetime, Item]


def _panel(person: values.PacienteHl7, v: Visita, p: values.Painel, ctx: TrackCareContext) -> _Dated:
    """Values entered in error are taken back only where the panel was sent with them."""
    good = tuple(o for o in p.observacoes if o.situacao != "D")

    def build(e: VisitState) -> Hl7Message:
        sent = p.observacoes if e.sent else good
        panel = replace(p, observacoes=tuple(replace(o, situacao="C") if e.sent and o.situacao == "F" else o for o in sent))
        return oru(ctx.hl7, e.moment, person, panel, v.data(current=True), str(e.sequencia))

    return p.quando, Item(f"painel {p.codigo}", version_of(person.codigo, p.observacoes), build, ativo=bool(good))


def _note(person: values.PacienteHl7, v: Visita, n: values.Nota, ctx: TrackCareContext) -> _Dated:
    return n.quando or v.inicio, Item(
        f"nota {n.codigo}", "" if n.cancelada else version_of(person.codigo, n), lambda e: mdm(ctx.hl7, e.moment, person, v.data(current=True), n, str(e.sequencia)),
        ativo=not n.cancelada,
    )  # fmt: skip


def _medication(person: values.PacienteHl7, v: Visita, m: values.Medicamento, ctx: TrackCareContext) -> _Dated:
    def build(e: VisitState) -> Hl7Message:
        control_id = m.controle
        if e.sent and control_id == "NW":
            control_id = "XO"
        elif control_id == "DC" and not e.sent:
            control_id = "NW"  # An order that nobody heard of cannot be discontinued: ORC-5 says that it is.
        return rde(ctx.hl7, e.moment, person, v.data(current=True), replace(m, controle=control_id), str(e.sequencia))

    return m.pedido_em or v.inicio, Item(f"medicamento {m.codigo}", version_of(person.codigo, m), build, ativo=m.controle != "CA")


def _cirurgia(person: values.PacienteHl7, v: Visita, c: values.CirurgiaHl7, ctx: TrackCareContext) -> _Dated:
    """The hash begins with that of date and room: a new beginning says that the surgery was rescheduled."""
    time_of_day = version_of(c.inicio, c.sala)[:32]
    version = time_of_day + version_of(person.codigo, c)[:32]

    def build(e: VisitState) -> Hl7Message:
        event, status = "S12", c.situacao
        if c.situacao == clinical.NO_SHOW:
            event, status = "S26", "Cancelled" if ctx.hl7.before_2_5 else "Noshow"  # 0278 has Noshow from 2.5.1 on
        elif c.situacao == "Cancelled":
            event = "S15"
        elif e.sent:
            event = "S14" if (e.versao or "").startswith(time_of_day) else "S13"
        return siu(ctx.hl7, event, e.moment, person, replace(c, situacao=status), v.data(current=True), str(e.sequencia))

    return c.inicio, Item(f"cirurgia {c.codigo}", version, build, ativo=c.situacao not in ("Cancelled", clinical.NO_SHOW))


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Any:
    """:func:`plan` as the shared reader calls it."""
    return plan(data, cast("TrackCareContext", ctx))


def in_replica(x: Row) -> Row:
    """A row of PacienteSES as the Integrador's copy keeps it, and what the queue needs of it.

    Whom only the initial load has written goes behind those to whom something happened: an admission must not wait for a whole history.
    """
    return {
        "prioridade": HISTORY_PRIORITY if x["alteradoclinicoem"] is None else LIVE_PRIORITY,
        "pacienteid": x["chave"],
        "atualizadoem": x["marcador"],
        "chave_paciente": x["chave"],
        "operacao": "alteracao",
        "datanascimento": _data(x["datanascimento"]),
        "dataobito": _data(x["dataobito"]),
    }


def _data(value: Any) -> Any:
    """A date of the source; what is none stays as it stands: only the patient's messages refuse it."""
    try:
        return day(value, "data")
    except InvalidRecord:
        return str(value)[:10]


DETAILS = ("paciente", "unificacao", "alergias", "admissoes", "movimentacoes", "diagnosticos", "procedimentos", "sinais_vitais", "notas", "medicamentos",
            "cirurgias")  # fmt: skip
"""Kinds of rows that are read for a patient, each from a file of its name."""

COPY = Replica("PacienteSES", "pacienteid", in_replica, frozenset({"atualizadoem"}))

SYSTEM = SystemSpec(
    nome="trackcare",
    form=PATIENTS,
    origins=(Origin("pacienteses", processo=PROCESSO, step=SYNCHRONISE, replica=COPY),),
    details=tuple(map(Detail, DETAILS)),
    map_record=map_record,
    make_context=context_for,
    key_type=int,
    processos=(
        QueueProcess(PROCESSO, "PendenciaIntegracao", "paciente_hl7", prepares=True),
        QueueProcess(SEND, "PacienteArquivo", "mensagem", messages=True),
    ),
)
