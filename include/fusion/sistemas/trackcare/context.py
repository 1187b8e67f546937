"""TrackCare: the context of an entry, and what every part of the mapping needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import InvalidRecord
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import Pessoal
from include.fusion.mapping import dates, values
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import MappingContext, Row, usual_context
from include.fusion.sistemas.trackcare.settings import TrackCare

_HOROLOG_EPOCH = date(1840, 12, 31)
_DAY_SECONDS = 24 * 60 * 60
DO_NOT_SEND = "NAO_ENVIAR"
NOT_FILLED = "não preenchida na origem"
"""``values.MISSING`` of a feminine noun."""


@dataclass(frozen=True, kw_only=True)
class TrackCareContext(MappingContext):
    """The fields are settings of the entry: ``PacienteTrackCare`` explains them."""

    hl7: Hl7Profile
    nome_em: tuple[str, ...] = ("paper_name2", "paper_name")
    nome_social_em: str = "paper_name3"
    cpf_em: tuple[str, ...] = ("paper_id", "papmi_id")
    cns_em: tuple[str, ...] = ("paper_governcardno", "papmi_medicare")
    evento_ambulatorial: str = "A01"
    desde: datetime | None = None


def context_for(i: TrackCare, depara: DePara) -> TrackCareContext:
    p = i.paciente
    return TrackCareContext(
        **vars(usual_context(i, depara)),
        hl7=Hl7Profile(i.integracao_id, i.zone, **i.hl7.model_dump()),
        nome_em=tuple(p.nome_em),
        nome_social_em=p.nome_social_em,
        cpf_em=tuple(p.cpf_em),
        cns_em=tuple(p.cns_em),
        evento_ambulatorial=p.evento_ambulatorial,
        desde=datetime.combine(p.desde, time(), i.zone) if p.desde else None,
    )


@dataclass
class Collector:
    """Reasons of a patient's items that cannot be mapped. The other items are sent."""

    refusals: list[str] = field(default_factory=list)

    def refuse(self, where: str, error: InvalidRecord) -> None:
        """``where`` is a key of the source, never a value of the patient."""
        self.refusals.append(f"{error} ({where})")


def day(value: Any, field: str) -> date | None:
    """A date column: ISO, or $HOROLOG days since 31 December 1840 (a number, or digits in a text)."""
    number = _horolog(value)
    if number is None:
        return dates.to_date(value, field)
    try:
        return dates.to_date(_HOROLOG_EPOCH + timedelta(days=number), field)
    except OverflowError:
        raise InvalidRecord(field, "data inválida") from None


def moment(value: Any, hour: Any, zone: ZoneInfo, field: str) -> datetime | None:
    """The moment of a date column and a time column: without a time midnight, without a date ``None``."""
    when, seconds = day(value, field), _horolog(hour)
    if when is None:
        return None
    if seconds is None:
        return dates.date_and_time(when, hour, zone, field)
    if not 0 <= seconds < _DAY_SECONDS:
        raise InvalidRecord(field, "hora inválida")
    return datetime.combine(when, time(seconds // 3600, seconds // 60 % 60, seconds % 60), zone)


def moment_or_day(value: Any, hour: Any, zone: ZoneInfo, field: str) -> datetime | date | None:
    """Like :func:`moment`, but a day if there is no time: midnight could put an end before its beginning."""
    when = moment(value, hour, zone, field)
    if when is None or when.time() != time() or (hour is not None and values.to_text(hour) is not None):
        return when
    return when.date()


def _horolog(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, Decimal)):
        return int(value)
    return int(value) if isinstance(value, str) and value.strip().lstrip("-").isdigit() and len(value.strip()) <= 7 else None


def key(value: Any) -> str:
    """A row id as text: ``7`` or ``7||2``."""
    return values.required(values.to_code(value), "chave", NOT_FILLED)


def profissional(x: Row) -> Pessoal | None:
    """From the columns of CT_CareProv; ``None`` if the row names nobody."""
    code, name = values.to_code(x["ctpcp_code"]), values.to_text(x["ctpcp_desc"])
    return None if code is None and name is None else Pessoal(code, name)


def first(x: Mapping[str, Any], columns: tuple[str, ...]) -> Any:
    """Value of the first of these columns that has one, or ``None``."""
    return next((x[c] for c in columns if values.to_text(x[c]) is not None), None)
