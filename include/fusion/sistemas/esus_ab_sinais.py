"""Vital signs of the PEC (``tb_medicao``): varchar as typed → numbers in their only unit, inside the ranges of LEDI.

Ranges: domain-facts 1.5. LEDI gives none for temperature, BMI and calf: ours are wide enough for any living patient and still stop
a lost decimal point (365 for 36,5). Whole numbers that LEDI asks for may come with a decimal part: it does no harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from include.fusion.erros import RegistroInvalido
from include.fusion.modelo import SINAIS, Profissional, SinalVital
from include.fusion.sistemas import comum
from include.fusion.sistemas.base import Contexto, Linha

_CAMPOS = (
    ("PESO", "nu_medicao_peso", 0.5, 500.0),
    ("ALTURA", "nu_medicao_altura", 20.0, 250.0),
    ("IMC", "nu_medicao_imc", 3.0, 250.0),
    ("FREQUENCIA_CARDIACA", "nu_medicao_frequencia_cardiaca", 0.0, 999.0),
    ("FREQUENCIA_RESPIRATORIA", "nu_medicao_frequnca_resprtria", 0.0, 200.0),
    ("TEMPERATURA", "nu_medicao_temperatura", 10.0, 50.0),
    ("SATURACAO_O2", "nu_medicao_saturacao_o2", 0.0, 100.0),
    ("GLICEMIA_CAPILAR", "nu_medicao_glicemia", 0.0, 800.0),
    ("PERIMETRO_CEFALICO", "nu_medicao_perimetro_cefalico", 10.0, 200.0),
    ("CIRCUNFERENCIA_ABDOMINAL", "nu_medicao_circunf_abdominal", 0.0, 99999.0),
    ("PERIMETRO_PANTURRILHA", "nu_perimetro_panturrilha", 1.0, 200.0),
)
"""Sign, column (the PEC's own spelling), lowest and highest value."""


def _ilegivel(sinal: str, linha: Linha, motivo: str) -> RegistroInvalido:
    return RegistroInvalido(f"sinaisVitais.{sinal}", f"{motivo} (tb_medicao {linha['co_seq_medicao']})")


def _valor(sinal: str, linha: Linha, coluna: str, minimo: float, maximo: float) -> float | None:
    try:
        valor = comum.numero(linha[coluna], sinal)
    except RegistroInvalido:
        raise _ilegivel(sinal, linha, "valor ilegível") from None
    if valor is None:
        return None
    if sinal == "ALTURA" and 0 < valor < 3:
        valor = round(valor * 100, 1)  # typed in metres
    if not minimo <= valor <= maximo:
        raise _ilegivel(sinal, linha, f"fora do intervalo {minimo:g} a {maximo:g} {SINAIS[sinal]}")
    return valor


def _pressao(linha: Linha) -> tuple[float, float] | None:
    try:
        par = comum.pressao(linha["nu_medicao_pressao_arterial"], "PRESSAO")
    except RegistroInvalido:
        raise _ilegivel("PRESSAO_SISTOLICA", linha, "valor ilegível, esperado sistólica/diastólica") from None
    if par is not None and 0 < par[0] < 30:
        # "12/8" is how it is said, in cmHg: sent as mmHg it would read as a dying patient.
        raise _ilegivel("PRESSAO_SISTOLICA", linha, "parece estar em cmHg, esperado mmHg")
    return par


def sinais(linhas: Sequence[Linha], profissionais: Mapping[Any, Profissional | None], ctx: Contexto) -> tuple[SinalVital, ...]:
    """Every sign of every measurement row; ``RegistroInvalido`` names the sign and the row that cannot be trusted."""
    itens = []
    for linha in linhas:
        lidos: list[tuple[str, float | None]] = [
            (sinal, _valor(sinal, linha, coluna, minimo, maximo)) for sinal, coluna, minimo, maximo in _CAMPOS if linha[coluna] is not None
        ]
        if (pressao := _pressao(linha)) is not None:
            lidos += zip(("PRESSAO_SISTOLICA", "PRESSAO_DIASTOLICA"), pressao, strict=True)
        if not any(valor is not None for _, valor in lidos):
            continue
        data = comum.data_hora(linha["dt_medicao"], ctx.fuso, "sinaisVitais.data")
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
