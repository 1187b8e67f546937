"""Invented HL7 content of every kind, for tests and benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt, carries_alergias
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.build.oru import code_of_sinal, oru
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import EVENTS, siu

WHEN = datetime(2024, 3, 1, 10, 30)
PHYSICIAN = values.Pessoal("225", "João d'Ávila Gonçalves")
ADDRESS = values.Endereco("Rua das Acácias", "10", "Apto 3 & fundos", "Centro", "Brasília", "DF", "70000000", "5300108")
PACIENTE = values.PacienteHl7(
    "77", "MARIA CONCEIÇÃO D'ÁVILA", nome_social="Zé | Flor", nome_mae="ANA ^ DE SOUZA", nascimento=date(1980, 2, 29), sexo="F",
    raca=values.Codigo("03", "Parda"), cpf="52998224725", cns="700000000000005", endereco=ADDRESS, celular="61999998888", telefone="6133334444",
    email="m~a@exemplo.com.br",
)  # fmt: skip
VISIT = values.Visita("9001", "I", values.Local("UTI", "12", "3", "HRAN"), values.Local("ENF", "1", "2", "HRAN"), "E", PHYSICIAN, PHYSICIAN, "MED",
                  datetime(2024, 2, 28, 8), datetime(2024, 3, 1, 10), "01")  # fmt: skip
ALERGIAS = (
    values.Alergia("77||1", values.Codigo("DIP", "Dipirona"), "DA", "SV", ("Urticária", "Edema de glote"), date(2020, 1, 1), situacao="C", registrada_em=WHEN),
    values.Alergia("77||2", values.Codigo(None, "Poeira & ácaros"), "EA", "U", acao="D"),
)  # fmt: skip
DIAGNOSTICOS = (values.Diagnostico("5||1", values.Codigo("E11.9", "Diabetes mellitus", "I10"), "F", WHEN, True, PHYSICIAN),)
PROCEDIMENTOS = (values.Procedimento("5||2", values.Codigo("0401010058", "Sutura simples"), WHEN, "P", 30, PHYSICIAN),)
PANEL = values.Painel("5||9", WHEN, (
    values.Observacao(code_of_sinal("TEMPERATURA"), 36.5, "Cel", WHEN, profissional=PHYSICIAN),
    values.Observacao(code_of_sinal("PRESSAO_SISTOLICA"), 120, "mm[Hg]", WHEN, "C"),
))  # fmt: skip
NOTE = values.Nota("5||3", "HP", "QP: dor | há 2 dias\nHDA: nega febre & tosse\n\nCD: \\ observação ~ 24 h", WHEN, autor=PHYSICIAN)
MEDICATION = values.Medicamento(
    "8||1", values.Codigo("501", "DIPIRONA 500 MG/ML"), 1, values.Codigo("AMP", "ampola"), values.Codigo("IV", "Endovenosa"), frequencia=values.Codigo("Q6H", "6/6 h"),
    duracao="D3", inicio=WHEN, fim=datetime(2024, 3, 4), quantidade=12, instrucoes="diluir em 100 mL", pedido_em=WHEN, prescritor=PHYSICIAN,
)  # fmt: skip
CIRURGIA = values.CirurgiaHl7("31", values.Codigo("0407020039", "Apendicectomia"), datetime(2024, 3, 9, 7), 90, sala=values.Local("CC", "SALA 1"), cirurgiao=PHYSICIAN,
                         diagnostico=DIAGNOSTICOS[0])  # fmt: skip


def settings(**fields: Any) -> Hl7Profile:
    """The defaults of an installation in Brasília."""
    return Hl7Profile(integracao=2, zone=ZoneInfo("America/Sao_Paulo"), **fields)


def all_of_them(profile: Hl7Profile) -> dict[str, Hl7Message]:
    """One message of every event, with everything its structure can carry."""
    everything: dict[str, Any] = {"diagnosticos": DIAGNOSTICOS, "procedimentos": PROCEDIMENTOS}
    done = [
        adt(
            profile,
            e,
            WHEN,
            PACIENTE,
            VISIT,
            alergias=ALERGIAS if carries_alergias(profile, e) else (),
            **(everything if e in ("A01", "A03", "A04", "A08", "A13") else {}),
        )
        for e in ("A01", "A02", "A03", "A04", "A08", "A11", "A13")
    ]
    done += [adt(profile, e, WHEN, PACIENTE, alergias=ALERGIAS) for e in ("A31", "A60")]
    done += [
        oru(profile, WHEN, PACIENTE, PANEL, VISIT),
        mdm(profile, WHEN, PACIENTE, VISIT, NOTE),
        rde(profile, WHEN, PACIENTE, VISIT, MEDICATION),
    ]
    done += [siu(profile, e, WHEN, PACIENTE, CIRURGIA, VISIT) for e in EVENTS]
    return {m.event: m for m in done}


def mixture(profile: Hl7Profile, first: int, count: int) -> Iterator[Hl7Message]:
    """A hospital's mix, every message with a control id of its own: mostly vital signs, notes and medicines."""
    text = NOTE.texto * 20
    for n in range(first, first + count):
        version, luck = str(n), n % 10
        if luck < 3:
            yield oru(profile, WHEN, PACIENTE, PANEL, VISIT, version)
        elif luck < 5:
            yield mdm(profile, WHEN, PACIENTE, VISIT, values.Nota("5||3", "PN", text, WHEN, autor=PHYSICIAN), version)
        elif luck < 8:
            yield rde(profile, WHEN, PACIENTE, VISIT, MEDICATION, version)
        elif luck < 9:
            yield adt(
                profile,
                "A08",
                WHEN,
                PACIENTE,
                VISIT,
                alergias=ALERGIAS,
                diagnosticos=DIAGNOSTICOS,
                procedimentos=PROCEDIMENTOS,
                version=version,
            )
        else:
            yield siu(profile, "S12", WHEN, PACIENTE, CIRURGIA, VISIT, version)
