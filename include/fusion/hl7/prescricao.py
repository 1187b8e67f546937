"""RDE^O11: one prescribed medicine. Timing is TQ inside RXE-1 in 2.4 and a TQ1 segment after RXE from 2.5.1 on."""

from __future__ import annotations

from datetime import datetime

from include.fusion.hl7 import campos as c
from include.fusion.hl7.ajustes import AjustesHl7
from include.fusion.hl7.dados import Medicamento, PacienteHl7, Visita
from include.fusion.hl7.mensagem import MensagemHl7, montar
from include.fusion.hl7.pessoas import pid, pv1
from include.fusion.hl7.texto import NULO


def rde(aj: AjustesHl7, momento: datetime, paciente: PacienteHl7, visita: Visita, m: Medicamento, versao: str | None = None) -> MensagemHl7:
    """The order's whole state; ORC-1 says whether it is new, changed, discontinued or cancelled.

    :raises ValueError: no dose of an order that is not cancelled.
    """
    if m.dose is None and m.controle != "CA":
        raise ValueError("only a cancelled order may have no dose")
    numero = c.ei(aj, m.codigo)
    prescritor = c.xcn(aj, m.prescritor) if aj.versao != "2.7" else ""
    tempo = _tq(aj, m) if aj.antes_de_2_5 else ""
    orc = c.segmento(
        "ORC", m.controle, numero, numero, "", m.situacao or "", "", tempo, "", c.ts(aj, m.pedido_em or momento), "", "", prescritor
    )
    instrucoes = c.juntar("", c.st(aj, m.instrucoes)) if m.instrucoes else ""
    rxe = c.segmento("RXE", tempo, c.ce(aj, m.medicamento), c.numerico(m.dose or 0), "", c.ce(aj, m.unidade) or NULO, "", instrucoes,
                     "", "", c.numerico(m.quantidade))  # fmt: skip
    segmentos = [pid(aj, paciente), pv1(aj, visita), orc, rxe]
    if not aj.antes_de_2_5:
        segmentos.append(_tq1(aj, m))
    segmentos.append(c.segmento("RXR", c.ce(aj, m.via)))
    return montar(aj, "RDE", "O11", "RDE_O11", momento, f"medicamento {m.codigo}", segmentos, versao)


def _tq(aj: AjustesHl7, m: Medicamento) -> str:
    """Interval code, duration, start, end, routine priority (so it is never empty), and the frequency in words."""
    f = m.frequencia
    return c.juntar("", c.st(aj, f.codigo if f else None), c.st(aj, m.duracao), c.ts(aj, m.inicio), c.ts(aj, m.fim), "R", "",
                    c.st(aj, f.descricao if f else None))  # fmt: skip


def _tq1(aj: AjustesHl7, m: Medicamento) -> str:
    f = m.frequencia
    return c.segmento("TQ1", "1", "", c.st(aj, f.codigo if f else None), "", "", "", c.ts(aj, m.inicio), c.ts(aj, m.fim), "R", "",
                      c.st(aj, f.descricao if f else None))  # fmt: skip
