"""What no look at changes can see is found by comparison, and repaired through the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from include.fusion.change.reconcile import sides
from include.fusion.change.reconcile.result import Found
from include.fusion.change.reconcile.sides import SourceRefuses
from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import FusionUnauthorized
from include.fusion.http import fusion
from include.fusion.reading.reader import ABSENT
from include.fusion.store.filas import FilaItem
from include.fusion.wiring.names import reconcile
from sandbox.postgres import Postgres
from tests.backup import Backup
from tests.harness import Harness

ALL = ReplayRequest()
TOLD = ("ausente", "defasado", "fantasma", "duplicado")


class Reconciled(Harness):
    """A hospital whose history is in Fusion."""

    def reconcile(self, request: ReplayRequest = ALL, *, between: Any = None, **options: Any) -> Found:
        (found,) = reconcile(self.runtime, request, wait=lambda _: between() if between else None, **options)
        return found

    def repaired(self) -> dict[str, int]:
        """Counts of one reconciliation, with the delivery after it; then nothing differs."""
        found = self.reconcile()
        self.deliver()
        assert self.divergent() == [] and self.ghosts() == set() and self.duplicates() == []
        assert self.reconcile().differences == 0
        return {kind: n for kind in TOLD if (n := getattr(found, kind))}

    def keys(self) -> list[str]:
        """Alive in Fusion, smallest first."""
        return sorted((k for (k,) in self.fusion("select codigo from registro where not cancelado")), key=int)

    def ghosts(self) -> set[str]:
        return set(self.keys()) - {str(k) for (k,) in self.origem("select atendimentoid from dbo.atendimento where excluido = 0")}

    def fusion_forgets(self, key: str) -> None:
        """Fusion as a backup has it that does not know this record."""
        for table in ("registro", "aplicacao"):
            self.fusion(f"delete from {table} where codigo = %s", key)

    def late_commit(self, *keys: str) -> None:
        """An edit that can first be seen when the watermark is far beyond it."""
        self.origem("update dbo.atendimento set queixaprincipal = 'piora' where atendimentoid = any(%s)", [int(k) for k in keys])

    def vanish(self, *keys: str) -> None:
        """Rows that go without a trace."""
        tables = [t for (t,) in self.origem("select table_name from information_schema.columns where column_name = 'atendimentoid'")]
        self.origem("set session_replication_role = replica; " + "".join(
            f"delete from dbo.{t} where atendimentoid = any(array[{','.join(keys)}]);" for t in tables))  # fmt: skip


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Iterator[Reconciled]:
    made = Reconciled(postgres, tmp_path, "consulfarma", 40)
    made.load()
    made.deliver()
    yield made
    made.close()


def test_nothing_differs_after_a_delivery(site: Reconciled) -> None:
    """Hub and Fusion make the content hash each by itself, by the contract's recipe."""
    found = site.reconcile()
    assert (found.differences, found.enfileirados, found.lista_fusion) == (0, 0, True)
    assert found.conteudos_lidos == len(site.keys()) == site.fusion("select count(*) from registro where not cancelado")[0][0]


