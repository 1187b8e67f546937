"""Consulfarma's rows, read with the shipped SQL on a generated hospital, become valid attendances or reasons."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import corpo, versao_conteudo
from include.fusion.reading.reader import Leitor
from sandbox.origens import consulfarma as origem
from sandbox.origens.consulfarma.textos import DIAGNOSTICOS
from sandbox.postgres import Postgres
from tests.integration.consulfarma_apoio import linhas, novo_leitor

RNG = random.Random(5)


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    dsn = postgres.criar_banco("t_consulfarma")
    origem.criar(dsn)
    origem.gerar(dsn, 200, 1)
    yield dsn
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    con.cursor().execute("drop database t_consulfarma with (force)")
    con.close()


@pytest.fixture(scope="module")
def leitor(dsn: str) -> Iterator[Leitor]:
    leitor = novo_leitor(dsn)
    yield leitor
    leitor.consultas.engine.dispose()


@pytest.fixture
def con(dsn: str) -> Iterator[Any]:
    con = psycopg2.connect(dsn)
    yield con
    con.rollback()
    con.close()


def _invalido(con: Any, tipo: str) -> str:
    chave = origem.mudar_invalido(con, RNG, tipo).chave
    con.commit()
    return chave


def _lido(leitor: Leitor, chave: str) -> Atendimento:
    lido = leitor.ler([chave])[chave]
    assert isinstance(lido, Atendimento), lido
    return lido


def _alterar(con: Any, sql: str, *valores: Any) -> None:
    with con.cursor() as cur:
        cur.execute(sql, valores)
    con.commit()


def test_a_generated_hospital_is_valid_through_and_through(leitor: Leitor) -> None:
    lidos = leitor.ler([str(n) for n in range(1, 201)])
    assert [motivo_de(x) for x in lidos.values() if isinstance(x, Exception)] == []
    assert sum(isinstance(x, Atendimento) for x in lidos.values()) == 200


def test_every_kind_of_content_arrives(leitor: Leitor) -> None:
    corpos = [corpo(x) for x in leitor.ler([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    tipos = ("alergias", "vacinas", "cirurgias", "diagnosticos", "exames", "prescricoes")
    assert {t: any(c[t] for c in corpos) for t in tipos} == dict.fromkeys(tipos, True)
    assert any(e["resultados"] for c in corpos for e in c["exames"])


def test_reading_twice_gives_the_same_content(leitor: Leitor) -> None:
    chaves = [str(n) for n in range(1, 60)]
    uma, outra = ({k: versao_conteudo(corpo(v)) for k, v in leitor.ler(chaves).items()} for _ in range(2))  # type: ignore[arg-type]
    assert uma == outra


def test_markup_never_reaches_fusion(leitor: Leitor) -> None:
    tudo = json.dumps([corpo(x) for x in leitor.ler([str(n) for n in range(1, 201)]).values()], ensure_ascii=False)  # type: ignore[arg-type]
    assert not any(marca in tudo for marca in ("<p>", "{\\\\rtf", "&nbsp;", "\\u0001", "\\u000b"))


def test_local_times_carry_the_zone_of_the_installation(leitor: Leitor) -> None:
    lido = _lido(leitor, "1")
    assert corpo(lido)["dataInicio"].endswith("-03:00")
    assert lido.atualizado_em is not None


def test_icd_codes_have_their_dot(leitor: Leitor) -> None:
    lidos = [x for x in leitor.ler([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    codigos = {d.cid10 for x in lidos for d in x.diagnosticos}
    assert codigos == {c if len(c) == 3 or "." in c else f"{c[:3]}.{c[3:]}" for c, _ in DIAGNOSTICOS}


@pytest.mark.parametrize("tipo", origem.INVALIDOS)
def test_bad_input_gets_a_reason_without_any_of_its_data(leitor: Leitor, con: Any, tipo: str) -> None:
    chave = _invalido(con, tipo)
    lido = leitor.ler([chave, "1"])
    assert isinstance(lido["1"], Atendimento)
    assert isinstance(lido[chave], Exception)
    motivo = motivo_de(lido[chave])  # type: ignore[arg-type]
    assert "inesperada" not in motivo
    paciente = linhas(leitor, "read_atendimento.sql", chaves=[int(chave)])[0]
    dados = [
        v
        for k, v in paciente.items()
        if k.startswith(("paciente_", "endereco_", "contato_", "queixa")) and isinstance(v, str) and len(v) > 3
    ]
    assert [v for v in dados if v in motivo] == []


@pytest.mark.parametrize("tipo", origem.ESTRANHOS)
def test_odd_input_arrives(leitor: Leitor, con: Any, tipo: str) -> None:
    lido = _lido(leitor, _invalido(con, tipo))
    json.dumps(corpo(lido)).encode()


def test_reasons_name_the_place(leitor: Leitor, con: Any) -> None:
    motivos = {tipo: motivo_de(next(iter(leitor.ler([_invalido(con, tipo)]).values())))  # type: ignore[arg-type]
               for tipo in ("cpf_invalido", "texto_de_dois_megabytes", "nome_so_de_controles", "data_impossivel")}  # fmt: skip
    assert motivos == {
        "cpf_invalido": "paciente.cpf: CPF inválido",
        "texto_de_dois_megabytes": "queixa_principal: texto longo demais",
        "nome_so_de_controles": "paciente.nome: campo obrigatório ausente",
        "data_impossivel": "data_inicio: data fora do intervalo 1850 a 2200",
    }


@pytest.mark.parametrize("tipo", ["cpf_invalido", "cns_invalido"])
def test_an_installation_may_leave_bad_documents_out(dsn: str, con: Any, tipo: str) -> None:
    lido = _lido(novo_leitor(dsn, omitir=True), _invalido(con, tipo))
    assert getattr(lido.paciente, tipo.split("_")[0]) is None


def test_a_professional_with_a_bad_document_is_named_in_the_reason(leitor: Leitor, con: Any) -> None:
    _alterar(con, "insert into dbo.Profissional (ProfissionalId, Nome, Cpf) values (900, 'Fulana', '11111111111')")
    chave = _invalido(con, "emoji")
    _alterar(con, "update dbo.Atendimento set ProfissionalId = 900 where AtendimentoId = %s", int(chave))
    assert motivo_de(leitor.ler([chave])[chave]) == "profissional.cpf: CPF inválido"  # type: ignore[arg-type]


def test_control_characters_are_gone_and_lines_stay(leitor: Leitor, con: Any) -> None:
    assert _lido(leitor, _invalido(con, "controles")).queixa_principal == "dor há 2 dias\tok"


def test_nulls_everywhere_still_make_an_attendance(leitor: Leitor, con: Any) -> None:
    lido = _lido(leitor, _invalido(con, "tudo_nulo"))
    assert (lido.paciente.cpf, lido.paciente.endereco, lido.unidade, lido.profissional) == (None, None, None, None)
    assert [len(x) for x in (lido.diagnosticos, lido.alergias, lido.vacinas, lido.cirurgias, lido.prescricoes, lido.exames)][1:] == [1] * 5


def test_comma_quantities_are_numbers(leitor: Leitor, con: Any) -> None:
    chave = _invalido(con, "emoji")
    _alterar(con, "insert into dbo.PrescricaoMedicamento (AtendimentoId, Nome, Quantidade) values (%s, 'Soro', '1.500,50')", int(chave))
    assert _lido(leitor, chave).prescricoes[0].quantidade == 1500.5


def test_a_result_is_a_number_from_either_column_or_prose(leitor: Leitor) -> None:
    lidos = [x for x in leitor.ler([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    resultados = [r for x in lidos for e in x.exames for r in e.resultados]
    assert all(r.valor_numerico is not None for r in resultados if r.nome != "Anti-HIV 1 e 2")
    assert all(r.valor_numerico is None for r in resultados if r.nome == "Anti-HIV 1 e 2")


def test_a_row_deleted_after_it_was_queued_is_none(leitor: Leitor, con: Any) -> None:
    chave = _invalido(con, "emoji")
    origem.remover(con, chave)
    con.commit()
    assert leitor.ler([chave]) == {chave: None}


def test_what_drivers_return_otherwise_maps_the_same(leitor: Leitor) -> None:
    with leitor.consultas.engine.connect() as con:
        dados = leitor._agrupar(con, ["1"])["1"]
    em_texto = {k: [{c: v if v is None or isinstance(v, bool) else str(v) for c, v in x.items()} for x in v] for k, v in dados.items()}
    mapear = leitor.consultas.sistema.mapear
    assert corpo(mapear(em_texto, leitor.contexto)) == corpo(mapear(dados, leitor.contexto))


def test_no_rows_is_a_reason_not_a_crash(leitor: Leitor) -> None:
    with pytest.raises(RegistroInvalido, match="não existe mais"):
        leitor.consultas.sistema.mapear({}, leitor.contexto)
