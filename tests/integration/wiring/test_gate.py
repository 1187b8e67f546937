"""A grant that is taken back, a table that is renamed: the run stops and says why, and Fusion keeps what it had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from include.fusion.change.replay import ReplayRequest, enqueue_request
from include.fusion.checkup.source_schema import tables_of
from include.fusion.errors import SourceLost, SourceRefused
from include.fusion.reading.statements import statement_path, statement_text
from include.fusion.reading.words import kind_in_words
from include.fusion.settings.registry import systems
from include.fusion.store.baseline import accept
from include.fusion.wiring.gate import demand_readable
from include.fusion.wiring.look import look_up
from include.fusion.wiring.systems import system_named
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.readers import Reader, read_only

ALLERGIES = "select count(*), sum(jsonb_array_length(corpo->'alergias')) from registro where jsonb_array_length(corpo->'alergias') > 0"


@pytest.fixture
def reader(postgres: Postgres, tmp_path: Any) -> Iterator[Reader]:
    """e-SUS, read by an account that may only read; Fusion has its history."""
    b = Harness(postgres, tmp_path, "esus_ab", 60)
    with read_only(b) as reader:
        run(reader)
        assert b.fusion(ALLERGIES)[0][0] > 0
        yield reader
    b.close()


def begin(reader: Reader) -> Harness:
    """A run begins, with fresh parts; everything will be read again."""
    b = reader.harness
    m = b.runtime = b.build()
    look_up(m, ReplayRequest(), manual=True)
    enqueue_request(m.queries, m.fusion, m.fila(), m.ledger, ReplayRequest(), page=500)
    return b


def run(reader: Reader) -> None:
    begin(reader).deliver()


@pytest.mark.parametrize("table", ["tb_alergia", "tb_alergia_evolucao", "tb_receita_medicamento"])
def test_a_revoked_grant_stops_the_run_and_fusion_keeps_what_it_had(reader: Reader, table: str) -> None:
    before = reader.harness.fusion(ALLERGIES)
    reader.revoke(table)
    with pytest.raises((SourceLost, SourceRefused), match=r"(alergias|prescrições).*(Nada|nada).* foi enviado"):
        run(reader)
    assert reader.harness.fusion(ALLERGIES) == before


@pytest.mark.parametrize("system", [name for name in systems() if system_named(name).readings])
def test_in_every_system_a_revoked_grant_stops_the_next_run(postgres: Postgres, tmp_path: Any, system: str) -> None:
    b = Harness(postgres, tmp_path, system, 5)
    with read_only(b) as reader:
        demand_readable(b.runtime)
        detail = system_named(system).readings[0].details[-1]
        reader.revoke(tables_of(statement_text(statement_path(system, detail.files[0][0], None)))[-1])
        b.fila("update marca_dagua set executado_em = now() - interval '11 minutes' where processo = 'conferencia'")
        with pytest.raises(SourceLost, match=f"{kind_in_words(detail.nome)}.* Nada foi enviado"):
            demand_readable(b.build())
    b.close()


def test_a_table_that_is_renamed_stops_the_run_too(reader: Reader) -> None:
    reader.admin("alter table tb_alergia rename to tb_alergia_velha")
    with pytest.raises(SourceLost, match="alergias"):
        run(reader)


def test_a_grant_that_is_taken_back_while_a_run_delivers_stops_that_run(reader: Reader) -> None:
    before = reader.harness.fusion(ALLERGIES)
    begin(reader)
    reader.revoke("tb_alergia")
    with pytest.raises((SourceLost, SourceRefused), match="alergias"):
        reader.harness.deliver()
    assert reader.harness.fusion(ALLERGIES) == before
    assert reader.harness.fila("select count(*) from ImportacaoAtendimento where situacao = 'erro'") == [(0,)]


def test_once_the_grant_is_back_the_run_goes_on(reader: Reader) -> None:
    reader.revoke("tb_alergia")
    with pytest.raises(SourceLost):
        run(reader)
    reader.admin(f"grant select on tb_alergia to {reader.role}")
    run(reader)
    assert reader.harness.divergent() == []


def test_what_a_person_accepted_as_gone_no_longer_stops_runs(reader: Reader) -> None:
    reader.revoke("tb_alergia")
    b = reader.harness
    with b.runtime.fusion.begin() as con:
        accept(con, b.runtime.integracao.integracao_id, {})
    run(reader)
