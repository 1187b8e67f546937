"""SIU: a surgery's booking. S12 booked, S13 rescheduled, S14 modified, S15 cancelled, S26 the patient did not come."""

from __future__ import annotations

from datetime import datetime, timedelta

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.adt import dg1
from include.fusion.hl7.build.message import MensagemHl7, montar
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import CirurgiaHl7, Codigo, PacienteHl7, Pessoal, Visita

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
    contato = datatypes.xcn(aj, cirurgia.cirurgiao) or datatypes.xcn(aj, Pessoal(aj.remetente))
    numero, inicio = datatypes.ei(aj, cirurgia.codigo), datatypes.ts(aj, cirurgia.inicio)
    duracao = datatypes.numerico(cirurgia.minutos)
    unidade = _MINUTOS if duracao else ""
    fim = datatypes.ts(aj, cirurgia.inicio + timedelta(minutes=cirurgia.minutos)) if cirurgia.minutos else ""
    tempo = datatypes.juntar("", "", f"M{duracao}" if duracao else "", inicio, fim)
    total = (duracao, unidade) if aj.versao != "2.7" else ("", "")  # withdrawn there: each resource has its own
    segmentos = [datatypes.segmento(
        "SCH", numero, numero, "", "", "", datatypes.ce(aj, cirurgia.motivo or EVENTOS[evento]), datatypes.ce(aj, cirurgia.procedimento), "Normal", *total,
        tempo if aj.antes_de_2_5 else "", *[""] * 4, contato, *[""] * 3, contato, *[""] * 4, cirurgia.situacao,
    )]  # fmt: skip
    if not aj.antes_de_2_5:
        segmentos.append(datatypes.segmento("TQ1", "1", *[""] * 5, inicio, fim))
    segmentos.append(pid(aj, paciente))
    if visita is not None:
        segmentos.append(pv1(aj, visita))
    if cirurgia.diagnostico is not None:
        segmentos.append(dg1(aj, 1, cirurgia.diagnostico))
    acao = _ACAO.get(evento, "U")
    segmentos += [
        f"RGS|1|{acao}",
        datatypes.segmento(
            "AIS", "1", acao, datatypes.ce(aj, cirurgia.procedimento), inicio, "", "", duracao, unidade, "", cirurgia.situacao
        ),
    ]
    if cirurgia.sala is not None:
        segmentos.append(datatypes.segmento("AIL", "1", acao, datatypes.pl(aj, cirurgia.sala), "SALA^Sala cirúrgica^L", "", inicio, "", "", duracao, unidade, "",
                                    cirurgia.situacao))  # fmt: skip
    if cirurgia.cirurgiao is not None:
        segmentos.append(datatypes.segmento("AIP", "1", acao, datatypes.xcn(aj, cirurgia.cirurgiao), "CIRURGIAO^Cirurgião^L", "", inicio, "", "", duracao, unidade, "",
                                    cirurgia.situacao))  # fmt: skip
    return montar(aj, "SIU", evento, "SIU_S12", momento, f"cirurgia {cirurgia.codigo}", segmentos, versao)
