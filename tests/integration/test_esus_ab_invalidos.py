"""Bad input in a PEC gives a correct record or a reason in words, without anything from the record, and hurts nobody else."""

from __future__ import annotations

import dataclasses

import pytest

from include.fusion.errors import motivo_de
from include.fusion.model.atendimento import Atendimento
from include.fusion.reading.reader import Leitor
from sandbox.origens import esus_ab

pytest_plugins = ["tests.integration.esus_ab_apoio"]


def estragar(pec, tipo):
    with pec.con:
        return esus_ab.mudar_invalido(pec.con, pec.rng, tipo).chave


@pytest.mark.parametrize("tipo", esus_ab.INVALIDOS)
def test_bad_input_is_refused_with_its_field_or_arrives(pec, tipo):
    chave, campo = estragar(pec, tipo), esus_ab.CASOS[tipo][1]
    lidos = pec.leitor.ler([chave, "10"])
    assert isinstance(lidos["10"], Atendimento)
    if campo is None:
        assert isinstance(lidos[chave], Atendimento), motivo_de(lidos[chave])
    else:
        assert motivo_de(lidos[chave]).startswith(f"{campo}: ")


@pytest.mark.parametrize("tipo", [t for t in esus_ab.INVALIDOS if esus_ab.CASOS[t][1] and t != "nulos"])
def test_a_reason_holds_nothing_of_the_patient(pec, tipo):
    chave = estragar(pec, tipo)
    motivo = motivo_de(pec.ler(chave))
    pessoais = pec.sql(
        "select s.no_cidadao, s.no_mae, s.nu_cpf, s.nu_cns, s.nu_telefone_celular, s.dt_nascimento::text from tb_cidadao s "
        "join tb_prontuario p on p.co_cidadao = s.co_seq_cidadao join tb_atend a on a.co_prontuario = p.co_seq_prontuario "
        "where a.co_seq_atend = %s", chave,
    )[0]  # fmt: skip
    assert len(motivo) <= 300 and not [x for x in pessoais if x and x.strip() in motivo]


def test_invalid_documents_can_be_left_out_instead(pec):
    leitor = Leitor(pec.consultas, dataclasses.replace(pec.leitor.contexto, omitir_documento_invalido=True))
    um, outro = estragar(pec, "cpf_invalido"), estragar(pec, "cns_invalido")
    lidos = leitor.ler([um, outro])
    assert lidos[um].paciente.cpf is None and lidos[outro].paciente.cns is None


def test_a_megabyte_arrives_whole(pec):
    plano = pec.mapeada(estragar(pec, "um_megabyte_de_texto")).evolucoes[0].plano
    assert plano.count("Evolução longa & sem fim.") == 30_000


def test_controls_go_and_emoji_stay(pec):
    plano = pec.mapeada(estragar(pec, "controles_e_emoji")).evolucoes[0].plano
    assert plano.startswith("Melhora") and "🙂👩🏽‍⚕️" in plano and not [c for c in plano if ord(c) < 32 and c not in "\n\t"]


def test_a_chart_without_citizen_says_so(pec):
    with pec.con:
        c = pec.clinica()
        atend = c.admitir(c.inserir("tb_prontuario", co_seq_prontuario=None, qt_referencia=1))
    assert motivo_de(pec.ler(atend)) == "paciente: prontuário sem cidadão na origem"


def test_a_key_that_is_no_number_is_that_records_error(pec):
    lidos = pec.leitor.ler(["abc", "10"])
    assert motivo_de(lidos["abc"]).startswith("chave: ") and isinstance(lidos["10"], Atendimento)


def test_bad_documents_of_a_professional_are_told_apart(pec):
    atend, prof, _ = pec.visita()
    pec.sql(
        "insert into tb_prof (co_seq_prof, nu_cpf) values (%s, '11111111111'); insert into tb_ator_papel values (%s, %s); "
        "insert into tb_lotacao (co_ator_papel, co_prof) values (%s, %s); update tb_atend_prof set co_lotacao = %s where co_seq_atend_prof = %s",
        prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof + 50_000, prof,
    )  # fmt: skip
    assert motivo_de(pec.ler(atend)) == "profissional.cpf: CPF inválido"
