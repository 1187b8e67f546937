"""TrackCare: episodes and the stays within them."""

from __future__ import annotations

from collections.abc import Sequence
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
    """One stay at a place; the first of an episode is where it was admitted. Its names are stored, as those of :mod:`include.fusion.hl7.build.values`."""

    chave: str
    inicio: datetime
    local: hl7_values.Local


@dataclass(frozen=True, slots=True)
class Visita:
    """``conteudo`` is what tells versions of a visit apart: neither where the patient was moved to nor its end."""

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
        """Where the patient was admitted; of an episode without stays the place of now, which no transfer would tell."""
        return self.movements[0].local if self.movements else self.current

    def event(self, ctx: TrackCareContext) -> str:
        """Of the first message about it."""
        return ctx.evento_ambulatorial if self.classe == "O" else "A01"

    def data(self, current: bool, alta: datetime | date | Delete | None = None) -> hl7_values.Visita:
        """As a message tells it, at the place of now or at that of the admission."""
        return hl7_values.Visita(self.chave, self.classe, self.current if current else self.first, responsavel=self.responsavel, especialidade=self.especialidade,
                        admissao=self.inicio, alta=alta)  # fmt: skip


def visits(admissions: Sequence[Row], movimentacoes: Sequence[Row], ctx: TrackCareContext, collector: Collector) -> list[Visita]:
    """Episodes that travel, by their beginning. One that cannot be mapped stays behind with all below it."""
    by_visit: dict[str, list[Row]] = {}
    for x in movimentacoes:
        by_visit.setdefault(key(x["paadm_rowid"]), []).append(x)
    done = []
    for a in admissions:
        number = key(a["paadm_rowid"])
        try:
            visit = _visit(a, by_visit.get(number, ()), ctx)
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
    """A pre-admission waits; one that was an admission before, and was told, is one cancelled."""
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
    if patient_class is None or start is None:
        raise InvalidRecord("tipo" if patient_class is None else "dataInicio", "não preenchido na origem")
    # The discharge counts by its date: the status alone may be late, and a cancelled discharge empties the date.
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
    """Stays by their beginning, which one that was entered late has before its number. Rows that change no place (another doctor) are none."""
    stays = []
    for x in rows:
        local = _local(x["ward_code"], None, x["bed_code"], facility)
        if local is None:
            continue
        start = moment(x["trans_startdate"], x["trans_starttime"], ctx.zone, "movimentacoesLeito.inicio")
        if start is not None:
            stays.append(Movimento(key(x["trans_rowid"]), start, local))
        elif not stays or stays[-1].local != local:
            raise InvalidRecord("movimentacoesLeito.inicio", "não preenchido na origem")
    stays.sort(key=lambda m: m.inicio)
    return tuple(m for n, m in enumerate(stays) if not n or m.local != stays[n - 1].local)


def _local(unit: object, room: object, leito: object, facility: str | None) -> hl7_values.Local | None:
    parts = (values.to_code(unit), values.to_code(room), values.to_code(leito))
    return hl7_values.Local(*parts, facility) if any(parts) else None