def test_pages_end_where_they_should(site: Reconciled, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = site.reconcile()
    monkeypatch.setattr(fusion, "KEYS_PAGE", 7)
    monkeypatch.setattr(sides, "PAGE", 8)
    assert vars(site.reconcile()) == vars(whole) and whole.fusion > 7


def test_a_late_commit_is_repaired(site: Reconciled) -> None:
    site.late_commit(*site.keys()[:2])
    assert site.repaired() == {"defasado": 2}


def test_what_vanished_at_the_source_is_cancelled(site: Reconciled) -> None:
    site.vanish(*site.keys()[:3])
    assert site.repaired() == {"fantasma": 3}


def test_a_lost_ledger_row_is_made_again_so_that_a_cancellation_can_follow(site: Reconciled) -> None:
    key = site.keys()[0]
    site.fila("delete from livro_entrega where chave = %s", key)
    found = site.reconcile()
    assert (found.defasado, found.chaves) == (1, {"defasado": [key]})
    site.deliver()
    assert site.reconcile().differences == 0 and site.divergent() == []


def test_a_ghost_that_the_ledger_does_not_know_is_cancelled(site: Reconciled) -> None:
    key = site.keys()[0]
    site.fila("delete from livro_entrega where chave = %s", key)
    site.vanish(key)
    assert site.repaired() == {"fantasma": 1}


def test_what_the_source_never_told_is_brought(site: Reconciled) -> None:
    key = site.keys()[0]
    for table in ("livro_entrega", "ImportacaoAtendimento"):
        site.fila(f"delete from {table} where chave = %s", key)
    site.fusion_forgets(key)
    assert site.repaired() == {"ausente": 1}


def test_fusion_restored_to_older_content_gets_the_source_again(site: Reconciled) -> None:
    first, second = site.keys()[:2]
    for table in ("registro", "aplicacao"):
        site.fusion(f"update {table} set hash_conteudo = repeat('0', 64) where codigo = %s", first)
    site.fusion_forgets(second)
    assert site.repaired() == {"ausente": 1, "defasado": 1}


def test_a_source_restored_to_yesterday_is_followed(site: Reconciled) -> None:
    older = dict(site.origem("select atendimentoid, queixaprincipal from dbo.atendimento"))
    site.late_commit(*site.keys()[:4])
    site.origem(
        "update dbo.atendimento set atualizadoem = now()::timestamp where atendimentoid = any(%s)", [int(k) for k in site.keys()[:4]]
    )
    site.load()
    site.deliver()
    for key, text in older.items():
        site.origem("update dbo.atendimento set queixaprincipal = %s where atendimentoid = %s", text, key)
    site.vanish(site.keys()[-1])
    assert site.repaired() == {"defasado": 4, "fantasma": 1}


def test_a_dry_run_changes_nothing(site: Reconciled) -> None:
    keys = site.keys()
    site.late_commit(keys[0])
    site.vanish(keys[1])
    state = [site.fila(f"select * from {t} order by 1, 2, 3, 4") for t in ("livro_entrega", "ImportacaoAtendimento")]
    found = site.reconcile(ReplayRequest(simular=True))
    assert (found.defasado, found.fantasma, found.enfileirados) == (1, 1, 0)
    assert [site.fila(f"select * from {t} order by 1, 2, 3, 4") for t in ("livro_entrega", "ImportacaoAtendimento")] == state


def test_a_mass_cancellation_waits_for_a_yes(site: Reconciled) -> None:
    gone = site.keys()[:25]
    site.vanish(*gone)
    site.late_commit(site.keys()[-1])
    found = site.reconcile()
    assert (found.fantasma, found.retidos, found.enfileirados) == (25, 25, 1)
    site.deliver()
    assert set(gone) == site.ghosts()
    assert site.reconcile(approved=24).retidos == 25 and set(gone) == site.ghosts()
    assert site.reconcile(approved=25).enfileirados == 25
    site.deliver()
    assert site.ghosts() == set()


def test_a_source_that_refuses_to_be_read_is_not_empty(site: Reconciled) -> None:
    site.origem("drop role if exists leitor; create role leitor login superuser; alter role leitor nosuperuser")
    site.origem("grant usage on schema dbo to leitor; grant select on all tables in schema dbo to leitor")
    url = site.dsn["origem"].replace("postgresql://", "postgresql+psycopg2://", 1)
    site.runtime = site.build()
    site.runtime.origem = create_engine(url, connect_args={"options": "-c role=leitor"})
    assert site.reconcile().differences == 0
    site.origem("revoke select on dbo.alergia from leitor")
    with pytest.raises(SourceRefuses, match="não deixou ler"):
        site.reconcile()
    site.origem("revoke select on dbo.atendimento from leitor")
    with pytest.raises(SourceRefuses, match="não conta como vazio"):
        site.reconcile()
    assert site.fila("select count(*) from ImportacaoAtendimento where situacao = 'pendente'") == [(0,)]
    site.origem("drop owned by leitor; drop role leitor")


def test_what_is_in_the_queue_is_no_difference(site: Reconciled) -> None:
    queued, passing = site.keys()[:2]
    site.late_commit(queued, passing)
    site.origem("update dbo.atendimento set atualizadoem = now()::timestamp where atendimentoid = %s", int(queued))
    site.load()
    found = site.reconcile()
    assert (found.defasado, found.na_fila, found.chaves) == (1, 1, {"defasado": [passing]})


def test_a_refused_row_keeps_no_ghost_and_hides_no_record_that_the_source_has_again(site: Reconciled) -> None:
    """Two changed, went, and were refused as absent; a restore brings one of them back."""
    ghost, back = site.keys()[:2]
    site.late_commit(ghost, back)
    kept = Backup(site.dsn["origem"])
    site.vanish(ghost, back)
    with site.runtime.fusion.begin() as con:
        site.runtime.fila().enqueue(con, [FilaItem(ghost), FilaItem(back)])
    assert site.deliver().motivos[ABSENT] == 2
    kept.restore()
    site.vanish(ghost)
    assert site.repaired() == {"defasado": 1, "fantasma": 1}


def test_what_was_denied_for_some_minutes_is_tried_again(site: Reconciled) -> None:
    key = site.keys()[0]
    site.late_commit(key)
    with site.runtime.fusion.begin() as con:
        site.runtime.fila().refuse(con, {key: f"{FusionUnauthorized(403, '/api/Atendimento')} após 3 tentativas"})
    assert site.repaired() == {"defasado": 1}


def test_a_change_that_is_delivered_between_the_two_looks_is_no_difference(site: Reconciled) -> None:
    key = site.keys()[0]
    site.origem("update dbo.atendimento set queixaprincipal = 'piora', atualizadoem = now()::timestamp where atendimentoid = %s", int(key))
    found = site.reconcile(between=lambda: (site.load(), site.deliver()))
    assert (found.differences, found.na_fila) == (0, 0)


def test_one_attendance_or_patient_alone_is_compared(site: Reconciled) -> None:
    first, second, gone = site.keys()[:3]
    site.late_commit(first, second)
    site.vanish(gone)
    assert site.reconcile(ReplayRequest(atendimento=first)).chaves == {"defasado": [first]}
    assert site.reconcile(ReplayRequest(atendimento=gone)).chaves == {"fantasma": [gone]}
    site.deliver()
    assert site.divergent() == [second]


def test_without_a_list_of_fusion_source_and_ledger_are_compared_and_the_report_says_so(site: Reconciled) -> None:
    late, gone = site.keys()[:2]
    site.runtime.integracao.rotas.__dict__["atendimento"] = "/api/Outro"
    try:
        site.late_commit(late)
        site.vanish(gone)
        found = site.reconcile()
    finally:
        site.runtime.integracao.rotas.__dict__["atendimento"] = "/api/Atendimento"
    assert (found.lista_fusion, found.chaves) == (False, {"defasado": [late], "fantasma": [gone]})
    assert "só entre a origem e o livro" in found.sentence(False)
