"""RDE^O11: one prescribed medicine. Timing is TQ inside RXE-1 in 2.4 and a TQ1 segment after RXE from 2.5.1 on."""

from __future__ import annotations

from datetime import datetime

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.message import MensagemHl7, montar
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Medicamento, PacienteHl7, Visita
from include.fusion.hl7.wire.escapes import NULO


def rde(aj: AjustesHl7, momento: datetime, paciente: PacienteHl7, visita: Visita, m: Medicamento, versao: str | None = None) -> MensagemHl7:
    """The order's whole state; ORC-1 says whether it is new, changed, discontinued or cancelled.

    :raises ValueError: no dose of an order that is not cancelled.
    """
    if m.dose is None and m.controle != "CA":
        raise ValueError("only a cancelled order may have no dose")
    numero = datatypes.ei(aj, m.codigo)
    prescritor = datatypes.xcn(aj, m.prescritor) if aj.versao != "2.7" else ""
    tempo = _tq(aj, m) if aj.antes_de_2_5 else ""
    orc = datatypes.segmento(
        "ORC", m.controle, numero, numero, "", m.situacao or "", "", tempo, "", datatypes.ts(aj, m.pedido_em or momento), "", "", prescritor
    )
    instrucoes = datatypes.juntar("", datatypes.st(aj, m.instrucoes)) if m.instrucoes else ""
    rxe = datatypes.segmento("RXE", tempo, datatypes.ce(aj, m.medicamento), datatypes.numerico(m.dose or 0), "", datatypes.ce(aj, m.unidade) or NULO, "", instrucoes,
                     "", "", datatypes.numerico(m.quantidade))  # fmt: skip
    segmentos = [pid(aj, paciente), pv1(aj, visita), orc, rxe]
    if not aj.antes_de_2_5:
        segmentos.append(_tq1(aj, m))
    segmentos.append(datatypes.segmento("RXR", datatypes.ce(aj, m.via)))
    return montar(aj, "RDE", "O11", "RDE_O11", momento, f"medicamento {m.codigo}", segmentos, versao)


def _tq(aj: AjustesHl7, m: Medicamento) -> str:
    """Interval code, duration, start, end, routine priority (so it is never empty), and the frequency in words."""
    f = m.frequencia
    return datatypes.juntar("", datatypes.st(aj, f.codigo if f else None), datatypes.st(aj, m.duracao), datatypes.ts(aj, m.inicio), datatypes.ts(aj, m.fim), "R", "",
                    datatypes.st(aj, f.descricao if f else None))  # fmt: skip


def _tq1(aj: AjustesHl7, m: Medicamento) -> str:
    f = m.frequencia
    return datatypes.segmento("TQ1", "1", "", datatypes.st(aj, f.codigo if f else None), "", "", "", datatypes.ts(aj, m.inicio), datatypes.ts(aj, m.fim), "R", "",
                      datatypes.st(aj, f.descricao if f else None))  # fmt: skip
