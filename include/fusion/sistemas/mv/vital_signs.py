"""MV: vital signs. Their codes are each site's own, so the De/Para tells a sign by its code or by its name.

Words of the catalogue ``sinais_vitais``: the canonical signs, ``BLOOD_PRESSURE`` for one text with both pressures, and
``DO_NOT_SEND`` for what Fusion does not take. A sign in neither way known is left out, and counted among the codes without De/Para. A value
that cannot be trusted refuses the record, as everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, values, vital_signs
from include.fusion.model.atendimento import SINAIS, SinalVital
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.sistemas.mv.patient import profissional

BLOOD_PRESSURE = "PRESSAO_ARTERIAL"
DO_NOT_SEND = "NAO_ENVIAR"


@lru_cache(maxsize=2000)
def _without_accents(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).split())


def _sinal(x: Row, ctx: MappingContext) -> str:
    name = values.to_text(x["ds_sinal_vital"])
    word = ctx.depara.translate("sinais_vitais", x["cd_sinal_vital"], name, name and _without_accents(name)) or DO_NOT_SEND
    if word not in SINAIS and word not in (BLOOD_PRESSURE, DO_NOT_SEND):
        raise InvalidRecord("sinaisVitais.sinal", f"o De/Para de {values.to_code(x['cd_sinal_vital'])} não é um sinal vital conhecido")
    return word


def _factor(sinal: str, x: Row, ctx: MappingContext, where: str) -> float:
    return vital_signs.factor(sinal, ctx.depara.translate("unidades_afericao", x["ds_unidade_afericao"]), where)


def _values(sinal: str, x: Row, ctx: MappingContext, where: str) -> list[tuple[str, float]]:
    if sinal == BLOOD_PRESSURE:
        _factor("PRESSAO_SISTOLICA", x, ctx, where)
        return vital_signs.pressure(x["valor"], where)
    value = vital_signs.measure(sinal, x["valor"], where, _factor(sinal, x, ctx, where))
    return [] if value is None else [(sinal, value)]


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Signs of every collection; one without any time was never taken."""
    items = []
    for x in rows:
        raw = x["data_coleta"] if x["data_coleta"] is not None else x["dt_referencia"]
        data = dates.date_time(raw, ctx.zone, "sinaisVitais.data")
        sinal = _sinal(x, ctx)
        if sinal == DO_NOT_SEND or data is None or values.to_text(x["valor"]) is None:
            continue
        collector, code = values.to_code(x["cd_coleta_sinal_vital"]), values.to_code(x["cd_sinal_vital"])
        items += [
            SinalVital(
                codigo=f"{collector}-{code}-{name}",
                sinal=name,
                valor=value,
                unidade=SINAIS[name],
                data=data,
                profissional=profissional(x, ctx),
            )
            for name, value in _values(sinal, x, ctx, f"coleta {collector}, sinal {code}")
        ]
    return tuple(items)
