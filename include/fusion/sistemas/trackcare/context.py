"""TrackCare: settings of an installation, and what every part of its mapping needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.errors import RegistroInvalido
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Pessoal
from include.fusion.mapping import dates, values
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import Contexto, Linha, usual_context
from include.fusion.sistemas.trackcare.settings import TrackCare

_ORIGEM_HOROLOG = date(1840, 12, 31)
_DIA = 24 * 60 * 60
NAO_ENVIAR = "NAO_ENVIAR"


@dataclass(frozen=True, kw_only=True)
class ContextoTrackCare(Contexto):
    """``nome_em``: columns that make a name, in reading order; ``cpf_em`` and ``cns_em``: columns to look in, best first.

    ``evento_ambulatorial``: A01, or A04 where Fusion has a layout for it. ``desde``: episodes that ended before that moment do not travel.
    """

    hl7: AjustesHl7
    nome_em: tuple[str, ...] = ("paper_name2", "paper_name")
    nome_social_em: str = "paper_name3"
    cpf_em: tuple[str, ...] = ("paper_id", "papmi_id")
    cns_em: tuple[str, ...] = ("paper_governcardno", "papmi_medicare")
    evento_ambulatorial: str = "A01"
    desde: datetime | None = None


def contexto_de(i: TrackCare, depara: DePara) -> ContextoTrackCare:
    """How one installation's patients become messages."""
    p = i.paciente
    return ContextoTrackCare(
        **vars(usual_context(i, depara)),
        hl7=AjustesHl7(i.integracao_id, i.fuso, **i.hl7.model_dump()),
        nome_em=tuple(p.nome_em),
        nome_social_em=p.nome_social_em,
        cpf_em=tuple(p.cpf_em),
        cns_em=tuple(p.cns_em),
        evento_ambulatorial=p.evento_ambulatorial,
        desde=datetime.combine(p.desde, time(), i.fuso) if p.desde else None,
    )


@dataclass
class Coleta:
    """Reasons of items that could not be mapped: they stay behind, the others of the patient travel."""

    recusas: list[str] = field(default_factory=list)

    def recusar(self, onde: str, erro: RegistroInvalido) -> None:
        """``onde`` is a key of the source, never a value."""
        self.recusas.append(f"{erro} ({onde})")


def dia(valor: Any, campo: str) -> date | None:
    """A date column: ISO, or $HOROLOG days since 31 December 1840 (a number, or digits in a text)."""
    numero = _horolog(valor)
    if numero is None:
        return dates.data(valor, campo)
    try:
        return dates.data(_ORIGEM_HOROLOG + timedelta(days=numero), campo)
    except OverflowError:
        raise RegistroInvalido(campo, "data inválida") from None


def momento(valor: Any, hora: Any, fuso: ZoneInfo, campo: str) -> datetime | None:
    """The moment of a date column and a time column; without a time it is that day's midnight, without a date none."""
    quando, segundos = dia(valor, campo), _horolog(hora)
    if quando is None:
        return None
    if segundos is None:
        return dates.data_e_hora(quando, hora, fuso, campo)
    if not 0 <= segundos < _DIA:
        raise RegistroInvalido(campo, "hora inválida")
    return datetime.combine(quando, time(segundos // 3600, segundos // 60 % 60, segundos % 60), fuso)


def momento_ou_dia(valor: Any, hora: Any, fuso: ZoneInfo, campo: str) -> datetime | date | None:
    """Like :func:`momento`, but a day alone where no time was noted: midnight would put an end before its beginning."""
    quando = momento(valor, hora, fuso, campo)
    if quando is None or quando.time() != time() or (hora is not None and values.texto(hora) is not None):
        return quando
    return quando.date()


def _horolog(valor: Any) -> int | None:
    if isinstance(valor, bool):
        return None
    if isinstance(valor, (int, float, Decimal)):
        return int(valor)
    return int(valor) if isinstance(valor, str) and valor.strip().lstrip("-").isdigit() and len(valor.strip()) <= 7 else None


def chave(valor: Any) -> str:
    """A row id as text: ``7`` or ``7||2``."""
    limpa = values.codigo(valor)
    if limpa is None:
        raise RegistroInvalido("chave", "não preenchida na origem")
    return limpa


def profissional(x: Linha) -> Pessoal | None:
    """From CT_CareProv's columns; ``None`` where the row names nobody."""
    codigo, nome = values.codigo(x["ctpcp_code"]), values.texto(x["ctpcp_desc"])
    return None if codigo is None and nome is None else Pessoal(codigo, nome)


def primeiro(x: Mapping[str, Any], colunas: tuple[str, ...]) -> Any:
    """Value of the first of these columns that has one."""
    return next((x[c] for c in colunas if values.texto(x[c]) is not None), None)
