"""Tasy's rows, read with the shipped SQL on a generated hospital, and what of them may leave it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from include.fusion.model.atendimento import Atendimento, Paciente
from include.fusion.model.content import body
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.tasy.system import SYSTEM
from sandbox.fusion import contrato
from sandbox.origens import tasy as origin
from sandbox.postgres import Postgres
from tests.harness import Harness

COUNT = 300
KEYS = [str(n) for n in range(1, COUNT + 1)]
START = datetime(1753, 1, 1)


@pytest.fixture(scope="module")
def harness(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    b = Harness(postgres, Path(tmp_path_factory.mktemp("tasy")), "tasy", COUNT)
    yield b
    b.close()


@pytest.fixture(scope="module")
def generated(harness: Harness) -> list[Atendimento]:
    read_items = harness.runtime.reader.read(KEYS)
    cancelled = {
        str(c) for (c,) in harness.origem("select nr_atendimento from tasy.atendimento_paciente where dt_cancelamento is not null")
    }
    assert {key for key, read_item in read_items.items() if read_item is None} == cancelled and cancelled
    living = [read_item for read_item in read_items.values() if read_item is not None]
    assert [x for x in living if not isinstance(x, Atendimento)] == []
    return living  # type: ignore[return-value]


def rows(harness: Harness, file: str, **binds: Any) -> list[dict[str, Any]]:
    with harness.runtime.origem.connect() as con:
        return harness.runtime.queries.rows(con, file, **binds)


def test_a_generated_hospital_is_what_fusion_takes(generated: list[Atendimento]) -> None:
    for one in generated:
        sent = body(one)
        assert [e.message for e in contrato.validator("Atendimento").iter_errors(sent)] == []
        contrato.check_items(sent, "atendimento")


def test_every_kind_of_content_arrives_and_no_markup(generated: list[Atendimento]) -> None:
    kinds = ("alergias", "diagnosticos", "prescricoes", "solicitacoes_exame", "evolucoes", "sinais_vitais", "movimentacoes_leito")
    assert {t: any(getattr(x, t) for x in generated) for t in kinds} == dict.fromkeys(kinds, True)
    assert any(x.nega_alergias for x in generated) and any(m.uti for x in generated for m in x.movimentacoes_leito)
    assert all(x.convenio and x.paciente.endereco is not None for x in generated[:1])
    assert not any(watermark in json.dumps([body(x) for x in generated], ensure_ascii=False) for watermark in ("rtf1", "\\\\par", "<p>"))


def test_as_many_rows_leave_as_are_released_and_in_force(harness: Harness, generated: list[Atendimento]) -> None:
    """Counted with SQL of its own."""
    right = "dt_liberacao is not null and coalesce(ie_situacao, 'A') <> 'I'"
    living = "nr_atendimento in (select nr_atendimento from tasy.atendimento_paciente where dt_cancelamento is null)"
    for table, items in (("evolucao_paciente", "evolucoes"), ("diagnostico_doenca", "diagnosticos")):
        [(expected, everything)] = harness.origem(f"select count(*) filter (where {right}), count(*) from tasy.{table} where {living}")
        assert sum(len(getattr(x, items)) for x in generated) == expected < everything
    [(coletas, all_of_them)] = harness.origem(
        f"select count(*) filter (where {right}), count(*) from tasy.atendimento_sinal_vital where {living}"
    )
    assert len({s.codigo.split("-")[0] for x in generated for s in x.sinais_vitais}) == coletas < all_of_them


def test_patients_alone_are_those_of_their_attendances(harness: Harness, generated: list[Atendimento]) -> None:
    sozinhos = harness.runtime.reader_for("paciente").read(sorted({x.paciente.codigo for x in generated}))
    assert all(isinstance(p, Paciente) for p in sozinhos.values())
    assert [x.codigo for x in generated if sozinhos[x.paciente.codigo] != x.paciente] == []


def test_staff_and_relatives_are_no_patients(harness: Harness) -> None:
    atendidos = {c for (c,) in harness.origem("select cd_pessoa_fisica from tasy.atendimento_paciente")}
    for file in ("change_paciente.sql", "change_complemento.sql"):
        assert {x["chave"] for x in rows(harness, file, marcador=START, chave=None, limite=100_000)} == atendidos


@pytest.mark.parametrize("nome", [o.nome for o in SYSTEM.origins])
def test_pages_of_any_size_lose_nothing_and_repeat_nothing(harness: Harness, nome: str) -> None:
    """Several rows have one moment, a batch job's among them, and some pages end in the middle of it."""
    inteira = {(x["marcador"], x["chave"]) for x in rows(harness, f"change_{nome}.sql", marcador=START, chave=None, limite=100_000)}
    for limit in (7, 50):
        pages: list[tuple[Any, Any]] = []
        marker, key = START, None
        while page := rows(harness, f"change_{nome}.sql", marcador=marker, chave=key, limite=limit):
            pages += sorted({(x["marcador"], x["chave"]) for x in page})
            marker, key = page[-1]["marcador"], page[-1]["chave"]
        assert len(pages) == len(set(pages)) and set(pages) == inteira
    if nome != "primeiro_atendimento":  # Its question is about openings alone.
        assert rows(harness, f"probe_{nome}.sql", marcador=START)[0]["marcador"] == max(m for m, _ in inteira)


@pytest.mark.parametrize("file", sorted(a.name for a in (sql_folder("tasy")).glob("*.sql")))
def test_every_statement_runs_with_empty_binds(harness: Harness, file: str) -> None:
    vazios = dict.fromkeys(("chave", "atendimento", "paciente", "inicio", "fim"))
    do_paciente = file in ("read_paciente.sql", "read_complementos_paciente.sql")
    assert isinstance(rows(harness, file, **vazios, marcador=START, limite=5, chaves=["1001"] if do_paciente else [1]), list)


def test_the_same_seed_gives_the_same_hospital(postgres: Postgres) -> None:
    sums = []
    for database in ("t_tasy_um", "t_tasy_dois"):
        dsn = postgres.create_database(database)
        origin.create(dsn)
        origin.generate(dsn, 40, 9)
        con = psycopg2.connect(dsn)
        with con.cursor() as cur:
            cur.execute("select md5(string_agg(e::text, '' order by cd_evolucao)), count(*) from tasy.evolucao_paciente e")
            sums.append(cur.fetchone())
        con.close()
    assert sums[0] is not None and sums[0] == sums[1] and sums[0][1] > 10
