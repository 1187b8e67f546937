"""e-SUS AB: vital signs (``tb_medicao``). A row has a column per sign: text, as somebody typed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.mapping import dates, vital_signs
from include.fusion.model.atendimento import SINAIS, Profissional, SinalVital
from include.fusion.reading.spec import MappingContext, Row

_FIELDS = (
    ("PESO", "nu_medicao_peso"),
    ("ALTURA", "nu_medicao_altura"),
    ("IMC", "nu_medicao_imc"),
    ("FREQUENCIA_CARDIACA", "nu_medicao_frequencia_cardiaca"),
    ("FREQUENCIA_RESPIRATORIA", "nu_medicao_frequnca_resprtria"),
    ("TEMPERATURA", "nu_medicao_temperatura"),
    ("SATURACAO_O2", "nu_medicao_saturacao_o2"),
    ("GLICEMIA_CAPILAR", "nu_medicao_glicemia"),
    ("PERIMETRO_CEFALICO", "nu_medicao_perimetro_cefalico"),
    ("CIRCUNFERENCIA_ABDOMINAL", "nu_medicao_circunf_abdominal"),
    ("PERIMETRO_PANTURRILHA", "nu_perimetro_panturrilha"),
)
"""Sign and column (in PEC's own spelling)."""


def sinais(rows: Sequence[Row], profissionais: Mapping[Any, Profissional | None], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Every sign of every row. ``InvalidRecord`` names the sign and the row that cannot be read."""
    items = []
    for row in rows:
        where = f"tb_medicao {row['co_seq_medicao']}"
        measures = [(sign, vital_signs.measure(sign, row[column], where)) for sign, column in _FIELDS if row[column] is not None]
        measures += vital_signs.pressure(row["nu_medicao_pressao_arterial"], where)
        found = [(sign, value) for sign, value in measures if value is not None]
        if not found:
            continue
        data = dates.date_time(row["dt_medicao"], ctx.zone, "sinaisVitais.data")
        author = profissionais.get(row["co_seq_atend_prof"])
        for sign, value in found:
            # LEDI wants a kind of glycaemia; an empty column means that nobody said which.
            kind = None
            if sign == "GLICEMIA_CAPILAR":
                kind = ctx.depara.translate("tipo_glicemia", row["tp_glicemia"]) or "NAO_ESPECIFICADO"
            items.append(
                SinalVital(
                    codigo=f"{row['co_seq_medicao']}-{sign}", sinal=sign, valor=value, unidade=SINAIS[sign], data=data,
                    qualificador=kind, profissional=author,
                )
            )  # fmt: skip
    return tuple(items)
