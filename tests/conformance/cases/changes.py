"""What changes at the source, and what does not."""

from __future__ import annotations

from sandbox.origens.base import NO_EFFECT
from tests.conformance.cases.base import Cases
from tests.conformance.facts import CONTENT, needs
from tests.conformance.site import Site, admission


class Changes(Cases):
    """A change reaches Fusion as it is, once; nothing else travels."""

    def test_the_whole_history_arrives(self, site: Site) -> None:
        assert site.history
        assert (site.refused_history, site.unseen_history) == ({}, set())

    def test_change_arrives(self, site: Site) -> None:
        mark = site.seen.mark()
        change = site.happens(admission)
        assert site.look() > 0
        site.deliver()
        assert change.chave in site.seen.since(mark) and change.chave in site.seen.living()
        assert site.seen.doubled(mark) == []

    def test_a_day_of_changes_leaves_fusion_as_the_source(self, site: Site) -> None:
        mark, refused = site.seen.mark(), site.reasons()
        for _ in range(4):
            for _ in range(10):
                site.happens(lambda change: change.tipo not in NO_EFFECT)
            assert site.look() > 0
            site.deliver()
            assert site.seen.differing() == []
        assert site.seen.since(mark) and site.seen.doubled(mark) == []
        assert site.reasons() == refused, "what a hospital does in a day was refused"

    def test_the_watcher_wakes_for_a_change_and_rests_after_it(self, site: Site) -> None:
        site.rest()
        assert not site.sees_work()
        site.happens(admission)
        site.feed()
        assert site.sees_work()
        site.rest()
        assert not site.sees_work()

    @needs(CONTENT)
    def test_unchanged_is_not_sent(self, site: Site) -> None:
        mark = site.seen.mark()
        assert site.queue_everything() > 0
        site.deliver()
        assert site.seen.since(mark) == {}

    @needs(CONTENT)
    def test_cancelled_at_the_source_is_cancelled_in_fusion(self, site: Site) -> None:
        for _ in range(3):
            site.happens(admission)
        site.settle()
        change = site.cancellation()
        assert change.chave in site.seen.living()
        mark = site.seen.mark()
        site.look()
        site.deliver()
        assert change.chave not in site.seen.living()
        assert site.seen.since(mark) and site.seen.doubled(mark) == []
