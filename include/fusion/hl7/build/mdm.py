"""MDM^T02: notes as documents. An edited note is sent again under its identifier (TXA-12), a withdrawn one with TXA-19 CA."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from include.fusion.hl7.build.datatypes import ce, ei, segment, st, ts, xcn
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import Codigo, Nota, PacienteHl7, Visita

PART_MAX = 60_000
"""Characters of one OBX-5, escapes included; FT takes 65,536. A longer text continues in the next OBX."""
_NAMES = {"HP": Codigo("HP", "History and physical examination"), "PN": Codigo("PN", "Progress note"), "DS": Codigo("DS", "Discharge summary"),
          "CN": Codigo("CN", "Consultation"), "OP": Codigo("OP", "Operative report")}  # fmt: skip


def parts(text: str, maximum: int = PART_MAX) -> Iterator[str]:
    """An escaped text in pieces of at most ``maximum``, cut before a line break (``\\.br\\``), else outside an escape. Nothing is added or lost."""
    while len(text) > maximum:
        cut = text.rfind("\\.br\\", maximum // 2, maximum)
        if cut < 0 or _in_escape(text, cut):
            cut = maximum if not _in_escape(text, maximum) else text.rfind("\\", 0, maximum)
        yield text[:cut]
        text = text[cut:]
    yield text


def _in_escape(text: str, cut: int) -> bool:
    # Escape characters come in pairs: an odd number before the cut means that the cut is inside a sequence.
    return text.count("\\", 0, cut) % 2 == 1


def mdm(profile: Hl7Profile, moment: datetime, paciente: PacienteHl7, visit: Visita, note: Nota, version: str | None = None) -> Hl7Message:
    """One note. Its text is FT in one or more OBX, line breaks as ``\\.br\\``; a withdrawn note has no text."""
    when = ts(profile, note.quando or moment)
    txa = segment(
        "TXA", "1", note.tipo, "FT", when, xcn(profile, note.autor), when, ts(profile, moment), "", xcn(profile, note.autor), "", "", ei(profile, note.codigo),
        "", "", "", "", note.completa, "", "CA" if note.cancelada else "AV",
    )  # fmt: skip
    title = ce(profile, note.titulo or _NAMES.get(note.tipo) or Codigo(note.tipo))
    state = "D" if note.cancelada else "F"
    segments = [
        segment("EVN", "T02" if profile.versao != "2.7" else "", ts(profile, moment)),
        pid(profile, paciente),
        pv1(profile, visit),
        txa,
    ]
    for n, part in enumerate(parts("" if note.cancelada else st(profile, note.texto)), 1):
        segments.append(segment("OBX", str(n), "FT", title, "1", part, *[""] * 5, state, "", "", when))
    return build(profile, "MDM", "T02", "MDM_T02", moment, f"nota {note.codigo}", segments, version)
