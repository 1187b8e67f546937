"""ORU^R01: vital signs with LOINC and UCUM."""

from __future__ import annotations

from datetime import datetime

from include.fusion.hl7.build.datatypes import ce, ei, numeric, segment, st, ts, xcn
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
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
"""Canonical sign (``model.SINAIS``) → LOINC code and name. Capillary glucose is the mg/dL code: 15074-8 is mmol/L."""


def code_of_sinal(sinal: str) -> Codigo:
    """LOINC code of a canonical sign."""
    return Codigo(*LOINC[sinal], "LN")


def oru(profile: Hl7Profile, moment: datetime, paciente: PacienteHl7, panel: Painel, visit: Visita | None = None,
        version: str | None = None) -> Hl7Message:  # fmt: skip
    """One panel: OBR with one OBX per value. A deleted value is an OBX with status D or W."""
    segments = [pid(profile, paciente)]
    if visit is not None:
        segments.append(pv1(profile, visit))
    state = "F" if all(o.situacao == "F" for o in panel.observacoes) else "C"
    segments.append(segment("OBR", "1", "", ei(profile, panel.codigo), ce(profile, panel.titulo), "", "", ts(profile, panel.quando), *[""] * 14,
                                ts(profile, moment), "", "", state))  # fmt: skip
    segments += [_obx(profile, n, o) for n, o in enumerate(panel.observacoes, 1)]
    return build(profile, "ORU", "R01", "ORU_R01", moment, f"painel {panel.codigo}", segments, version)


def _obx(profile: Hl7Profile, number: int, o: Observacao) -> str:
    return segment(
        "OBX", str(number), "NM", ce(profile, o.codigo), st(profile, o.numero), numeric(o.valor), f"{st(profile, o.unidade)}^^UCUM", *[""] * 4, o.situacao, "", "",
        ts(profile, o.quando), "", xcn(profile, o.profissional) if profile.versao != "2.7" else "",
    )  # fmt: skip
