"""ADT: admission, transfer, discharge, their cancellations, updates of visit and person, allergies by themselves (A60)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from include.fusion.hl7.build.datatypes import ce, cx, ei, numeric, repeat, segment, st, ts, xcn
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import Alergia, Diagnostico, PacienteHl7, Procedimento, Visita

STRUCTURES = {
    "A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01", "A11": "ADT_A09", "A13": "ADT_A01",
    "A31": "ADT_A05", "A60": "ADT_A60",
}  # fmt: skip
"""Event → structure (MSH-9.3)."""
_DIAGNOSTICOS = {"ADT_A01", "ADT_A03", "ADT_A05"}
_NO_VISIT = "PV1|1|N"
"""The update of a person has no visit, but its structure needs PV1: class N, not applicable."""


def adt(profile: Hl7Profile, event: str, moment: datetime, paciente: PacienteHl7, visit: Visita | None = None, *, alergias: Sequence[Alergia] = (),
        diagnosticos: Sequence[Diagnostico] = (), procedimentos: Sequence[Procedimento] = (), occurred: datetime | date | None = None,
        entity: str | None = None, version: str | None = None) -> Hl7Message:  # fmt: skip
    """One of :data:`STRUCTURES`. Allergies are IAM in A60 (action and identifier), AL1 elsewhere (the whole list).

    ``moment``: when it was recorded (MSH-7, EVN-2); ``occurred``: when it happened (EVN-6). ``version`` belongs to the visit or the
    patient, or else to ``entity`` (one transfer, one allergy).

    :raises ValueError: the structure cannot carry the values: no allergies in 2.4's A03; no diagnoses or procedures in A02, A11, A60.
    """
    structure = STRUCTURES[event]
    if visit is None and event not in ("A31", "A60"):
        raise ValueError(f"ADT^{event} needs a visit")
    if alergias and not carries_alergias(profile, event):
        raise ValueError(f"ADT^{event} of HL7 {profile.versao} carries no allergies: send them by A60 or A08")
    if (diagnosticos or procedimentos) and structure not in _DIAGNOSTICOS:
        raise ValueError(f"ADT^{event} carries neither diagnoses nor procedures")
    segments = [_evn(profile, event, moment, occurred), pid(profile, paciente)]
    if visit is not None or structure != "ADT_A60":
        segments.append(_NO_VISIT if visit is None else pv1(profile, visit))
    if structure == "ADT_A60":
        segments += [iam(profile, n, a) for n, a in enumerate(alergias, 1)]
    else:
        segments += [al1(profile, n, a) for n, a in enumerate(alergias, 1)]
    segments += [dg1(profile, n, d) for n, d in enumerate(diagnosticos, 1)]
    segments += [pr1(profile, n, p) for n, p in enumerate(procedimentos, 1)]
    entity = entity or (f"paciente {paciente.codigo}" if visit is None else f"visita {visit.numero}")
    return build(profile, "ADT", event, structure, moment, entity, segments, version)


def _evn(profile: Hl7Profile, event: str, moment: datetime, occurred: datetime | date | None) -> str:
    return segment("EVN", event if profile.versao != "2.7" else "", ts(profile, moment), "", "", "", ts(profile, occurred))


def merge_pacientes(profile: Hl7Profile, moment: datetime, survivor: PacienteHl7, merged_id: str, version: str | None = None) -> Hl7Message:
    """A40: the records of patient ``merged_id`` now belong to ``survivor``."""
    segments = [
        _evn(profile, "A40", moment, None),
        pid(profile, survivor),
        segment("MRG", cx(profile, merged_id, profile.autoridade, "PI")),
    ]
    return build(profile, "ADT", "A40", "ADT_A39", moment, f"unificacao {merged_id}", segments, version)


def carries_alergias(profile: Hl7Profile, event: str) -> bool:
    """Whether this event's structure has a place for allergies."""
    return event in ("A01", "A04", "A08", "A13", "A31", "A60") or (event == "A03" and not profile.before_2_5)


def al1(profile: Hl7Profile, number: int, a: Alergia) -> str:
    """2.7 has no date here."""
    start = ts(profile, a.inicio) if profile.versao != "2.7" else ""
    return segment("AL1", str(number), a.tipo or "", ce(profile, a.substancia), a.gravidade or "", _reactions(profile, a), start)


def iam(profile: Hl7Profile, number: int, a: Alergia) -> str:
    return segment(
        "IAM", str(number), a.tipo or "", ce(profile, a.substancia), a.gravidade or "", _reactions(profile, a), a.acao, ei(profile, a.codigo), "", "", "",
        ts(profile, a.inicio), "", ts(profile, a.registrada_em), "", "", "", a.situacao or "",
    )  # fmt: skip


def _reactions(profile: Hl7Profile, a: Alergia) -> str:
    return repeat(st(profile, r) for r in a.reacoes)


def dg1(profile: Hl7Profile, number: int, d: Diagnostico) -> str:
    """Identifier and action exist since 2.5.1; in 2.4 the segments of a message are the whole set."""
    new = () if profile.before_2_5 else ("", "", "", ei(profile, d.codigo), d.acao)
    return segment(
        "DG1", str(number), "", ce(profile, d.diagnostico), st(profile, d.diagnostico.descricao) if profile.versao != "2.7" else "", ts(profile, d.quando), d.tipo,
        *[""] * 8, "1" if d.principal else "", xcn(profile, d.profissional), *new,
    )  # fmt: skip


def pr1(profile: Hl7Profile, number: int, p: Procedimento) -> str:
    """Like :func:`dg1`. 2.7 names the professional in ROL and PRT only; we do not send these."""
    new = () if profile.before_2_5 else (*[""] * 7, ei(profile, p.codigo), "U")
    profissional = xcn(profile, p.profissional) if profile.versao != "2.7" else ""
    return segment(
        "PR1", str(number), "", ce(profile, p.procedimento), st(profile, p.procedimento.descricao) if profile.versao != "2.7" else "", ts(profile, p.quando),
        p.tipo or "", numeric(p.minutos), "", "", "", profissional, *new,
    )  # fmt: skip
