"""Vital signs of the PEC (``tb_medicao``): one row has a column per sign, varchar as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.mapping import dates, vital_signs
from include.fusion.model.atendimento import SINAIS, Profissional, SinalVital
from include.fusion.reading.spec import Contexto, Linha

_CAMPOS = (
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


def sinais(linhas: Sequence[Linha], profissionais: Mapping[Any, Profissional | None], ctx: Contexto) -> tuple[SinalVital, ...]:
    """Every sign of every measurement row; ``RegistroInvalido`` names the sign and the row that cannot be trusted."""
    itens = []
    for linha in linhas:
        onde = f"tb_medicao {linha['co_seq_medicao']}"
        lidos: list[tuple[str, float | None]] = [
            (sinal, vital_signs.medida(sinal, linha[coluna], onde)) for sinal, coluna in _CAMPOS if linha[coluna] is not None
        ]
        lidos += vital_signs.pressao(linha["nu_medicao_pressao_arterial"], onde)
        if not any(valor is not None for _, valor in lidos):
            continue
        data = dates.data_hora(linha["dt_medicao"], ctx.fuso, "sinaisVitais.data")
        autor = profissionais.get(linha["co_seq_atend_prof"])
        for sinal, valor in lidos:
            if valor is None:
                continue
            # LEDI demands a kind of glycaemia; where the column is empty nobody said which it was.
            tipo = None
            if sinal == "GLICEMIA_CAPILAR":
                tipo = ctx.depara.traduzir("tipo_glicemia", linha["tp_glicemia"]) or "NAO_ESPECIFICADO"
            itens.append(
                SinalVital(
                    codigo=f"{linha['co_seq_medicao']}-{sinal}", sinal=sinal, valor=valor, unidade=SINAIS[sinal], data=data,
                    qualificador=tipo, profissional=autor,
                )
            )  # fmt: skip
    return tuple(itens)
