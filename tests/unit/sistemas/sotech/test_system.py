"""Sotech: rows of an attendance become the canonical one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from include.fusion.errors import CodeWithoutDePara, InvalidRecord, reason_of
from tests.unit.sistemas.sotech.rows import VAZIAS, accept, context, read


def test_a_row_of_nulls_of_every_kind_is_a_valid_record() -> None:
    rows: dict[str, Any] = {kind: [{}] for kind in VAZIAS}
    sent = accept(read(**rows))
    assert "anamneses" not in sent or sent["anamneses"] == []


def test_the_key_of_an_inpatient_stay_is_the_products_and_the_others_go_by_name() -> None:
    assert read(atendimento={"tipo_codigo": 2, "tipo_nome": "Qualquer nome"}).tipo == "INTERNACAO"
    assert read(atendimento={"tipo_codigo": 77, "tipo_nome": "Urgência"}).tipo == "URGENCIA"
    with pytest.raises(CodeWithoutDePara):
        read(atendimento={"tipo_codigo": 77, "tipo_nome": "Hotel"})


def test_only_the_date_of_leaving_ends_an_attendance() -> None:
    assert read().situacao == "EM_ATENDIMENTO"
    closed_at = read(atendimento={"data_fim": datetime(2026, 3, 2, 10)})
    assert (closed_at.situacao, closed_at.data_fim.isoformat()) == ("FINALIZADO", "2026-03-02T10:00:00-03:00")  # type: ignore[union-attr]


def test_the_attendances_own_diagnoses_come_first_with_their_dot() -> None:
    read_item = read(atendimento={"cid_principal": "E119", "cid_secundario": "I10"}, diagnosticos=[{"cid10": "J069", "tipo": "D"}])
    assert [(d.codigo, d.cid10, d.tipo) for d in read_item.diagnosticos] == [
        ("principal", "E11.9", "PRINCIPAL"), ("secundario", "I10", "SECUNDARIO"), ("5", "J06.9", "DEFINITIVO"),
    ]  # fmt: skip


def test_each_sign_that_was_taken_is_one_item() -> None:
    read_item = read(sinais_vitais=[{"temperatura": Decimal("36.50"), "altura": Decimal("1.70"), "dor": 0}])
    assert [(s.codigo, s.valor, s.unidade) for s in read_item.sinais_vitais] == [
        ("9-TEMPERATURA", 36.5, "Cel"), ("9-ALTURA", 170.0, "cm"), ("9-DOR", 0.0, "{score}"),
    ]  # fmt: skip


@pytest.mark.parametrize(("column", "valor", "motivo"), [("temperatura", 365, "fora do intervalo"), ("pressao_sistolica", 12, "cmHg")])
def test_a_sign_that_cannot_be_trusted_says_which(column: str, valor: Any, motivo: str) -> None:
    with pytest.raises(InvalidRecord, match=f"sinaisVitais.{column.upper()}.*{motivo}.*aferição 9"):
        read(sinais_vitais=[{column: valor}])


def test_notes_without_text_say_nothing_and_markup_is_gone() -> None:
    read_item = read(
        evolucoes=[{"texto": " "}, {"codigo": 9, "texto": "<p>Estável &lt; 3</p>"}],
        anamneses=[{"texto": None}, {"codigo": 3, "texto": "HAS"}],
    )
    assert [e.texto for e in read_item.evolucoes] == ["Estável < 3"]
    assert [(a.codigo, a.texto) for a in read_item.anamneses] == [("3", "HAS")]


@pytest.mark.parametrize(("tipo", "column"), [("evolucoes", "texto"), ("anamneses", "texto"), ("exames", "laudo")])
def test_half_a_note_is_refused(tipo: str, column: str) -> None:
    with pytest.raises(InvalidRecord, match=rf"{tipo}.{column}: RTF incompleto ou corrompido"):
        read(None, None, **{tipo: [{column: r"{\rtf1\ansi Sem febre. N\'e3o usar"}]})


def test_a_stay_without_a_kind_is_an_admission_where_it_comes_from_no_bed() -> None:
    read_item = read(movimentacoes=[{}, {"codigo": 5, "leito_anterior": "101-A"}, {"codigo": 6, "tipo": "A"}])
    assert [m.tipo for m in read_item.movimentacoes_leito] == ["INTERNACAO", "TRANSFERENCIA", "ALTA"]


def test_which_posts_are_intensive_care_is_the_sites_to_say() -> None:
    assert not read(movimentacoes=[{}]).movimentacoes_leito[0].uti
    assert read(context(p3="UTI"), movimentacoes=[{}]).movimentacoes_leito[0].uti


def test_results_find_their_exam() -> None:
    read_item = read(
        exames=[{}, {"codigo": 12}],
        exames_resultados=[{"exame": 12, "valor": "12,5"}, {"exame": 12, "nome": "HIV", "valor": "Não reagente"}],
    )
    assert [[(r.valor, r.valor_numerico) for r in e.resultados] for e in read_item.exames] == [[], [("12,5", 12.5), ("Não reagente", None)]]


def test_contacts_do_not_repeat() -> None:
    read_item = read(contatos=[{"celular1": "71999990000", "celular2": " "}, {"celular1": "71999990000", "email": "a@exemplo.com.br"}])
    assert [(c.tipo, c.valor) for c in read_item.paciente.contatos] == [("CELULAR", "71999990000"), ("EMAIL", "a@exemplo.com.br")]


def test_what_only_a_sites_own_sql_gives_is_taken() -> None:
    extras = {"paciente_raca_cor": "PARDA", "unidade_codigo": 1, "unidade_cnes": "2400001", "profissional_codigo": 3, "profissional_cbo": "2251-25",
              "endereco_cep": "40000-000", "paciente_nome_social": "Nome Social"}  # fmt: skip
    read_item = read(atendimento=extras)
    assert read_item.paciente.raca_cor == "PARDA" and read_item.paciente.nome_social == "Nome Social"
    assert read_item.unidade and read_item.unidade.cnes == "2400001" and read_item.profissional and read_item.profissional.cbo == "225125"
    assert read_item.paciente.endereco and read_item.paciente.endereco.cep == "40000000"


@pytest.mark.parametrize(("column", "valor", "motivo"), [
    ("paciente_nome", " ", "paciente.nome: não preenchido na origem"),
    ("paciente_cpf", "123.456.789-00", "paciente.cpf: CPF inválido"),
    ("data_inicio", datetime(1, 1, 1), "dataInicio: data fora do intervalo 1850 a 2200"),
    ("cid_principal", "DOR", "diagnosticos.cid10: CID-10 inválido"),
])  # fmt: skip
def test_a_bad_record_says_why_and_not_what(column: str, valor: Any, motivo: str) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011
        read(atendimento={column: valor})
    assert reason_of(error.value) == motivo
