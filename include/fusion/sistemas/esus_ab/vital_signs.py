"""Vital signs of the PEC (``tb_medicao``): one row has a column per sign, varchar as typed."""

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
"""Sign and column (the PEC's own spelling)."""


def sinais(rows: Sequence[Row], profissionais: Mapping[Any, Profissional | None], ctx: MappingContext) -> tuple[SinalVital, ...]:
    """Every sign of every measurement row; ``InvalidRecord`` names the sign and the row that cannot be trusted."""
    items = []
    for row in rows:
        where = f"tb_medicao {row['co_seq_medicao']}"
        read_items: list[tuple[str, float | None]] = [
            (sinal, vital_signs.measure(sinal, row[column], where)) for sinal, column in _FIELDS if row[column] is not None
        ]
        read_items += vital_signs.pressure(row["nu_medicao_pressao_arterial"], where)
        if not any(value is not None for _, value in read_items):
            continue
        data = dates.date_time(row["dt_medicao"], ctx.zone, "sinaisVitais.data")
        author = profissionais.get(row["co_seq_atend_prof"])
        for sinal, value in read_items:
            if value is None:
                continue
            # LEDI demands a kind of glycaemia; where the column is empty nobody said which it was.
            kind = None
            if sinal == "GLICEMIA_CAPILAR":
                kind = ctx.depara.translate("tipo_glicemia", row["tp_glicemia"]) or "NAO_ESPECIFICADO"
            items.append(
                SinalVital(
                    codigo=f"{row['co_seq_medicao']}-{sinal}", sinal=sinal, valor=value, unidade=SINAIS[sinal], data=data,
                    qualificador=kind, profissional=author,
                )
            )  # fmt: skip
    return tuple(items)
