"""PID and PV1, which every message shares."""

from __future__ import annotations

from include.fusion.hl7 import campos as c
from include.fusion.hl7.ajustes import AjustesHl7
from include.fusion.hl7.dados import PacienteHl7, Visita


def pid(aj: AjustesHl7, p: PacienteHl7) -> str:
    """The patient: the source's number, CPF and CNS as repetitions of PID-3; a social name is the display name in PID-5."""
    numeros = c.repetir((
        c.cx(aj, p.codigo, aj.autoridade, "PI"),
        c.cx(aj, p.cpf, "CPF", aj.tipo_cpf) if p.cpf else "",
        c.cx(aj, p.cns, "CNS", "HC") if p.cns else "",
        *(c.cx(aj, *outro) for outro in p.outros),
    ))  # fmt: skip
    nomes = c.repetir((c.xpn(aj, p.nome, "L"), c.xpn(aj, p.nome_social, "D")))
    fones = c.repetir((c.xtn(aj, p.celular, "CP"), c.xtn(aj, p.telefone, "PH"), c.email(aj, p.email)))
    obito = "" if p.obito is None else "Y" if p.obito else "N"
    return c.segmento(
        "PID", "1", "", numeros, "", nomes, c.xpn(aj, p.nome_mae, "L"), c.ts(aj, p.nascimento), p.sexo or "", "", c.ce(aj, p.raca),
        c.xad(aj, p.endereco), "", fones, *[""] * 15, c.ts(aj, p.obito_em), obito,
    )  # fmt: skip


def pv1(aj: AjustesHl7, v: Visita) -> str:
    """The visit: class, place, professionals, number, admission and discharge."""
    return c.segmento(
        "PV1", "1", v.classe, c.pl(aj, v.local), v.tipo_admissao or "", "", c.pl(aj, v.local_anterior), c.xcn(aj, v.responsavel), "", "",
        c.st(aj, v.especialidade), *[""] * 6, c.xcn(aj, v.admitente), "", c.cx(aj, v.numero, aj.autoridade, "VN"), *[""] * 16,
        c.st(aj, v.motivo_alta), *[""] * 7, c.ts(aj, v.admissao), c.ts(aj, v.alta),
    )  # fmt: skip
