"""MV: stays in beds (``MOV_INT``), in an ICU or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.fusion.mapping import dates, values
from include.fusion.model.atendimento import MovimentacaoLeito
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import MappingContext, Row, usual_context
from include.fusion.sistemas.mv.settings import Mv


@dataclass(frozen=True)
class ContextoMv(MappingContext):
    semi_uti: bool = False
    """Semi-intensive units count as ICU."""


def make_context(entry: Mv, codes: DePara) -> ContextoMv:
    return ContextoMv(**vars(usual_context(entry, codes)), semi_uti=entry.semi_uti)


def _is_uti(x: Row, ctx: ContextoMv) -> bool:
    """By the kind of the bed's unit. A semi-ICU counts if the entry says so."""
    return (values.to_text(x["tp_unid_int"]) or "").upper() == "U" or (ctx.semi_uti and values.boolean(x["sn_semi_uti"]))


def leito(code: object, ctx: MappingContext) -> str | None:
    """Code of a bed in Fusion (De/Para ``leitos``)."""
    return ctx.depara.translate("leitos", code)


def _movimentacao(x: Row, ctx: ContextoMv) -> MovimentacaoLeito:
    code = str(x["cd_mov_int"])
    start = dates.date_and_time(x["dt_mov_int"], x["hr_mov_int"], ctx.zone, "movimentacoesLeito.inicio")
    start = values.required(start, "movimentacoesLeito.inicio", f"{values.MISSING} (movimentação {code})")
    return MovimentacaoLeito(
        codigo=code,
        tipo=ctx.depara.translate("tipo_movimentacao", x["tp_mov"]),
        inicio=start,
        fim=dates.date_and_time(x["dt_lib_mov"], x["hr_lib_mov"], ctx.zone, "movimentacoesLeito.fim"),
        leito=leito(x["cd_leito"], ctx),
        leito_anterior=leito(x["cd_leito_anterior"], ctx),
        setor=values.to_text(x["ds_unid_int"]),
        uti=_is_uti(x, ctx),
    )


def movimentacoes(rows: Sequence[Row], ctx: ContextoMv) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time; two of the same second in the order of their keys."""
    return tuple(sorted((_movimentacao(x, ctx) for x in rows), key=lambda m: (m.inicio, len(m.codigo), m.codigo)))
