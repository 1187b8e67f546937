"""Consulfarma's rows, read with the shipped SQL on a generated hospital, become valid attendances or reasons."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from include.fusion.errors import InvalidRecord, reason_of
from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import body
from include.fusion.reading.reader import Reader
from sandbox.origens import consulfarma as origin
from sandbox.origens.consulfarma.textos import DIAGNOSTICOS
from sandbox.postgres import Postgres
from tests.integration.sistemas.consulfarma.helpers import new_reader

RNG = random.Random(5)


@pytest.fixture(scope="module")
def dsn(postgres: Postgres) -> Iterator[str]:
    dsn = postgres.create_database("t_consulfarma")
    origin.create(dsn)
    origin.generate(dsn, 200, 1)
    yield dsn
    con = psycopg2.connect(postgres.dsn("postgres"))
    con.autocommit = True
    con.cursor().execute("drop database t_consulfarma with (force)")
    con.close()


@pytest.fixture(scope="module")
def reader(dsn: str) -> Iterator[Reader]:
    reader = new_reader(dsn)
    yield reader
    reader.queries.engine.dispose()


@pytest.fixture
def con(dsn: str) -> Iterator[Any]:
    con = psycopg2.connect(dsn)
    yield con
    con.rollback()
    con.close()


def _invalid(con: Any, kind: str) -> str:
    key = origin.change_invalid(con, RNG, kind).chave
    con.commit()
    return key


def _read_item(reader: Reader, key: str) -> Atendimento:
    read_item = reader.read([key])[key]
    assert isinstance(read_item, Atendimento), read_item
    return read_item


def _alter(con: Any, sql: str, *values: Any) -> None:
    with con.cursor() as cur:
        cur.execute(sql, values)
    con.commit()


def test_every_kind_of_content_arrives(reader: Reader) -> None:
    bodies = [body(x) for x in reader.read([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    kinds = ("alergias", "vacinas", "cirurgias", "diagnosticos", "exames", "prescricoes")
    assert {t: any(c[t] for c in bodies) for t in kinds} == dict.fromkeys(kinds, True)
    assert any(e["resultados"] for c in bodies for e in c["exames"])


def test_markup_never_reaches_fusion(reader: Reader) -> None:
    everything = json.dumps([body(x) for x in reader.read([str(n) for n in range(1, 201)]).values()], ensure_ascii=False)  # type: ignore[arg-type]
    assert not any(watermark in everything for watermark in ("<p>", "{\\\\rtf", "&nbsp;", "\\u0001", "\\u000b"))


def test_local_times_carry_the_zone_of_the_installation(reader: Reader) -> None:
    read_item = _read_item(reader, "1")
    assert body(read_item)["dataInicio"].endswith("-03:00")
    assert read_item.atualizado_em is not None


def test_icd_codes_have_their_dot(reader: Reader) -> None:
    read_items = [x for x in reader.read([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    codes = {d.cid10 for x in read_items for d in x.diagnosticos}
    assert codes == {c if len(c) == 3 or "." in c else f"{c[:3]}.{c[3:]}" for c, _ in DIAGNOSTICOS}


def test_reasons_name_the_place(reader: Reader, con: Any) -> None:
    reasons = {kind: reason_of(next(iter(reader.read([_invalid(con, kind)]).values())))  # type: ignore[arg-type]
               for kind in ("cpf_invalido", "texto_de_dois_megabytes", "nome_so_de_controles", "data_impossivel")}  # fmt: skip
    assert reasons == {
        "cpf_invalido": "paciente.cpf: CPF inválido",
        "texto_de_dois_megabytes": "queixa_principal: texto longo demais",
        "nome_so_de_controles": "paciente.nome: campo obrigatório ausente",
        "data_impossivel": "data_inicio: data fora do intervalo 1850 a 2200",
    }


@pytest.mark.parametrize("tipo", ["cpf_invalido", "cns_invalido"])
def test_an_installation_may_leave_bad_documents_out(dsn: str, con: Any, tipo: str) -> None:
    read_item = _read_item(new_reader(dsn, omit=True), _invalid(con, tipo))
    assert getattr(read_item.paciente, tipo.split("_")[0]) is None


def test_a_professional_with_a_bad_document_is_named_in_the_reason(reader: Reader, con: Any) -> None:
    _alter(con, "insert into dbo.Profissional (ProfissionalId, Nome, Cpf) values (900, 'Fulana', '11111111111')")
    key = _invalid(con, "emoji")
    _alter(con, "update dbo.Atendimento set ProfissionalId = 900 where AtendimentoId = %s", int(key))
    assert reason_of(reader.read([key])[key]) == "profissional.cpf: CPF inválido"  # type: ignore[arg-type]


def test_control_characters_are_gone_and_lines_stay(reader: Reader, con: Any) -> None:
    assert _read_item(reader, _invalid(con, "controles")).queixa_principal == "dor há 2 dias\tok"


def test_nulls_everywhere_still_make_an_attendance(reader: Reader, con: Any) -> None:
    read_item = _read_item(reader, _invalid(con, "tudo_nulo"))
    assert (read_item.paciente.cpf, read_item.paciente.endereco, read_item.unidade, read_item.profissional) == (None, None, None, None)
    assert [
        len(x)
        for x in (
            read_item.diagnosticos,
            read_item.alergias,
            read_item.vacinas,
            read_item.cirurgias,
            read_item.prescricoes,
            read_item.exames,
        )
    ][1:] == [1] * 5


def test_comma_quantities_are_numbers(reader: Reader, con: Any) -> None:
    key = _invalid(con, "emoji")
    _alter(con, "insert into dbo.PrescricaoMedicamento (AtendimentoId, Nome, Quantidade) values (%s, 'Soro', '1.500,50')", int(key))
    assert _read_item(reader, key).prescricoes[0].quantidade == 1500.5


def test_a_result_is_a_number_from_either_column_or_prose(reader: Reader) -> None:
    read_items = [x for x in reader.read([str(n) for n in range(1, 201)]).values() if isinstance(x, Atendimento)]
    results = [r for x in read_items for e in x.exames for r in e.resultados]
    assert all(r.valor_numerico is not None for r in results if r.nome != "Anti-HIV 1 e 2")
    assert all(r.valor_numerico is None for r in results if r.nome == "Anti-HIV 1 e 2")


def test_a_row_deleted_after_it_was_queued_is_none(reader: Reader, con: Any) -> None:
    key = _invalid(con, "emoji")
    origin.remove(con, key)
    con.commit()
    assert reader.read([key]) == {key: None}


def test_what_drivers_return_otherwise_maps_the_same(reader: Reader) -> None:
    with reader.queries.engine.connect() as con:
        data = reader._group_rows(con, ["1"])["1"]
    em_texto = {k: [{c: v if v is None or isinstance(v, bool) else str(v) for c, v in x.items()} for x in v] for k, v in data.items()}
    map_record = reader.queries.sistema.map_record
    assert map_record is not None
    assert body(map_record(em_texto, reader.context)) == body(map_record(data, reader.context))


def test_no_rows_is_a_reason_not_a_crash(reader: Reader) -> None:
    map_record = reader.queries.sistema.map_record
    assert map_record is not None
    with pytest.raises(InvalidRecord, match="não existe mais"):
        map_record({}, reader.context)
