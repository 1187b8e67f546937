"""PID and PV1, which every message shares."""

from __future__ import annotations

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import PacienteHl7, Visita


def pid(aj: AjustesHl7, p: PacienteHl7) -> str:
    """The patient: the source's number, CPF and CNS as repetitions of PID-3; a social name is the display name in PID-5."""
    numeros = datatypes.repetir((
        datatypes.cx(aj, p.codigo, aj.autoridade, "PI"),
        datatypes.cx(aj, p.cpf, "CPF", aj.tipo_cpf) if p.cpf else "",
        datatypes.cx(aj, p.cns, "CNS", "HC") if p.cns else "",
        *(datatypes.cx(aj, *outro) for outro in p.outros),
    ))  # fmt: skip
    nomes = datatypes.repetir((datatypes.xpn(aj, p.nome, "L"), datatypes.xpn(aj, p.nome_social, "D")))
    fones = datatypes.repetir((datatypes.xtn(aj, p.celular, "CP"), datatypes.xtn(aj, p.telefone, "PH"), datatypes.email(aj, p.email)))
    obito = "" if p.obito is None else "Y" if p.obito else "N"
    return datatypes.segmento(
        "PID", "1", "", numeros, "", nomes, datatypes.xpn(aj, p.nome_mae, "L"), datatypes.ts(aj, p.nascimento), p.sexo or "", "", datatypes.ce(aj, p.raca),
        datatypes.xad(aj, p.endereco), "", fones, *[""] * 15, datatypes.ts(aj, p.obito_em), obito,
    )  # fmt: skip


def pv1(aj: AjustesHl7, v: Visita) -> str:
    """The visit: class, place, professionals, number, admission and discharge."""
    return datatypes.segmento(
        "PV1", "1", v.classe, datatypes.pl(aj, v.local), v.tipo_admissao or "", "", datatypes.pl(aj, v.local_anterior), datatypes.xcn(aj, v.responsavel), "", "",
        datatypes.st(aj, v.especialidade), *[""] * 6, datatypes.xcn(aj, v.admitente), "", datatypes.cx(aj, v.numero, aj.autoridade, "VN"), *[""] * 16,
        datatypes.st(aj, v.motivo_alta), *[""] * 7, datatypes.ts(aj, v.admissao), datatypes.ts(aj, v.alta),
    )  # fmt: skip
