"""What no look at changes can see."""

from __future__ import annotations

from sandbox.origens.base import NO_EFFECT
from tests.conformance.cases.base import Cases
from tests.conformance.facts import CONTENT, needs
from tests.conformance.site import Site, admission


class Reconciliation(Cases):
    """The nightly comparison finds what was lost, and its repairs leave Fusion as the source."""

    @needs(CONTENT)
    def test_reconciliation_repairs_what_no_look_sees(self, site: Site) -> None:
        new = {site.happens(admission).chave for _ in range(2)}
        site.happens(lambda change: change.operacao == "alteracao" and change.tipo not in NO_EFFECT)
        site.cancellation()
        site.look()
        site.lose_what_waits()
        state, mark = site.stored(), site.seen.mark()
        assert sum(found.differences for found in site.reconcile(simular=True)) > 0
        assert site.stored() == state
        site.reconcile()
        site.deliver()
        assert new & site.seen.living() <= site.seen.since(mark).keys()
        assert site.seen.differing() == [] and site.seen.doubled(mark) == []
        assert sum(found.differences for found in site.reconcile()) == 0
