"""Tasy: stays in units of care (``ATEND_PACIENTE_UNIDADE``) and which of them are in an ICU."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, values
from include.fusion.model.atendimento import MovimentacaoLeito
from include.fusion.reading.spec import Contexto, Linha

# The facts know of no column that tells an ICU; its name does. A site with other names replaces read_movimentacoes.sql.
_UTI = re.compile(r"(?<!\bSEMI[ -])\b(?:UTI|CTI|UCO|UCIN)N?\d*\b(?![ -]SEMI)|TERAPIA INTENSIVA", re.IGNORECASE)


def _leito(x: Linha, ctx: Contexto) -> str | None:
    """A bed's code is its unit (room) and complement (bed in it)."""
    partes = [p for c in ("cd_unidade_basica", "cd_unidade_compl") if (p := values.codigo(x[c]))]
    return ctx.depara.traduzir("leitos", "-".join(partes)) if partes else None


def movimentacoes(linhas: Sequence[Linha], ctx: Contexto) -> tuple[MovimentacaoLeito, ...]:
    """Stays in order of time, the first of them the admission; of two within one second the one that was written first."""
    datadas = []
    for x in linhas:
        inicio = dates.data_hora(x["dt_entrada_unidade"], ctx.fuso, "movimentacoesLeito.inicio")
        if inicio is None:
            raise RegistroInvalido("movimentacoesLeito.inicio", f"não preenchido na origem (passagem {x['nr_seq_interno']})")
        datadas.append((inicio, int(x["nr_seq_interno"]), x))
    datadas.sort(key=lambda d: d[:2])
    leitos = [_leito(x, ctx) for _, _, x in datadas]
    anteriores = [None, *(antes for antes, _ in pairwise(leitos))]
    return tuple(
        MovimentacaoLeito(
            codigo=str(numero),
            tipo="TRANSFERENCIA" if posicao else "INTERNACAO",
            inicio=inicio,
            fim=dates.data_hora(x["dt_saida_unidade"], ctx.fuso, "movimentacoesLeito.fim"),
            leito=leitos[posicao],
            leito_anterior=anteriores[posicao],
            setor=values.texto(x["ds_setor_atendimento"]),
            uti=_UTI.search(" ".join((values.texto(x["ds_setor_atendimento"]) or "").split())) is not None,
        )
        for posicao, (inicio, numero, x) in enumerate(datadas)
    )


def atual(estadas: Sequence[MovimentacaoLeito]) -> MovimentacaoLeito | None:
    """Where the patient is: the newest stay without an end, or the last one of all."""
    return next((m for m in reversed(estadas) if m.fim is None), estadas[-1] if estadas else None)
