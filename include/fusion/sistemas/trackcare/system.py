"""TrackCare (InterSystems TrakCare): a patient's rows → the HL7 messages about them, in order.

A record is one person (key ``PA_Person.PAPER_RowId``). Its data falls into entities: the person, every allergy, every visit, its bed
transfers, every panel of vital signs, note, medicine and surgery, the alta. Each has a content hash. The ledger keeps the last hash sent
and counts the contents of an entity. That number makes the control id: a message built twice is one message, and a value that comes back
to what it was is another. Decisions:

- What was never sent is never cancelled: A11, A13 and withdrawn notes or values only follow something that was sent.
- Place and alta are not content of a visit: they have their own messages (A02, A03). A08 carries the current place.
- The person is content of everything below a visit: an episode opened for the wrong person is sent again for the right one.
- Rows entered in error, pre-admissions and merged patients are not sent; a merge is one A40.
- A row that cannot be mapped is refused (``MessagePlan.refusals``); a patient that cannot be mapped raises ``InvalidRecord``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
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
from include.fusion.reading.form import FORM, code, switch
from include.fusion.reading.spec import Detail, MappingContext, Origin, QueueProcess, Replica, Row, SystemSpec
from include.fusion.sistemas.trackcare import clinical
from include.fusion.sistemas.trackcare.context import Collector, TrackCareContext, context_for, day, key
from include.fusion.sistemas.trackcare.patient import alergias, name, paciente
from include.fusion.sistemas.trackcare.visits import Visita, by_visit, visits

if TYPE_CHECKING:
    from include.fusion.store.ledger import LedgerEntry

LIVE_PRIORITY, HISTORY_PRIORITY = 5, 9
SYNCHRONISE, PROCESSO, SEND = "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion"
PATIENTS = {
    "paciente": code("Paciente", "Código de um paciente na origem (PAPER_RowId), para lê-lo de novo."),
    "comparar_tudo": switch("Comparar tudo", "Compara todos os pacientes com a cópia, não só os alterados."),
    "reenviar_erros": FORM["reenviar_erros"],
}
"""What a person may ask of a run."""


@dataclass(frozen=True, slots=True)
class VisitState:
    """What the ledger knows of an entity. ``sequencia``: number of the new content (``Ledger.announce``); ``moment``: when the change was seen
    (MSH-7); ``sent``: the entity is alive in Fusion; ``known``: something of it was made before, whatever became of it; ``versao``: hash of the
    content sent before.
    """

    sequencia: int
    moment: datetime
    sent: bool = False
    versao: str | None = None
    known: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One message to send. ``ativo`` False: a retraction, only for an entity that is alive in Fusion (``VisitState.sent``).

    ``build`` raises ``InvalidRecord`` when the charset does not have a character.
    """

    entidade: str
    versao: str
    build: Callable[[VisitState], Hl7Message]
    ativo: bool = True


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """All items of one patient, in order, and the reasons of the rows that cannot be mapped."""

    items: tuple[Item, ...]
    refusals: tuple[str, ...] = ()


