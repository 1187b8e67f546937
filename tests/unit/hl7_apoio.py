"""Invented HL7 content of every kind, for tests and benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.hl7.build import values
from include.fusion.hl7.build.adt import adt, leva_alergias
from include.fusion.hl7.build.mdm import mdm
from include.fusion.hl7.build.message import MensagemHl7
from include.fusion.hl7.build.oru import codigo_do_sinal, oru
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.rde import rde
from include.fusion.hl7.build.siu import EVENTOS, siu

QUANDO = datetime(2024, 3, 1, 10, 30)
MEDICO = values.Pessoal("225", "João d'Ávila Gonçalves")
ENDERECO = values.Endereco("Rua das Acácias", "10", "Apto 3 & fundos", "Centro", "Brasília", "DF", "70000000", "5300108")
PACIENTE = values.PacienteHl7(
    "77", "MARIA CONCEIÇÃO D'ÁVILA", nome_social="Zé | Flor", nome_mae="ANA ^ DE SOUZA", nascimento=date(1980, 2, 29), sexo="F",
    raca=values.Codigo("03", "Parda"), cpf="52998224725", cns="700000000000005", endereco=ENDERECO, celular="61999998888", telefone="6133334444",
    email="m~a@exemplo.com.br",
)  # fmt: skip
VISITA = values.Visita("9001", "I", values.Local("UTI", "12", "3", "HRAN"), values.Local("ENF", "1", "2", "HRAN"), "E", MEDICO, MEDICO, "MED",
                  datetime(2024, 2, 28, 8), datetime(2024, 3, 1, 10), "01")  # fmt: skip
ALERGIAS = (
    values.Alergia("77||1", values.Codigo("DIP", "Dipirona"), "DA", "SV", ("Urticária", "Edema de glote"), date(2020, 1, 1), situacao="C", registrada_em=QUANDO),
    values.Alergia("77||2", values.Codigo(None, "Poeira & ácaros"), "EA", "U", acao="D"),
)  # fmt: skip
DIAGNOSTICOS = (values.Diagnostico("5||1", values.Codigo("E11.9", "Diabetes mellitus", "I10"), "F", QUANDO, True, MEDICO),)
PROCEDIMENTOS = (values.Procedimento("5||2", values.Codigo("0401010058", "Sutura simples"), QUANDO, "P", 30, MEDICO),)
PAINEL = values.Painel("5||9", QUANDO, (
    values.Observacao(codigo_do_sinal("TEMPERATURA"), 36.5, "Cel", QUANDO, profissional=MEDICO),
    values.Observacao(codigo_do_sinal("PRESSAO_SISTOLICA"), 120, "mm[Hg]", QUANDO, "C"),
))  # fmt: skip
NOTA = values.Nota("5||3", "HP", "QP: dor | há 2 dias\nHDA: nega febre & tosse\n\nCD: \\ observação ~ 24 h", QUANDO, autor=MEDICO)
REMEDIO = values.Medicamento(
    "8||1", values.Codigo("501", "DIPIRONA 500 MG/ML"), 1, values.Codigo("AMP", "ampola"), values.Codigo("IV", "Endovenosa"), frequencia=values.Codigo("Q6H", "6/6 h"),
    duracao="D3", inicio=QUANDO, fim=datetime(2024, 3, 4), quantidade=12, instrucoes="diluir em 100 mL", pedido_em=QUANDO, prescritor=MEDICO,
)  # fmt: skip
CIRURGIA = values.CirurgiaHl7("31", values.Codigo("0407020039", "Apendicectomia"), datetime(2024, 3, 9, 7), 90, sala=values.Local("CC", "SALA 1"), cirurgiao=MEDICO,
                         diagnostico=DIAGNOSTICOS[0])  # fmt: skip


def ajustes(**campos: Any) -> AjustesHl7:
    """The defaults of an installation in Brasília."""
    return AjustesHl7(integracao=2, fuso=ZoneInfo("America/Sao_Paulo"), **campos)


def todas(aj: AjustesHl7) -> dict[str, MensagemHl7]:
    """One message of every event, with everything its structure can carry."""
    tudo = {"diagnosticos": DIAGNOSTICOS, "procedimentos": PROCEDIMENTOS}
    feitas = [
        adt(
            aj,
            e,
            QUANDO,
            PACIENTE,
            VISITA,
            alergias=ALERGIAS if leva_alergias(aj, e) else (),
            **(tudo if e in ("A01", "A03", "A04", "A08", "A13") else {}),
        )
        for e in ("A01", "A02", "A03", "A04", "A08", "A11", "A13")
    ]
    feitas += [adt(aj, e, QUANDO, PACIENTE, alergias=ALERGIAS) for e in ("A31", "A60")]
    feitas += [
        oru(aj, QUANDO, PACIENTE, PAINEL, VISITA),
        mdm(aj, QUANDO, PACIENTE, VISITA, NOTA),
        rde(aj, QUANDO, PACIENTE, VISITA, REMEDIO),
    ]
    feitas += [siu(aj, e, QUANDO, PACIENTE, CIRURGIA, VISITA) for e in EVENTOS]
    return {m.evento: m for m in feitas}


def mistura(aj: AjustesHl7, primeira: int, quantas: int) -> Iterator[MensagemHl7]:
    """A hospital's mix, every message with a control id of its own: mostly vital signs, notes and medicines."""
    texto = NOTA.texto * 20
    for n in range(primeira, primeira + quantas):
        versao, sorte = str(n), n % 10
        if sorte < 3:
            yield oru(aj, QUANDO, PACIENTE, PAINEL, VISITA, versao)
        elif sorte < 5:
            yield mdm(aj, QUANDO, PACIENTE, VISITA, values.Nota("5||3", "PN", texto, QUANDO, autor=MEDICO), versao)
        elif sorte < 8:
            yield rde(aj, QUANDO, PACIENTE, VISITA, REMEDIO, versao)
        elif sorte < 9:
            yield adt(
                aj,
                "A08",
                QUANDO,
                PACIENTE,
                VISITA,
                alergias=ALERGIAS,
                diagnosticos=DIAGNOSTICOS,
                procedimentos=PROCEDIMENTOS,
                versao=versao,
            )
        else:
            yield siu(aj, "S12", QUANDO, PACIENTE, CIRURGIA, VISITA, versao)
