"""MV: stays in beds (``mov_int``) and which of them are in an ICU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.fusion.errors import InvalidRecord
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
    """Context of an entry of MV."""
    return ContextoMv(**vars(usual_context(entry, codes)), semi_uti=entry.semi_uti)


def is_uti(x: Row, ctx: ContextoMv) -> bool:
    """ICU by the kind of the bed's unit; a semi-ICU counts where the installation says so."""
    if (values.to_text(x["tp_unid_int"]) or "").upper() == "U":
        return True
    return ctx.semi_uti and values.boolean(x["sn_semi_uti"])


def leito(code: object, ctx: MappingContext) -> str | None:
    """Fusion's code of a bed."""
    return ctx.depara.translate("leitos", code)


def _movimentacao(x: Row, ctx: ContextoMv) -> MovimentacaoLeito:
    code = str(x["cd_mov_int"])
    start = dates.date_and_time(x["dt_mov_int"], x["hr_mov_int"], ctx.zone, "movimentacoesLeito.inicio")
    if start is None:
        raise InvalidRecord("movimentacoesLeito.inicio", f"não preenchido na origem (movimentação {code})")
    return MovimentacaoLeito(
        codigo=code,
        tipo=ctx.depara.translate("tipo_movimentacao", x["tp_mov"]),
        inicio=start,
        fim=dates.date_and_time(x["dt_lib_mov"], x["hr_lib_mov"], ctx.zone, "movimentacoesLeito.fim"),
        leito=leito(x["cd_leito"], ctx),
        leito_anterior=leito(x["cd_leito_anterior"], ctx),
        setor=values.to_text(x["ds_unid_int"]),
        uti=is_uti(x, ctx),
    )


def movimentacoes(rows: Sequence[Row], ctx: ContextoMv) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time; of two within one second the one that was written first."""
    in_order = sorted((_movimentacao(x, ctx) for x in rows), key=lambda m: (m.inicio, len(m.codigo), m.codigo))
    return tuple(in_order)