def version_of(*parts: Any) -> str:
    """Hash (64 hex characters) of plain values, the same on every machine."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def plan(data: Mapping[str, Sequence[Row]], ctx: TrackCareContext) -> MessagePlan:
    """Items of one patient. Raises ``InvalidRecord`` when the patient cannot be mapped."""
    p = sections.only_row(data, "paciente")
    person, collector = paciente(p, ctx), Collector()
    if destinations := sections.rows(data, "unificacao"):
        return MessagePlan((_merged(person.codigo, destinations[-1], ctx),))
    allergies = alergias(sections.rows(data, "alergias"), ctx, collector)
    items = [_person(person, ctx), *(_alergia(person, a, ctx) for a in allergies)]
    kinds = {
        name: by_visit(sections.rows(data, name)) for name in ("diagnosticos", "procedimentos", "sinais_vitais", *(b[0] for b in _BELOW))
    }
    for visit in visits(sections.rows(data, "admissoes"), sections.rows(data, "movimentacoes"), ctx, collector):
        items += _of_visit(person, visit, {name: groups.get(visit.chave, []) for name, groups in kinds.items()}, ctx, collector)
    return MessagePlan(tuple(items), tuple(collector.refusals))


def to_send(plan: MessagePlan, ledger: Mapping[str, LedgerEntry]) -> list[Item]:
    """Items with a content that Fusion does not have, and retractions of what is alive there, in order. ``ledger``: its rows by entity."""

    def missing(item: Item) -> bool:
        delivery = ledger.get(item.entidade)
        if item.ativo:
            return delivery is None or not delivery.has(item.versao)
        return delivery is not None and not delivery.cancelled

    return [item for item in plan.items if missing(item)]


def state(item: Item, ledger: Mapping[str, LedgerEntry], sequence: int, moment: datetime, *, known: bool) -> VisitState:
    """What :attr:`Item.build` needs. ``ledger``: as it was before; ``sequence``: number of the new content; ``moment``: of the change."""
    delivery = ledger.get(item.entidade)
    return VisitState(sequence, moment, delivery is not None and not delivery.cancelled, delivery and delivery.versao, known)


def _person(person: values.PacienteHl7, ctx: TrackCareContext) -> Item:
    def build(e: VisitState) -> Hl7Message:
        # A death entered by mistake: an empty date would leave the old one in Fusion.
        said = replace(person, obito_em=DELETE) if e.sent and not person.obito else person
        return adt(ctx.hl7, "A31", e.moment, said, version=str(e.sequencia))

    return Item(f"paciente {person.codigo}", version_of(person), build)


def _merged(merged_id: str, destination: Row, ctx: TrackCareContext) -> Item:
    """The last merge counts. PID is the person who stays."""
    survivor = values.PacienteHl7(key(destination["unificado_com"]), name(destination, ctx))
    return Item(
        f"unificacao {merged_id}",
        version_of(survivor.codigo),
        lambda e: merge_pacientes(ctx.hl7, e.moment, survivor, merged_id, str(e.sequencia)),
    )


def _alergia(person: values.PacienteHl7, a: values.Alergia, ctx: TrackCareContext) -> Item:
    """One message per allergy, because its action says whether Fusion knows this one."""
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

    def cancel(e: VisitState) -> Hl7Message:
        return adt(ctx.hl7, "A11", e.moment, person, v.data(current=True), version=str(e.sequencia))

    without_alta = Item(f"alta {v.chave}", "", undo_alta, ativo=False)
    if v.cancelada:
        # The alta is undone first: if the visit comes back, its alta has to be sent again.
        return [without_alta, Item(entity, "", cancel, ativo=False)]
    everything = clinical.each(rows["diagnosticos"], "mrdia_rowid", clinical.diagnostico, ctx, collector)
    diagnosticos = [x for x in everything if x.acao != "D"]
    # In 2.4 a message carries the whole set, so an error is simply not in it. Later versions need a deletion.
    deleted = [] if ctx.hl7.before_2_5 else [x for x in everything if x.acao == "D"]
    procedimentos = clinical.each(rows["procedimentos"], "proc_rowid", clinical.procedimento, ctx, collector)

    def admit(e: VisitState) -> Hl7Message:
        event = "A08" if e.sent else ctx.evento_ambulatorial if v.classe == "O" else "A01"
        # If the visit was sent before (then cancelled or refused), Fusion knows its transfers: it is at the current place.
        local = v.data(current=e.known)
        return adt(
            ctx.hl7, event, e.moment, person, local, diagnosticos=[*diagnosticos, *(deleted if e.sent else ())], procedimentos=procedimentos,
            occurred=None if e.sent else v.inicio, version=str(e.sequencia),
        )  # fmt: skip

    def alta(e: VisitState) -> Hl7Message:
        return adt(
            ctx.hl7, "A03", e.moment, person, v.data(current=True, alta=v.fim), diagnosticos=diagnosticos, procedimentos=procedimentos,
            occurred=v.fim, version=str(e.sequencia),
        )  # fmt: skip

    dated = [_panel(person, v, p, ctx) for p in clinical.panels(rows["sinais_vitais"], ctx, collector)]
    for kind, column, read, make in _BELOW:
        dated += [make(person, v, x, ctx) for x in clinical.each(rows[kind], column, read, ctx, collector)]
    return [
        Item(entity, version_of(person.codigo, v.conteudo, diagnosticos, procedimentos, deleted), admit),
        *(_transfer(person, v, n, ctx) for n in range(1, len(v.movements))),
        *(item for _, item in sorted(dated, key=lambda pair: pair[0])),
        Item(f"alta {v.chave}", version_of(person.codigo, v.fim), alta) if v.fim else without_alta,
    ]


def _transfer(person: values.PacienteHl7, v: Visita, n: int, ctx: TrackCareContext) -> Item:
    """The place before is content, too: after a stay that was entered late, the next one is sent again, or the patient would seem to be there."""
    before, after = v.movements[n - 1], v.movements[n]
    data, entity = replace(v.data(current=False), local=after.local, local_anterior=before.local), f"leito {after.chave}"

    def build(e: VisitState) -> Hl7Message:
        return adt(ctx.hl7, "A02", e.moment, person, data, occurred=after.inicio, entity=entity, version=str(e.sequencia))

    return Item(entity, version_of(person.codigo, before.local, after), build)


_Dated = tuple[datetime, Item]


def _panel(person: values.PacienteHl7, v: Visita, p: values.Painel, ctx: TrackCareContext) -> _Dated:
    """Values entered in error are only taken back if the panel was sent before."""
    good = tuple(o for o in p.observacoes if o.situacao != "D")

    def build(e: VisitState) -> Hl7Message:
        sent = p.observacoes if e.sent else good
        panel = replace(p, observacoes=tuple(replace(o, situacao="C") if e.sent and o.situacao == "F" else o for o in sent))
        return oru(ctx.hl7, e.moment, person, panel, v.data(current=True), str(e.sequencia))

    return p.quando, Item(f"painel {p.codigo}", version_of(person.codigo, p.observacoes), build, ativo=bool(good))


def _note(person: values.PacienteHl7, v: Visita, n: values.Nota, ctx: TrackCareContext) -> _Dated:
    def build(e: VisitState) -> Hl7Message:
        return mdm(ctx.hl7, e.moment, person, v.data(current=True), n, str(e.sequencia))

    version = "" if n.cancelada else version_of(person.codigo, n)
    return n.quando or v.inicio, Item(f"nota {n.codigo}", version, build, ativo=not n.cancelada)


def _medication(person: values.PacienteHl7, v: Visita, m: values.Medicamento, ctx: TrackCareContext) -> _Dated:
    def build(e: VisitState) -> Hl7Message:
        control = m.controle
        if e.sent and control == "NW":
            control = "XO"
        elif control == "DC" and not e.sent:
            control = "NW"  # Fusion does not know the order yet: ORC-5 says that it is discontinued.
        return rde(ctx.hl7, e.moment, person, v.data(current=True), replace(m, controle=control), str(e.sequencia))

    return m.pedido_em or v.inicio, Item(f"medicamento {m.codigo}", version_of(person.codigo, m), build, ativo=m.controle != "CA")


def _cirurgia(person: values.PacienteHl7, v: Visita, c: values.CirurgiaHl7, ctx: TrackCareContext) -> _Dated:
    """The hash begins with that of time and room: if this part changed, the surgery was rescheduled (S13)."""
    slot = version_of(c.inicio, c.sala)[:32]
    version = slot + version_of(person.codigo, c)[:32]

    def build(e: VisitState) -> Hl7Message:
        event, status = "S12", c.situacao
        if c.situacao == clinical.NO_SHOW:
            event, status = "S26", "Cancelled" if ctx.hl7.before_2_5 else "Noshow"  # 0278 has Noshow from 2.5.1 on
        elif c.situacao == "Cancelled":
            event = "S15"
        elif e.sent:
            event = "S14" if (e.versao or "").startswith(slot) else "S13"
        return siu(ctx.hl7, event, e.moment, person, replace(c, situacao=status), v.data(current=True), str(e.sequencia))

    return c.inicio, Item(f"cirurgia {c.codigo}", version, build, ativo=c.situacao not in ("Cancelled", clinical.NO_SHOW))


_BELOW: tuple[tuple[str, str, Callable[[Row, TrackCareContext], Any], Callable[..., _Dated]], ...] = (
    ("notas", "not_rowid", clinical.note, _note),
    ("medicamentos", "oeori_rowid", clinical.medicamento, _medication),
    ("cirurgias", "rbop_rowid", clinical.cirurgia, _cirurgia),
)
"""Kinds of rows below a visit: name, key column, mapping, item."""


def map_record(data: Mapping[str, Sequence[Row]], ctx: MappingContext) -> Any:
    """:func:`plan` as the shared reader calls it."""
    return plan(data, cast("TrackCareContext", ctx))


def in_replica(x: Row) -> Row:
    """A row of PacienteSES as the replica keeps it, and what the queue needs.

    A patient that only the carga inicial has written goes behind the others: an admission must not wait for a whole history.
    """
    return {
        "prioridade": HISTORY_PRIORITY if x["alteradoclinicoem"] is None else LIVE_PRIORITY,
        "pacienteid": x["chave"],
        "atualizadoem": x["marcador"],
        "chave_paciente": x["chave"],
        "operacao": "alteracao",
        "datanascimento": _day(x["datanascimento"]),
        "dataobito": _day(x["dataobito"]),
    }


def _day(value: Any) -> Any:
    """A date of the source. One that is unreadable stays a text here: only the messages refuse it."""
    try:
        return day(value, "data")
    except InvalidRecord:
        return str(value)[:10]


DETAILS = (
    "paciente", "unificacao", "alergias", "admissoes", "movimentacoes", "diagnosticos", "procedimentos", "sinais_vitais", "notas",
    "medicamentos", "cirurgias",
)  # fmt: skip

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
