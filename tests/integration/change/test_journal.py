"""A journal survives what happens to the hub's own database: rows that were read are kept beside it, and a restored hub reads them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from include.fusion.change import journal
from include.fusion.store.filas import FilaItem
from sandbox.postgres import Postgres
from tests.backup import Backup
from tests.harness import Harness

DISCHARGE = """\
update dbamv.atendime set dt_alta = current_date, hr_alta = localtimestamp, cd_mot_alt = 1
where cd_atendimento in (select cd_atendimento from dbamv.atendime where dt_alta is null order by 1 limit 4) returning cd_atendimento"""
KEPT = "select count(*) from fusion_integracao.importacaoatendimento_lido"


@pytest.fixture
def hub(postgres: Postgres, tmp_path: Any) -> Iterator[Harness]:
    made = Harness(postgres, tmp_path, "mv", 20)
    made.runtime.carga().mark_start()
    items = [FilaItem(str(c), str(p)) for c, p in made.origem("select cd_atendimento, cd_paciente from dbamv.atendime")]
    with made.runtime.fusion.begin() as con:
        made.runtime.fila().enqueue(con, items)
    made.load()
    made.deliver()
    yield made
    made.close()


def test_discharges_that_were_queued_after_a_dump_are_queued_again_after_its_restore(hub: Harness) -> None:
    dump = Backup(hub.dsn["fila"])
    hub.origem(DISCHARGE)
    hub.load()
    dump.restore()
    assert hub.fila("select count(*) from ImportacaoAtendimento where situacao = 'pendente'") == [(0,)]
    hub.load()
    hub.deliver()
    assert hub.divergent() == []


def test_rows_are_queued_again_only_once(hub: Harness) -> None:
    dump = Backup(hub.dsn["fila"])
    hub.origem(DISCHARGE)
    hub.load()
    dump.restore()
    assert [hub.load() > 0, hub.load()] == [True, 0]


def test_a_hub_that_lost_its_database_reads_all_that_is_kept(hub: Harness) -> None:
    hub.origem(DISCHARGE)
    hub.load()
    for table in ("marca_dagua", "livro_entrega", "ImportacaoAtendimento", "PendenciaIntegracao"):
        hub.fila(f"delete from {table}")
    hub.load()
    hub.deliver()
    assert hub.divergent() == []


def test_what_no_restore_needs_any_more_is_deleted(hub: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.origem(DISCHARGE)
    hub.load()
    assert hub.origem(KEPT) != [(0,)]
    monkeypatch.setattr(journal, "KEEP", -journal.KEEP)
    hub.origem(DISCHARGE)
    hub.load()
    assert hub.origem(KEPT) == [(0,)]


def test_an_installation_without_the_table_beside_it_is_read_and_told(hub: Harness, caplog: pytest.LogCaptureFixture) -> None:
    journal._warn.cache_clear()
    hub.origem("drop table fusion_integracao.importacaoatendimento_lido")
    hub.runtime = hub.build()
    hub.origem(DISCHARGE)
    hub.load()
    hub.deliver()
    assert hub.divergent() == [] and "atualizar.sql" in caplog.text
