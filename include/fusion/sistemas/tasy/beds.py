"""Tasy: stays in units of care (``ATEND_PACIENTE_UNIDADE``) and which of them are in an ICU."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, values
from include.fusion.model.atendimento import MovimentacaoLeito
from include.fusion.reading.spec import MappingContext, Row

# The facts know of no column that tells an ICU; its name does. A site with other names replaces read_movimentacoes.sql.
_UTI = re.compile(r"(?<!\bSEMI[ -])\b(?:UTI|CTI|UCO|UCIN)N?\d*\b(?![ -]SEMI)|TERAPIA INTENSIVA", re.IGNORECASE)


def _leito(x: Row, ctx: MappingContext) -> str | None:
    """A bed's code is its unit (room) and complement (bed in it)."""
    parts = [p for c in ("cd_unidade_basica", "cd_unidade_compl") if (p := values.to_code(x[c]))]
    return ctx.depara.translate("leitos", "-".join(parts)) if parts else None


def movimentacoes(rows: Sequence[Row], ctx: MappingContext) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time, the first of them the admission; of two within one second the one that was written first."""
    dated = []
    for x in rows:
        start = dates.date_time(x["dt_entrada_unidade"], ctx.zone, "movimentacoesLeito.inicio")
        if start is None:
            raise InvalidRecord("movimentacoesLeito.inicio", f"não preenchido na origem (passagem {x['nr_seq_interno']})")
        dated.append((start, int(x["nr_seq_interno"]), x))
    dated.sort(key=lambda d: d[:2])
    leitos = [_leito(x, ctx) for _, _, x in dated]
    previous = [None, *(before for before, _ in pairwise(leitos))]
    return tuple(
        MovimentacaoLeito(
            codigo=str(number),
            tipo="TRANSFERENCIA" if position else "INTERNACAO",
            inicio=start,
            fim=dates.date_time(x["dt_saida_unidade"], ctx.zone, "movimentacoesLeito.fim"),
            leito=leitos[position],
            leito_anterior=previous[position],
            setor=values.to_text(x["ds_setor_atendimento"]),
            uti=_UTI.search(" ".join((values.to_text(x["ds_setor_atendimento"]) or "").split())) is not None,
        )
        for position, (start, number, x) in enumerate(dated)
    )


def current(stays: Sequence[MovimentacaoLeito]) -> MovimentacaoLeito | None:
    """Where the patient is: the newest stay without an end, or the last one of all."""
    return next((m for m in reversed(stays) if m.fim is None), stays[-1] if stays else None)
