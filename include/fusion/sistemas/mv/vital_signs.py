"""MV: vital signs. Every site has codes of its own, so De/Para ``sinais_vitais`` knows a sign by its code or by its name.

Its words are the canonical signs, :data:`BLOOD_PRESSURE` (one text with both pressures) and :data:`DO_NOT_SEND` (Fusion does not take it).
A sign without De/Para is left out and counted. A value that cannot be read refuses the record.
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


def _sign(x: Row, ctx: MappingContext) -> str:
    name = values.to_text(x["ds_sinal_vital"])
    word = ctx.depara.translate("sinais_vitais", x["cd_sinal_vital"], name, name and _without_accents(name)) or DO_NOT_SEND
    if word not in SINAIS and word not in (BLOOD_PRESSURE, DO_NOT_SEND):
        raise InvalidRecord("sinaisVitais.sinal", f"o De/Para de {values.to_code(x['cd_sinal_vital'])} não é um sinal vital conhecido")
    return word


def _values(sign: str, x: Row, ctx: MappingContext, where: str) -> list[tuple[str, float]]:
    unit = ctx.depara.translate("unidades_afericao", x["ds_unidade_afericao"])
    factor = vital_signs.factor("PRESSAO_SISTOLICA" if sign == BLOOD_PRESSURE else sign, unit, where)
    if sign == BLOOD_PRESSURE:
        return vital_signs.pressure(x["valor"], where)
    value = vital_signs.measure(sign, x["valor"], where, factor)
    return [] if value is None else [(sign, value)]


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Signs of every collection. One without a moment was never taken."""
    items = []
    for x in rows:
        raw = x["data_coleta"] if x["data_coleta"] is not None else x["dt_referencia"]
        data, sign = dates.date_time(raw, ctx.zone, "sinaisVitais.data"), _sign(x, ctx)
        if sign == DO_NOT_SEND or data is None or values.to_text(x["valor"]) is None:
            continue
        collection, code = values.to_code(x["cd_coleta_sinal_vital"]), values.to_code(x["cd_sinal_vital"])
        author = profissional(x, ctx)
        items += [
            SinalVital(codigo=f"{collection}-{code}-{name}", sinal=name, valor=value, unidade=SINAIS[name], data=data, profissional=author)
            for name, value in _values(sign, x, ctx, f"coleta {collection}, sinal {code}")
        ]
    return tuple(items)
