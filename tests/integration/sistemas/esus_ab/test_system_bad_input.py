"""Bad input in a PEC gives a correct record or a reason in words, without anything from the record, and hurts nobody else."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from include.fusion.errors import reason_of
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.reader import Reader
from sandbox.origens import esus_ab
from tests.integration.sistemas.esus_ab.helpers import Pec

pytest_plugins = ["tests.integration.sistemas.esus_ab.fixtures"]


def damage(pec: Pec, kind: str) -> str:
    with pec.con:
        return esus_ab.change_invalid(pec.con, pec.rng, kind).chave


@pytest.mark.parametrize("tipo", esus_ab.INVALID)
def test_bad_input_is_refused_with_its_field_or_arrives(pec: Pec, tipo: Any) -> None:
    key, field = damage(pec, tipo), esus_ab.CASES[tipo][1]
    read_items: dict[str, Any] = dict(pec.reader.read([key, "10"]))
    assert isinstance(read_items["10"], Atendimento)
    if field is None:
        assert isinstance(read_items[key], Atendimento), reason_of(read_items[key])
    else:
        assert reason_of(read_items[key]).startswith(f"{field}: ")


def test_invalid_documents_can_be_left_out_instead(pec: Pec) -> None:
    reader = Reader(pec.queries, dataclasses.replace(pec.reader.context, omit_invalid_document=True))
    one, other = damage(pec, "cpf_invalido"), damage(pec, "cns_invalido")
    read_items: dict[str, Any] = dict(reader.read([one, other]))
    assert read_items[one].paciente.cpf is None and read_items[other].paciente.cns is None


def plan_of(pec: Pec, kind: str) -> str:
    """The plan in the first note of a visit that was damaged so."""
    plan = pec.mapped(damage(pec, kind)).evolucoes[0].plano
    assert plan is not None
    return plan


def test_a_megabyte_arrives_whole(pec: Pec) -> None:
    plan = plan_of(pec, "um_megabyte_de_texto")
    assert plan.count("Evolução longa & sem fim.") == 30_000


def test_controls_go_and_emoji_stay(pec: Pec) -> None:
    plan = plan_of(pec, "controles_e_emoji")
    assert plan.startswith("Melhora") and "🙂👩🏽‍⚕️" in plan and not [c for c in plan if ord(c) < 32 and c not in "\n\t"]


def test_a_chart_without_citizen_says_so(pec: Pec) -> None:
    with pec.con:
        c = pec.clinica()
        atend = c.admit(c.insert("tb_prontuario", co_seq_prontuario=None, qt_referencia=1))
    assert reason_of(pec.read(atend)) == "paciente: prontuário sem cidadão na origem"


def test_bad_documents_of_a_professional_are_told_apart(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    pec.sql(
        "insert into tb_prof (co_seq_prof, nu_cpf) values (%s, '11111111111'); insert into tb_ator_papel values (%s, %s); "
        "insert into tb_lotacao (co_ator_papel, co_prof) values (%s, %s); update tb_atend_prof set co_lotacao = %s where co_seq_atend_prof = %s",
        prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof,
    )  # fmt: skip
    assert reason_of(pec.read(atend)) == "profissional.cpf: CPF inválido"
