"""PID and PV1, which every message shares."""

from __future__ import annotations

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import PacienteHl7, Visita


def pid(profile: Hl7Profile, p: PacienteHl7) -> str:
    """The patient: the source's number, CPF and CNS as repetitions of PID-3; a social name is the display name in PID-5."""
    numbers = datatypes.repeat((
        datatypes.cx(profile, p.codigo, profile.autoridade, "PI"),
        datatypes.cx(profile, p.cpf, "CPF", profile.tipo_cpf) if p.cpf else "",
        datatypes.cx(profile, p.cns, "CNS", "HC") if p.cns else "",
        *(datatypes.cx(profile, *other) for other in p.outros),
    ))  # fmt: skip
    names = datatypes.repeat((datatypes.xpn(profile, p.nome, "L"), datatypes.xpn(profile, p.nome_social, "D")))
    phones = datatypes.repeat(
        (datatypes.xtn(profile, p.celular, "CP"), datatypes.xtn(profile, p.telefone, "PH"), datatypes.email(profile, p.email))
    )
    obito = "" if p.obito is None else "Y" if p.obito else "N"
    return datatypes.segment(
        "PID", "1", "", numbers, "", names, datatypes.xpn(profile, p.nome_mae, "L"), datatypes.ts(profile, p.nascimento), p.sexo or "", "", datatypes.ce(profile, p.raca),
        datatypes.xad(profile, p.endereco), "", phones, *[""] * 15, datatypes.ts(profile, p.obito_em), obito,
    )  # fmt: skip


def pv1(profile: Hl7Profile, v: Visita) -> str:
    """The visit: class, place, professionals, number, admission and discharge."""
    return datatypes.segment(
        "PV1", "1", v.classe, datatypes.pl(profile, v.local), v.tipo_admissao or "", "", datatypes.pl(profile, v.local_anterior), datatypes.xcn(profile, v.responsavel), "", "",
        datatypes.st(profile, v.especialidade), *[""] * 6, datatypes.xcn(profile, v.admitente), "", datatypes.cx(profile, v.numero, profile.autoridade, "VN"), *[""] * 16,
        datatypes.st(profile, v.motivo_alta), *[""] * 7, datatypes.ts(profile, v.admissao), datatypes.ts(profile, v.alta),
    )  # fmt: skip
