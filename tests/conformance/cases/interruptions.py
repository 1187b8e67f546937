"""Late commits, cleared tasks, killed workers."""

from __future__ import annotations

from datetime import timedelta
from time import sleep

from tests.conformance.cases.base import Cases
from tests.conformance.facts import CONTENT, needs
from tests.conformance.site import OWNER, Site, admission


class Interruptions(Cases):
    """Whatever ends or comes too late: nothing is lost, nothing is doubled."""

    def test_a_late_commit_is_found(self, site: Site) -> None:
        mark = site.seen.mark()
        with site.hospital() as late:
            change = site.happens(admission, late)
            sleep(1.1)  # Markers may have whole seconds: those of the next changes are later.
            for _ in range(8):  # Each origin that shows the late one goes on.
                site.happens(admission)
            site.settle()
            assert change.chave not in site.seen.since(mark)
            late.commit()
        site.settle()
        assert change.chave in site.seen.since(mark)

    @needs(CONTENT)
    def test_a_cleared_task_doubles_nothing(self, site: Site) -> None:
        mark = site.seen.mark()
        new = {site.happens(admission).chave for _ in range(3)}
        site.look()
        for step in site.steps[:-1]:
            step(f"{OWNER}1|")
        killed = site.sending(f"{OWNER}1|")
        killed.batches.write = lambda batch: None  # The process ends between Fusion's answer and its own writing.
        killed.run()
        assert site.seen.since(mark)
        for fila in site.runtime.filas():
            fila.reclaim(OWNER)
            fila.reenviar_erros(owner_prefix=OWNER)
        site.deliver(f"{OWNER}2|")
        assert new <= site.seen.since(mark).keys() and site.seen.doubled(mark) == []
        mark = site.seen.mark()
        site.forget_where_it_was()
        site.settle()
        site.queue_everything()
        site.deliver(f"{OWNER}3|")
        assert site.seen.since(mark) == {}

    def test_a_killed_worker_loses_and_doubles_nothing(self, site: Site) -> None:
        mark, dead = site.seen.mark(), "conformance/run/dead#1|"
        new = {site.happens(admission).chave for _ in range(3)}
        site.look()
        for step in site.steps:
            held = [row for fila in site.runtime.filas() for row in fila.reserve(100, dead, timedelta(minutes=2))]
            assert held
            step(f"{OWNER}1|")
            assert site.seen.since(mark) == {}, "rows of a living lease were delivered"
            site.let_leases_run_out(dead)
            step(f"{OWNER}1|")
        assert new <= site.seen.since(mark).keys() and site.seen.doubled(mark) == []
