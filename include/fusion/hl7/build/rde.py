"""RDE^O11: one prescribed medicine. Timing is TQ inside RXE-1 in 2.4 and a TQ1 segment after RXE from 2.5.1 on."""

from __future__ import annotations

from datetime import datetime

from include.fusion.hl7.build.datatypes import ce, ei, join, numeric, segment, st, ts, xcn
from include.fusion.hl7.build.message import Hl7Message, build
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import Medicamento, PacienteHl7, Visita
from include.fusion.hl7.wire.escapes import NULL


def rde(
    profile: Hl7Profile, moment: datetime, paciente: PacienteHl7, visit: Visita, m: Medicamento, version: str | None = None
) -> Hl7Message:
    """The order's whole state; ORC-1 says whether it is new, changed, discontinued or cancelled.

    :raises ValueError: no dose of an order that is not cancelled.
    """
    if m.dose is None and m.controle != "CA":
        raise ValueError("only a cancelled order may have no dose")
    number = ei(profile, m.codigo)
    prescriber = xcn(profile, m.prescritor) if profile.versao != "2.7" else ""
    timing = _tq(profile, m) if profile.before_2_5 else ""
    ordered = ts(profile, m.pedido_em or moment)
    orc = segment("ORC", m.controle, number, number, "", m.situacao or "", "", timing, "", ordered, "", "", prescriber)
    instructions = join("", st(profile, m.instrucoes)) if m.instrucoes else ""
    rxe = segment("RXE", timing, ce(profile, m.medicamento), numeric(m.dose or 0), "", ce(profile, m.unidade) or NULL, "", instructions,
                     "", "", numeric(m.quantidade))  # fmt: skip
    segments = [pid(profile, paciente), pv1(profile, visit), orc, rxe]
    if not profile.before_2_5:
        segments.append(_tq1(profile, m))
    segments.append(segment("RXR", ce(profile, m.via)))
    return build(profile, "RDE", "O11", "RDE_O11", moment, f"medicamento {m.codigo}", segments, version)


def _tq(profile: Hl7Profile, m: Medicamento) -> str:
    """Interval code, duration, start, end, routine priority (so it is never empty), and the frequency in words."""
    f = m.frequencia
    return join("", st(profile, f.codigo if f else None), st(profile, m.duracao), ts(profile, m.inicio), ts(profile, m.fim), "R", "",
                    st(profile, f.descricao if f else None))  # fmt: skip


def _tq1(profile: Hl7Profile, m: Medicamento) -> str:
    f = m.frequencia
    return segment("TQ1", "1", "", st(profile, f.codigo if f else None), "", "", "", ts(profile, m.inicio), ts(profile, m.fim), "R", "",
                      st(profile, f.descricao if f else None))  # fmt: skip
