"""Tasy: stays in units of care (``ATEND_PACIENTE_UNIDADE``), in an ICU or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, values
from include.fusion.model.atendimento import MovimentacaoLeito
from include.fusion.reading.spec import MappingContext, Row

# No known column tells an ICU, so the name of the unit does. A site with other names replaces read_movimentacoes.sql.
_UTI = re.compile(r"(?<!\bSEMI[ -])\b(?:UTI|CTI|UCO|UCIN)N?\d*\b(?![ -]SEMI)|TERAPIA INTENSIVA", re.IGNORECASE)


def _leito(x: Row, ctx: MappingContext) -> str | None:
    """The code of a bed is its unit (room) and its complement (bed in the room)."""
    parts = [p for c in ("cd_unidade_basica", "cd_unidade_compl") if (p := values.to_code(x[c]))]
    return ctx.depara.translate("leitos", "-".join(parts)) if parts else None


def _start(x: Row, ctx: MappingContext) -> datetime:
    if (start := dates.date_time(x["dt_entrada_unidade"], ctx.zone, "movimentacoesLeito.inicio")) is None:
        raise InvalidRecord("movimentacoesLeito.inicio", f"não preenchido na origem (passagem {x['nr_seq_interno']})")
    return start


def movimentacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time, first the admission; two of the same second in the order of their keys."""
    stays: list[MovimentacaoLeito] = []
    for start, number, x in sorted(((_start(x, ctx), int(x["nr_seq_interno"]), x) for x in rows), key=lambda s: s[:2]):
        sector = values.to_text(x["ds_setor_atendimento"])
        stays.append(
            MovimentacaoLeito(
                codigo=str(number),
                tipo="TRANSFERENCIA" if stays else "INTERNACAO",
                inicio=start,
                fim=dates.date_time(x["dt_saida_unidade"], ctx.zone, "movimentacoesLeito.fim"),
                leito=_leito(x, ctx),
                leito_anterior=stays[-1].leito if stays else None,
                setor=sector,
                uti=_UTI.search(" ".join((sector or "").split())) is not None,
            )
        )
    return tuple(stays)


def current(stays: Sequence[MovimentacaoLeito]) -> MovimentacaoLeito | None:
    """Where the patient is: the newest stay without an end, or else the last one."""
    return next((m for m in reversed(stays) if m.fim is None), stays[-1] if stays else None)
