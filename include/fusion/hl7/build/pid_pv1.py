"""PID and PV1, common to all messages."""

from __future__ import annotations

from include.fusion.hl7.build.datatypes import ce, cx, email, pl, repeat, segment, st, ts, xad, xcn, xpn, xtn
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.values import PacienteHl7, Visita


def pid(profile: Hl7Profile, p: PacienteHl7) -> str:
    """The patient. PID-3 has the source's number, CPF and CNS; PID-5 has the social name as display name."""
    numbers = repeat((
        cx(profile, p.codigo, profile.autoridade, "PI"),
        cx(profile, p.cpf, "CPF", profile.tipo_cpf) if p.cpf else "",
        cx(profile, p.cns, "CNS", "HC") if p.cns else "",
        *(cx(profile, *other) for other in p.outros),
    ))  # fmt: skip
    names = repeat((xpn(profile, p.nome, "L"), xpn(profile, p.nome_social, "D")))
    phones = repeat((xtn(profile, p.celular, "CP"), xtn(profile, p.telefone, "PH"), email(profile, p.email)))
    obito = "" if p.obito is None else "Y" if p.obito else "N"
    return segment(
        "PID", "1", "", numbers, "", names, xpn(profile, p.nome_mae, "L"), ts(profile, p.nascimento), p.sexo or "", "", ce(profile, p.raca),
        xad(profile, p.endereco), "", phones, *[""] * 15, ts(profile, p.obito_em), obito,
    )  # fmt: skip


def pv1(profile: Hl7Profile, v: Visita) -> str:
    """The visit: class, place, professionals, number, admission and discharge."""
    return segment(
        "PV1", "1", v.classe, pl(profile, v.local), v.tipo_admissao or "", "", pl(profile, v.local_anterior), xcn(profile, v.responsavel), "", "",
        st(profile, v.especialidade), *[""] * 6, xcn(profile, v.admitente), "", cx(profile, v.numero, profile.autoridade, "VN"), *[""] * 16,
        st(profile, v.motivo_alta), *[""] * 7, ts(profile, v.admissao), ts(profile, v.alta),
    )  # fmt: skip
