"""TrackCare: episodes and the stays within them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.build import values as hl7_values
from include.fusion.hl7.wire.escapes import Delete
from include.fusion.mapping import values
from include.fusion.reading.spec import Row
from include.fusion.sistemas.trackcare.context import Collector, TrackCareContext, key, moment, moment_or_day, profissional


@dataclass(frozen=True, slots=True)
class Movimento:
    """A stay at one place; the first is the admission. Content hashes contain the names of class and fields: never rename them."""

    chave: str
    inicio: datetime
    local: hl7_values.Local


@dataclass(frozen=True, slots=True)
class Visita:
    """An episode. Transfers and alta are not part of its ``conteudo``: they have messages of their own."""

    chave: str
    classe: str
    inicio: datetime
    fim: datetime | date | None
    cancelada: bool
    responsavel: hl7_values.Pessoal | None
    especialidade: str | None
    estabelecimento: str | None
    current: hl7_values.Local | None
    movements: tuple[Movimento, ...] = ()

    @property
    def conteudo(self) -> tuple[object, ...]:
        return self.classe, self.inicio, self.responsavel, self.especialidade, self.estabelecimento, self.first

    @property
    def first(self) -> hl7_values.Local | None:
        """Place of the admission; without stays the current place, because no transfer would tell it."""
        return self.movements[0].local if self.movements else self.current

    def data(self, current: bool, alta: datetime | date | Delete | None = None) -> hl7_values.Visita:
        """As a message tells it, at the current place or at that of the admission."""
        return hl7_values.Visita(
            self.chave, self.classe, self.current if current else self.first, responsavel=self.responsavel,
            especialidade=self.especialidade, admissao=self.inicio, alta=alta,
        )  # fmt: skip


def by_visit(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by the key of their episode."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for x in rows:
        groups[key(x["paadm_rowid"])].append(x)
    return groups


def visits(admissions: Sequence[Row], movimentacoes: Sequence[Row], ctx: TrackCareContext, collector: Collector) -> list[Visita]:
    """Episodes to send, by their beginning. One that cannot be mapped is refused, with its clinical rows."""
    stays = by_visit(movimentacoes)
    done = []
    for a in admissions:
        number = key(a["paadm_rowid"])
        try:
            visit = _visit(a, stays.get(number, ()), ctx)
        except InvalidRecord as error:
            collector.refuse(f"PA_Adm {number}", error)
        else:
            if visit is not None and not _ended_before(visit, ctx.desde):
                done.append(visit)
    return sorted(done, key=lambda v: (v.inicio, v.chave))


def _ended_before(visit: Visita, since: datetime | None) -> bool:
    if since is None or visit.fim is None:
        return False
    return visit.fim < since if isinstance(visit.fim, datetime) else visit.fim < since.date()


def _visit(a: Row, movimentacoes: Sequence[Row], ctx: TrackCareContext) -> Visita | None:
    """A pre-admission is cancelled, in case it was an admission before: only what was sent is cancelled in Fusion. ``None``: it is unreadable."""
    status = ctx.depara.translate("situacao_atendimento", a["paadm_visitstatus"]) or "ABERTO"
    if status != "PRE_ADMISSAO":
        return _read_row(a, movimentacoes, status == "CANCELADO", ctx)
    try:
        return _read_row(a, (), True, ctx)
    except InvalidRecord:
        return None


def _read_row(a: Row, movimentacoes: Sequence[Row], cancelled: bool, ctx: TrackCareContext) -> Visita:
    patient_class = ctx.depara.translate("tipo_atendimento", a["paadm_type"])
    start = moment(a["paadm_admdate"], a["paadm_admtime"], ctx.zone, "dataInicio")
    patient_class, start = values.required(patient_class, "tipo"), values.required(start, "dataInicio")
    # The date tells the alta: the status may be late, and a cancelled alta empties the date.
    end = moment_or_day(a["paadm_dischgdate"], a["paadm_dischgtime"], ctx.zone, "dataFim")
    facility = values.to_code(a["hosp_code"])
    return Visita(
        chave=key(a["paadm_rowid"]),
        classe=patient_class,
        inicio=start,
        fim=end,
        cancelada=cancelled,
        responsavel=profissional(a),
        especialidade=values.to_code(a["ctloc_code"]),
        estabelecimento=facility,
        current=_local(a["ward_code"] if a["ward_code"] is not None else a["ctloc_code"], a["room_code"], a["bed_code"], facility),
        movements=_movements(movimentacoes, facility, ctx),
    )


def _movements(rows: Sequence[Row], facility: str | None, ctx: TrackCareContext) -> tuple[Movimento, ...]:
    """Stays by their beginning: one that was entered late has a high number. Rows that keep the place (another doctor) are not stays."""
    stays = []
    for x in rows:
        local = _local(x["ward_code"], None, x["bed_code"], facility)
        if local is None:
            continue
        start = moment(x["trans_startdate"], x["trans_starttime"], ctx.zone, "movimentacoesLeito.inicio")
        if start is not None:
            stays.append(Movimento(key(x["trans_rowid"]), start, local))
        elif not stays or stays[-1].local != local:
            raise InvalidRecord("movimentacoesLeito.inicio", values.MISSING)
    stays.sort(key=lambda m: m.inicio)
    return tuple(m for n, m in enumerate(stays) if not n or m.local != stays[n - 1].local)


def _local(unit: object, room: object, bed: object, facility: str | None) -> hl7_values.Local | None:
    parts = (values.to_code(unit), values.to_code(room), values.to_code(bed))
    return hl7_values.Local(*parts, facility) if any(parts) else None
