"""Tasy: vital signs, one column each in a row that was taken at one moment.

CD_PESSOA_FISICA of the row is the professional, CD_PACIENTE the patient. A row of another patient than the
attendance's is a mix-up that only the hospital can settle: it is never sent, and refuses the record with its reason rather than vanish.
"""

from __future__ import annotations

from collections.abc import Sequence

from include.fusion.errors import RegistroInvalido
from include.fusion.mapping import dates, values, vital_signs
from include.fusion.model.atendimento import SINAIS, SinalVital
from include.fusion.reading.spec import Contexto, Linha
from include.fusion.sistemas.tasy.patient import profissional

_COLUNAS = {
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


def _fator(sinal: str, unidade: object, ctx: Contexto, onde: str) -> float:
    return vital_signs.fator(sinal, ctx.depara.traduzir("unidades_afericao", unidade), onde)


def sinais(linhas: Sequence[Linha], ctx: Contexto) -> tuple[SinalVital, ...]:
    """Every sign that was written; a row without a moment was never taken."""
    itens = []
    for x in linhas:
        onde = f"sinal vital {x['nr_sequencia']}"
        dono = values.codigo(x["sinal_paciente"])
        if dono is not None and dono != values.codigo(x["atendimento_paciente"]):
            raise RegistroInvalido("sinaisVitais.paciente", f"não é o paciente do atendimento ({onde})")
        data = dates.data_hora(x["dt_sinal_vital"], ctx.fuso, "sinaisVitais.data")
        if data is None:
            continue
        autor = profissional(x, ctx)
        for sinal, (coluna, unidade) in _COLUNAS.items():
            if x[coluna] is None:
                continue
            valor = vital_signs.medida(sinal, x[coluna], onde, _fator(sinal, x[unidade], ctx, onde) if unidade else 1)
            if valor is not None:
                itens.append(
                    SinalVital(
                        codigo=f"{x['nr_sequencia']}-{sinal}",
                        sinal=sinal,
                        valor=valor,
                        unidade=SINAIS[sinal],
                        data=data,
                        profissional=autor,
                    )
                )
    return tuple(itens)
