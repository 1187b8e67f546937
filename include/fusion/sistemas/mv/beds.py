"""MV: stays in beds (``mov_int``) and which of them are in an ICU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, values
from include.fusion.model.atendimento import MovimentacaoLeito
from include.fusion.model.depara import DePara
from include.fusion.reading.spec import Contexto, Linha, usual_context
from include.fusion.sistemas.mv.settings import Mv


@dataclass(frozen=True)
class ContextoMv(Contexto):
    semi_uti: bool = False
    """Semi-intensive units count as ICU."""


def make_context(entry: Mv, codes: DePara) -> ContextoMv:
    """Context of an entry of MV."""
    return ContextoMv(**vars(usual_context(entry, codes)), semi_uti=entry.semi_uti)


def e_uti(x: Linha, ctx: ContextoMv) -> bool:
    """ICU by the kind of the bed's unit; a semi-ICU counts where the installation says so."""
    if (values.texto(x["tp_unid_int"]) or "").upper() == "U":
        return True
    return ctx.semi_uti and values.booleano(x["sn_semi_uti"])


def leito(codigo: object, ctx: Contexto) -> str | None:
    """Fusion's code of a bed."""
    return ctx.depara.traduzir("leitos", codigo)


def _movimentacao(x: Linha, ctx: ContextoMv) -> MovimentacaoLeito:
    codigo = str(x["cd_mov_int"])
    inicio = dates.data_e_hora(x["dt_mov_int"], x["hr_mov_int"], ctx.fuso, "movimentacoesLeito.inicio")
    if inicio is None:
        raise RegistroInvalido("movimentacoesLeito.inicio", f"não preenchido na origem (movimentação {codigo})")
    return MovimentacaoLeito(
        codigo=codigo,
        tipo=ctx.depara.traduzir("tipo_movimentacao", x["tp_mov"]),
        inicio=inicio,
        fim=dates.data_e_hora(x["dt_lib_mov"], x["hr_lib_mov"], ctx.fuso, "movimentacoesLeito.fim"),
        leito=leito(x["cd_leito"], ctx),
        leito_anterior=leito(x["cd_leito_anterior"], ctx),
        setor=values.texto(x["ds_unid_int"]),
        uti=e_uti(x, ctx),
    )


def movimentacoes(linhas: Sequence[Linha], ctx: ContextoMv) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time; of two within one second the one that was written first."""
    em_ordem = sorted((_movimentacao(x, ctx) for x in linhas), key=lambda m: (m.inicio, len(m.codigo), m.codigo))
    return tuple(em_ordem)
