"""MV: vital signs. Their codes are each site's own, so the De/Para tells a sign by its code or by its name.

Words of the catalogue ``sinais_vitais``: the canonical signs, ``PRESSAO_ARTERIAL`` for one text with both pressures, and
``NAO_ENVIAR`` for what Fusion does not take. A sign in neither way known is left out, and counted among the codes without De/Para. A value
that cannot be trusted refuses the record, as everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, values, vital_signs
from include.fusion.model.atendimento import SINAIS, SinalVital
from include.fusion.reading.spec import Contexto, Linha
from include.fusion.sistemas.mv.patient import profissional

PRESSAO_ARTERIAL = "PRESSAO_ARTERIAL"
NAO_ENVIAR = "NAO_ENVIAR"


@lru_cache(maxsize=2000)
def _sem_acentos(nome: str) -> str:
    letras = unicodedata.normalize("NFKD", nome)
    return " ".join("".join(c for c in letras if not unicodedata.combining(c)).split())


def _sinal(x: Linha, ctx: Contexto) -> str:
    nome = values.texto(x["ds_sinal_vital"])
    palavra = ctx.depara.traduzir("sinais_vitais", x["cd_sinal_vital"], nome, nome and _sem_acentos(nome)) or NAO_ENVIAR
    if palavra not in SINAIS and palavra not in (PRESSAO_ARTERIAL, NAO_ENVIAR):
        raise RegistroInvalido("sinaisVitais.sinal", f"o De/Para de {values.codigo(x['cd_sinal_vital'])} não é um sinal vital conhecido")
    return palavra


def _fator(sinal: str, x: Linha, ctx: Contexto, onde: str) -> float:
    return vital_signs.fator(sinal, ctx.depara.traduzir("unidades_afericao", x["ds_unidade_afericao"]), onde)


def _valores(sinal: str, x: Linha, ctx: Contexto, onde: str) -> list[tuple[str, float]]:
    if sinal == PRESSAO_ARTERIAL:
        _fator("PRESSAO_SISTOLICA", x, ctx, onde)
        return vital_signs.pressao(x["valor"], onde)
    valor = vital_signs.medida(sinal, x["valor"], onde, _fator(sinal, x, ctx, onde))
    return [] if valor is None else [(sinal, valor)]


def sinais(linhas: Sequence[Linha], ctx: Contexto) -> tuple[SinalVital, ...]:
    """Signs of every collection; one without any time was never taken."""
    itens = []
    for x in linhas:
        bruta = x["data_coleta"] if x["data_coleta"] is not None else x["dt_referencia"]
        data = dates.data_hora(bruta, ctx.fuso, "sinaisVitais.data")
        sinal = _sinal(x, ctx)
        if sinal == NAO_ENVIAR or data is None or values.texto(x["valor"]) is None:
            continue
        coleta, codigo = values.codigo(x["cd_coleta_sinal_vital"]), values.codigo(x["cd_sinal_vital"])
        itens += [
            SinalVital(
                codigo=f"{coleta}-{codigo}-{nome}",
                sinal=nome,
                valor=valor,
                unidade=SINAIS[nome],
                data=data,
                profissional=profissional(x, ctx),
            )
            for nome, valor in _valores(sinal, x, ctx, f"coleta {coleta}, sinal {codigo}")
        ]
    return tuple(itens)
