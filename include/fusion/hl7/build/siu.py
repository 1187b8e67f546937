"""SIU: a surgery's booking. S12 booked, S13 rescheduled, S14 modified, S15 cancelled, S26 the patient did not come."""

from __future__ import annotations

from datetime import datetime, timedelta

from include.fusion.hl7.build.adt import dg1
from include.fusion.hl7.build.datatypes import ce, ei, join, numeric, pl, segment, ts, xcn
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import CirurgiaHl7, Codigo, PacienteHl7, Pessoal, Visita

EVENTS = {
    "S12": Codigo("S12", "Agendamento"), "S13": Codigo("S13", "Reagendamento"), "S14": Codigo("S14", "Modificação"),
    "S15": Codigo("S15", "Cancelamento"), "S26": Codigo("S26", "Não comparecimento"),
}  # fmt: skip
"""Event → reason for SCH-6, where the source gives none."""
_ACTION = {"S12": "A", "S15": "D", "S26": "D"}


def siu(profile: Hl7Profile, event: str, moment: datetime, paciente: PacienteHl7, cirurgia: CirurgiaHl7, visit: Visita | None = None,
        version: str | None = None) -> Hl7Message:  # fmt: skip
    """One booking with its procedure, room and surgeon. SCH-16 and SCH-20 need a contact: without a surgeon it is the sending system."""
    contact = xcn(profile, cirurgia.cirurgiao) or xcn(profile, Pessoal(profile.remetente))
    number, start = ei(profile, cirurgia.codigo), ts(profile, cirurgia.inicio)
    duration = numeric(cirurgia.minutos)
    unit = "min" if duration else ""
    end = ts(profile, cirurgia.inicio + timedelta(minutes=cirurgia.minutos)) if cirurgia.minutos else ""
    timing = join("", "", f"M{duration}" if duration else "", start, end)
    total = (duration, unit) if profile.versao != "2.7" else ("", "")  # 2.7 removed it: each resource has its own
    segments = [segment(
        "SCH", number, number, "", "", "", ce(profile, cirurgia.motivo or EVENTS[event]), ce(profile, cirurgia.procedimento), "Normal", *total,
        timing if profile.before_2_5 else "", *[""] * 4, contact, *[""] * 3, contact, *[""] * 4, cirurgia.situacao,
    )]  # fmt: skip
    if not profile.before_2_5:
        segments.append(segment("TQ1", "1", *[""] * 5, start, end))
    segments.append(pid(profile, paciente))
    if visit is not None:
        segments.append(pv1(profile, visit))
    if cirurgia.diagnostico is not None:
        segments.append(dg1(profile, 1, cirurgia.diagnostico))
    action = _ACTION.get(event, "U")
    segments += [
        f"RGS|1|{action}",
        segment("AIS", "1", action, ce(profile, cirurgia.procedimento), start, "", "", duration, unit, "", cirurgia.situacao),
    ]
    if cirurgia.sala is not None:
        segments.append(segment("AIL", "1", action, pl(profile, cirurgia.sala), "SALA^Sala cirúrgica^L", "", start, "", "", duration, unit, "",
                                    cirurgia.situacao))  # fmt: skip
    if cirurgia.cirurgiao is not None:
        segments.append(segment("AIP", "1", action, xcn(profile, cirurgia.cirurgiao), "CIRURGIAO^Cirurgião^L", "", start, "", "", duration, unit, "",
                                    cirurgia.situacao))  # fmt: skip
    return build(profile, "SIU", event, "SIU_S12", moment, f"cirurgia {cirurgia.codigo}", segments, version)
