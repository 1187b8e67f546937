"""ADT: admission, transfer, discharge, their cancellations, updates of visit and person, allergies by themselves (A60)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.message import MensagemHl7, montar
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Alergia, Diagnostico, PacienteHl7, Procedimento, Visita

ESTRUTURAS = {
    "A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01", "A11": "ADT_A09", "A13": "ADT_A01",
    "A31": "ADT_A05", "A60": "ADT_A60",
}  # fmt: skip
"""Event → structure (MSH-9.3)."""
_DIAGNOSTICOS = {"ADT_A01", "ADT_A03", "ADT_A05"}
_SEM_VISITA = "PV1|1|N"
"""A person's update has no visit, yet its structure demands the segment: class N, not applicable."""


def adt(aj: AjustesHl7, evento: str, momento: datetime, paciente: PacienteHl7, visita: Visita | None = None, *, alergias: Sequence[Alergia] = (),
        diagnosticos: Sequence[Diagnostico] = (), procedimentos: Sequence[Procedimento] = (), ocorrido: datetime | date | None = None,
        entidade: str | None = None, versao: str | None = None) -> MensagemHl7:  # fmt: skip
    """One of :data:`ESTRUTURAS`. In A60 allergies are IAM (action and identifier), elsewhere AL1, a snapshot.

    ``momento``: when it was recorded (MSH-7, EVN-2); ``ocorrido``: when it happened (EVN-6). ``entidade``: what ``versao`` counts, where
    that is neither the visit nor the patient (each transfer of a visit, each allergy of a patient).

    :raises ValueError: a structure that cannot carry what was given; 2.4's A03 takes no allergies, A02, A11 and
        A60 neither diagnoses nor procedures.
    """
    estrutura = ESTRUTURAS[evento]
    if visita is None and evento not in ("A31", "A60"):
        raise ValueError(f"ADT^{evento} needs a visit")
    if alergias and not leva_alergias(aj, evento):
        raise ValueError(f"ADT^{evento} of HL7 {aj.versao} carries no allergies: send them by A60 or A08")
    if (diagnosticos or procedimentos) and estrutura not in _DIAGNOSTICOS:
        raise ValueError(f"ADT^{evento} carries neither diagnoses nor procedures")
    segmentos = [_evn(aj, evento, momento, ocorrido), pid(aj, paciente)]
    if visita is not None or estrutura != "ADT_A60":
        segmentos.append(_SEM_VISITA if visita is None else pv1(aj, visita))
    if estrutura == "ADT_A60":
        segmentos += [iam(aj, n, a) for n, a in enumerate(alergias, 1)]
    else:
        segmentos += [al1(aj, n, a) for n, a in enumerate(alergias, 1)]
    segmentos += [dg1(aj, n, d) for n, d in enumerate(diagnosticos, 1)]
    segmentos += [pr1(aj, n, p) for n, p in enumerate(procedimentos, 1)]
    entidade = entidade or (f"paciente {paciente.codigo}" if visita is None else f"visita {visita.numero}")
    return montar(aj, "ADT", evento, estrutura, momento, entidade, segmentos, versao)


def _evn(aj: AjustesHl7, evento: str, momento: datetime, ocorrido: datetime | date | None) -> str:
    return datatypes.segmento(
        "EVN", evento if aj.versao != "2.7" else "", datatypes.ts(aj, momento), "", "", "", datatypes.ts(aj, ocorrido)
    )


def unificacao(aj: AjustesHl7, momento: datetime, fica: PacienteHl7, sai: str, versao: str | None = None) -> MensagemHl7:
    """A40: the records of the patient whose number is ``sai`` are ``fica``'s from now on."""
    segmentos = [_evn(aj, "A40", momento, None), pid(aj, fica), datatypes.segmento("MRG", datatypes.cx(aj, sai, aj.autoridade, "PI"))]
    return montar(aj, "ADT", "A40", "ADT_A39", momento, f"unificacao {sai}", segmentos, versao)


def leva_alergias(aj: AjustesHl7, evento: str) -> bool:
    """Whether this event's structure has a place for allergies."""
    return evento in ("A01", "A04", "A08", "A13", "A31", "A60") or (evento == "A03" and not aj.antes_de_2_5)


def al1(aj: AjustesHl7, numero: int, a: Alergia) -> str:
    """2.7 has withdrawn the date."""
    inicio = datatypes.ts(aj, a.inicio) if aj.versao != "2.7" else ""
    return datatypes.segmento("AL1", str(numero), a.tipo or "", datatypes.ce(aj, a.substancia), a.gravidade or "", _reacoes(aj, a), inicio)


def iam(aj: AjustesHl7, numero: int, a: Alergia) -> str:
    return datatypes.segmento(
        "IAM", str(numero), a.tipo or "", datatypes.ce(aj, a.substancia), a.gravidade or "", _reacoes(aj, a), a.acao, datatypes.ei(aj, a.codigo), "", "", "",
        datatypes.ts(aj, a.inicio), "", datatypes.ts(aj, a.registrada_em), "", "", "", a.situacao or "",
    )  # fmt: skip


def _reacoes(aj: AjustesHl7, a: Alergia) -> str:
    return datatypes.repetir(datatypes.st(aj, r) for r in a.reacoes)


def dg1(aj: AjustesHl7, numero: int, d: Diagnostico) -> str:
    """From 2.5.1 on with identifier and action; before that the segments of a message are the whole set."""
    novos = () if aj.antes_de_2_5 else ("", "", "", datatypes.ei(aj, d.codigo), d.acao)
    return datatypes.segmento(
        "DG1", str(numero), "", datatypes.ce(aj, d.diagnostico), datatypes.st(aj, d.diagnostico.descricao) if aj.versao != "2.7" else "", datatypes.ts(aj, d.quando), d.tipo,
        *[""] * 8, "1" if d.principal else "", datatypes.xcn(aj, d.profissional), *novos,
    )  # fmt: skip


def pr1(aj: AjustesHl7, numero: int, p: Procedimento) -> str:
    """From 2.5.1 on with identifier and action, like :func:`dg1`. 2.7 names the professional in ROL and PRT only, which we do not send."""
    novos = () if aj.antes_de_2_5 else (*[""] * 7, datatypes.ei(aj, p.codigo), "U")
    profissional = datatypes.xcn(aj, p.profissional) if aj.versao != "2.7" else ""
    return datatypes.segmento(
        "PR1", str(numero), "", datatypes.ce(aj, p.procedimento), datatypes.st(aj, p.procedimento.descricao) if aj.versao != "2.7" else "", datatypes.ts(aj, p.quando),
        p.tipo or "", datatypes.numerico(p.minutos), "", "", "", profissional, *novos,
    )  # fmt: skip
