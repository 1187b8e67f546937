"""ORU^R01: vital signs with LOINC and UCUM."""

from __future__ import annotations

from datetime import datetime

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.message import MensagemHl7, montar
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Codigo, Observacao, PacienteHl7, Painel, Visita

LOINC = {
    "PRESSAO_SISTOLICA": ("8480-6", "Systolic blood pressure"), "PRESSAO_DIASTOLICA": ("8462-4", "Diastolic blood pressure"),
    "PRESSAO_MEDIA": ("8478-0", "Mean blood pressure"), "FREQUENCIA_CARDIACA": ("8867-4", "Heart rate"),
    "FREQUENCIA_RESPIRATORIA": ("9279-1", "Respiratory rate"), "SATURACAO_O2": ("2708-6", "Oxygen saturation in Arterial blood"),
    "TEMPERATURA": ("8310-5", "Body temperature"), "PESO": ("29463-7", "Body weight"), "ALTURA": ("8302-2", "Body height"),
    "IMC": ("39156-5", "Body mass index"), "PERIMETRO_CEFALICO": ("9843-4", "Head Occipital-frontal circumference"),
    "CIRCUNFERENCIA_ABDOMINAL": ("8280-0", "Waist Circumference at umbilicus by Tape measure"),
    "PERIMETRO_PANTURRILHA": ("56072-2", "Circumference Calf - right"), "GLICEMIA_CAPILAR": ("41653-7", "Glucose in Capillary blood by Glucometer"),
    "DOR": ("72514-3", "Pain severity - 0-10 verbal numeric rating"),
}  # fmt: skip
"""Canonical sign (``modelo.SINAIS``) → LOINC code and name. Capillary glucose is the mg/dL code: 15074-8 is mmol/L."""


def codigo_do_sinal(sinal: str) -> Codigo:
    """LOINC code of a canonical sign."""
    return Codigo(*LOINC[sinal], "LN")


def oru(aj: AjustesHl7, momento: datetime, paciente: PacienteHl7, painel: Painel, visita: Visita | None = None,
        versao: str | None = None) -> MensagemHl7:  # fmt: skip
    """One panel: OBR with an OBX per value. A deleted value is an OBX with status D or W, which says so to the receiver."""
    segmentos = [pid(aj, paciente)]
    if visita is not None:
        segmentos.append(pv1(aj, visita))
    estados = {o.situacao for o in painel.observacoes}
    estado = "F" if estados <= {"F"} else "C"
    segmentos.append(datatypes.segmento("OBR", "1", "", datatypes.ei(aj, painel.codigo), datatypes.ce(aj, painel.titulo), "", "", datatypes.ts(aj, painel.quando), *[""] * 14,
                                datatypes.ts(aj, momento), "", "", estado))  # fmt: skip
    segmentos += [_obx(aj, n, o) for n, o in enumerate(painel.observacoes, 1)]
    return montar(aj, "ORU", "R01", "ORU_R01", momento, f"painel {painel.codigo}", segmentos, versao)


def _obx(aj: AjustesHl7, numero: int, o: Observacao) -> str:
    return datatypes.segmento(
        "OBX", str(numero), "NM", datatypes.ce(aj, o.codigo), datatypes.st(aj, o.numero), datatypes.numerico(o.valor), f"{datatypes.st(aj, o.unidade)}^^UCUM", *[""] * 4, o.situacao, "", "",
        datatypes.ts(aj, o.quando), "", datatypes.xcn(aj, o.profissional) if aj.versao != "2.7" else "",
    )  # fmt: skip
