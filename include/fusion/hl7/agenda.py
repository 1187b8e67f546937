"""SIU: a surgery's booking. S12 booked, S13 rescheduled, S14 modified, S15 cancelled, S26 the patient did not come."""

from __future__ import annotations

from datetime import datetime, timedelta

from include.fusion.hl7 import campos as c
from include.fusion.hl7.adt import dg1
from include.fusion.hl7.ajustes import AjustesHl7
from include.fusion.hl7.dados import CirurgiaHl7, Codigo, PacienteHl7, Pessoal, Visita
from include.fusion.hl7.mensagem import MensagemHl7, montar
from include.fusion.hl7.pessoas import pid, pv1

EVENTOS = {
    "S12": Codigo("S12", "Agendamento"), "S13": Codigo("S13", "Reagendamento"), "S14": Codigo("S14", "Modificação"),
    "S15": Codigo("S15", "Cancelamento"), "S26": Codigo("S26", "Não comparecimento"),
}  # fmt: skip
"""Event → the reason that SCH-6 must give where the source has none."""
_MINUTOS = "min"
_ACAO = {"S12": "A", "S15": "D", "S26": "D"}


def siu(aj: AjustesHl7, evento: str, momento: datetime, paciente: PacienteHl7, cirurgia: CirurgiaHl7, visita: Visita | None = None,
        versao: str | None = None) -> MensagemHl7:  # fmt: skip
    """One booking with its procedure, room and surgeon. The system stands in for a contact that the source does not name (SCH-16, SCH-20)."""
    contato = c.xcn(aj, cirurgia.cirurgiao) or c.xcn(aj, Pessoal(aj.remetente))
    numero, inicio = c.ei(aj, cirurgia.codigo), c.ts(aj, cirurgia.inicio)
    duracao = c.numerico(cirurgia.minutos)
    unidade = _MINUTOS if duracao else ""
    fim = c.ts(aj, cirurgia.inicio + timedelta(minutes=cirurgia.minutos)) if cirurgia.minutos else ""
    tempo = c.juntar("", "", f"M{duracao}" if duracao else "", inicio, fim)
    total = (duracao, unidade) if aj.versao != "2.7" else ("", "")  # withdrawn there: each resource has its own
    segmentos = [c.segmento(
        "SCH", numero, numero, "", "", "", c.ce(aj, cirurgia.motivo or EVENTOS[evento]), c.ce(aj, cirurgia.procedimento), "Normal", *total,
        tempo if aj.antes_de_2_5 else "", *[""] * 4, contato, *[""] * 3, contato, *[""] * 4, cirurgia.situacao,
    )]  # fmt: skip
    if not aj.antes_de_2_5:
        segmentos.append(c.segmento("TQ1", "1", *[""] * 5, inicio, fim))
    segmentos.append(pid(aj, paciente))
    if visita is not None:
        segmentos.append(pv1(aj, visita))
    if cirurgia.diagnostico is not None:
        segmentos.append(dg1(aj, 1, cirurgia.diagnostico))
    acao = _ACAO.get(evento, "U")
    segmentos += [
        f"RGS|1|{acao}",
        c.segmento("AIS", "1", acao, c.ce(aj, cirurgia.procedimento), inicio, "", "", duracao, unidade, "", cirurgia.situacao),
    ]
    if cirurgia.sala is not None:
        segmentos.append(c.segmento("AIL", "1", acao, c.pl(aj, cirurgia.sala), "SALA^Sala cirúrgica^L", "", inicio, "", "", duracao, unidade, "",
                                    cirurgia.situacao))  # fmt: skip
    if cirurgia.cirurgiao is not None:
        segmentos.append(c.segmento("AIP", "1", acao, c.xcn(aj, cirurgia.cirurgiao), "CIRURGIAO^Cirurgião^L", "", inicio, "", "", duracao, unidade, "",
                                    cirurgia.situacao))  # fmt: skip
    return montar(aj, "SIU", evento, "SIU_S12", momento, f"cirurgia {cirurgia.codigo}", segmentos, versao)
