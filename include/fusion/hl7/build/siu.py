"""SIU: a surgery's booking. S12 booked, S13 rescheduled, S14 modified, S15 cancelled, S26 the patient did not come."""

from __future__ import annotations

from datetime import datetime, timedelta

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.adt import dg1
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import CirurgiaHl7, Codigo, PacienteHl7, Pessoal, Visita

EVENTS = {
    "S12": Codigo("S12", "Agendamento"), "S13": Codigo("S13", "Reagendamento"), "S14": Codigo("S14", "Modificação"),
    "S15": Codigo("S15", "Cancelamento"), "S26": Codigo("S26", "Não comparecimento"),
}  # fmt: skip
"""Event → the reason that SCH-6 must give where the source has none."""
_MINUTES = "min"
_ACTION = {"S12": "A", "S15": "D", "S26": "D"}


def siu(profile: Hl7Profile, event: str, moment: datetime, paciente: PacienteHl7, cirurgia: CirurgiaHl7, visit: Visita | None = None,
        version: str | None = None) -> Hl7Message:  # fmt: skip
    """One booking with its procedure, room and surgeon. The system stands in for a contact that the source does not name (SCH-16, SCH-20)."""
    contact = datatypes.xcn(profile, cirurgia.cirurgiao) or datatypes.xcn(profile, Pessoal(profile.remetente))
    number, start = datatypes.ei(profile, cirurgia.codigo), datatypes.ts(profile, cirurgia.inicio)
    duration = datatypes.numeric(cirurgia.minutos)
    unit = _MINUTES if duration else ""
    end = datatypes.ts(profile, cirurgia.inicio + timedelta(minutes=cirurgia.minutos)) if cirurgia.minutos else ""
    timing = datatypes.join("", "", f"M{duration}" if duration else "", start, end)
    total = (duration, unit) if profile.versao != "2.7" else ("", "")  # withdrawn there: each resource has its own
    segments = [datatypes.segment(
        "SCH", number, number, "", "", "", datatypes.ce(profile, cirurgia.motivo or EVENTS[event]), datatypes.ce(profile, cirurgia.procedimento), "Normal", *total,
        timing if profile.before_2_5 else "", *[""] * 4, contact, *[""] * 3, contact, *[""] * 4, cirurgia.situacao,
    )]  # fmt: skip
    if not profile.before_2_5:
        segments.append(datatypes.segment("TQ1", "1", *[""] * 5, start, end))
    segments.append(pid(profile, paciente))
    if visit is not None:
        segments.append(pv1(profile, visit))
    if cirurgia.diagnostico is not None:
        segments.append(dg1(profile, 1, cirurgia.diagnostico))
    action = _ACTION.get(event, "U")
    segments += [
        f"RGS|1|{action}",
        datatypes.segment(
            "AIS", "1", action, datatypes.ce(profile, cirurgia.procedimento), start, "", "", duration, unit, "", cirurgia.situacao
        ),
    ]
    if cirurgia.sala is not None:
        segments.append(datatypes.segment("AIL", "1", action, datatypes.pl(profile, cirurgia.sala), "SALA^Sala cirúrgica^L", "", start, "", "", duration, unit, "",
                                    cirurgia.situacao))  # fmt: skip
    if cirurgia.cirurgiao is not None:
        segments.append(datatypes.segment("AIP", "1", action, datatypes.xcn(profile, cirurgia.cirurgiao), "CIRURGIAO^Cirurgião^L", "", start, "", "", duration, unit, "",
                                    cirurgia.situacao))  # fmt: skip
    return build(profile, "SIU", event, "SIU_S12", moment, f"cirurgia {cirurgia.codigo}", segments, version)
