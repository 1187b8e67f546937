"""Tasy: vital signs. A row has a column per sign, all taken at one moment.

CD_PESSOA_FISICA of the row is the professional, CD_PACIENTE the patient. If that is not the patient of the attendance, the row refuses
the record with its reason: only the hospital can tell which one is right, and a row that is silently left out would hide the mistake.
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
"""Sign → its column and the column of its unit (empty: the sign's own unit)."""


def sinais(rows: Sequence[Row], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Every sign that has a value. A row without a moment was never taken."""
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
        for sign, (column, unit) in _COLUMNS.items():
            if x[column] is None:
                continue
            factor = vital_signs.factor(sign, ctx.depara.translate("unidades_afericao", x[unit]), where) if unit else 1
            if (value := vital_signs.measure(sign, x[column], where, factor)) is not None:
                key = f"{x['nr_sequencia']}-{sign}"
                items.append(SinalVital(codigo=key, sinal=sign, valor=value, unidade=SINAIS[sign], data=data, profissional=author))
    return tuple(items)
