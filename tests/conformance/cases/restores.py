"""A database goes back in time; what docs/restauracao.md says brings Fusion and the source together again."""

from __future__ import annotations

from sandbox.origens.base import NO_EFFECT
from tests.backup import Backup
from tests.conformance.cases.base import Cases
from tests.conformance.facts import CONTENT, STATE, needs
from tests.conformance.site import Site, admission


def a_day(site: Site) -> None:
    """Changes of every kind, among them a new record and one that ends, in Fusion."""
    site.happens(admission)
    for _ in range(6):
        site.happens(lambda change: change.tipo not in NO_EFFECT)
    site.cancellation()
    site.settle()


class Restores(Cases):
    """Nothing old goes over new, nothing is lost and nothing stays that the source no longer has."""

    @needs(CONTENT)
    def test_after_a_restore_of_the_hub_fusion_is_as_the_source(self, site: Site) -> None:
        dump = Backup(site.dsn["fila"])
        a_day(site)
        dump.restore()
        a_day(site)
        self._reconciled(site)

    @needs(CONTENT)
    def test_what_was_new_after_the_dump_and_is_gone_is_no_ghost(self, site: Site) -> None:
        dump = Backup(site.dsn["fila"])
        a_day(site)
        site.cancellation()
        dump.restore()
        self._reconciled(site)

    @needs(CONTENT, STATE)
    def test_after_a_restore_of_the_source_fusion_is_as_the_source(self, site: Site) -> None:
        yesterday = Backup(site.dsn["origem"])
        a_day(site)
        yesterday.restore()
        self._reconciled(site)

    @needs(CONTENT, STATE)
    def test_after_a_restore_of_fusion_it_is_as_the_source(self, site: Site) -> None:
        dump = Backup(site.dsn["fusion"])
        a_day(site)
        dump.restore()
        self._reconciled(site)

    @staticmethod
    def _reconciled(site: Site) -> None:
        site.settle()
        site.reconcile()
        site.deliver()
        assert site.seen.differing() == []
        assert sum(found.differences for found in site.reconcile()) == 0
