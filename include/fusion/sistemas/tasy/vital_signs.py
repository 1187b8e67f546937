"""Tasy: vital signs, one column each in a row that was taken at one moment.

CD_PESSOA_FISICA of the row is the professional, CD_PACIENTE the patient. A row of another patient than the
attendance's is a mix-up that only the hospital can settle: it is never sent, and refuses the record with its reason rather than vanish.
"""

from __future__ import annotations

from collections.abc import Sequence

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import dates, values, vital_signs
from include.fusion.model.atendimento import SINAIS, SinalVital
from include.fusion.reading.spec import MappingContext, Row
from include.fusion.sistemas.tasy.patient import profissional

_COLUMNS = {
    "PRESSAO_SISTOLICA": ("qt_pa_sistolica", ""),
    "PRESSAO_DIASTOLICA": ("qt_pa_diastolica", ""),
    "PRESSAO_MEDIA": ("qt_pam", ""),
    "FREQUENCIA_CARDIACA": ("qt_freq_cardiaca", ""),
    "FREQUENCIA_RESPIRATORIA": ("qt_freq_resp", ""),
    "TEMPERATURA": ("qt_temp", ""),
    "SATURACAO_O2": ("qt_saturacao_o2", ""),
    "PESO": ("qt_peso", "ie_unid_med_peso"),
    "ALTURA": ("qt_altura_cm", "ie_unid_med_altura"),
    "GLICEMIA_CAPILAR": ("qt_glicemia_capilar", ""),
    "DOR": ("qt_escala_dor", ""),
}
"""Sign → its column and, where it has one, the column of the unit it was taken in."""


def _factor(sinal: str, unit: object, ctx: MappingContext, where: str) -> float:
    return vital_signs.factor(sinal, ctx.depara.translate("unidades_afericao", unit), where)


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Every sign that was written; a row without a moment was never taken."""
    items = []
    for x in rows:
        where = f"sinal vital {x['nr_sequencia']}"
        owner = values.to_code(x["sinal_paciente"])
        if owner is not None and owner != values.to_code(x["atendimento_paciente"]):
            raise InvalidRecord("sinaisVitais.paciente", f"não é o paciente do atendimento ({where})")
        data = dates.date_time(x["dt_sinal_vital"], ctx.zone, "sinaisVitais.data")
        if data is None:
            continue
        author = profissional(x, ctx)
        for sinal, (column, unit) in _COLUMNS.items():
            if x[column] is None:
                continue
            value = vital_signs.measure(sinal, x[column], where, _factor(sinal, x[unit], ctx, where) if unit else 1)
            if value is not None:
                items.append(
                    SinalVital(
                        codigo=f"{x['nr_sequencia']}-{sinal}",
                        sinal=sinal,
                        valor=value,
                        unidade=SINAIS[sinal],
                        data=data,
                        profissional=author,
                    )
                )
    return tuple(items)
