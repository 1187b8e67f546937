"""The standard cases. Which of them a system cannot have follows from its spec and its source, and the run says it at its end.

| case | what it proves |
|---|---|
| change_arrives | what is new at the source is in Fusion after one look and one delivery, once |
| a_day_of_changes_leaves_fusion_as_the_source | changes of every kind: what Fusion has is what the source has |
| the_watcher_wakes_for_a_change_and_rests_after_it | a change is a reason to run; after its delivery nothing is |
| unchanged_is_not_sent | everything is queued again: nothing travels |
| cancelled_at_the_source_is_cancelled_in_fusion | what ends at the source ends in Fusion |
| refused_stays_in_the_queue_with_its_reason | each kind of bad input stays, with a reason that has no value in it; nobody waits for it |
| odd_but_right_arrives | what only looks wrong is in Fusion |
| a_fault_of_one_item_costs_what_the_rule_says | today: a JSON record is refused in whole, of a patient's HL7 messages only the item's |
| replay_of_one_attendance, _patient, _period | exactly those records travel again, whether or not they changed |
| a_dry_run_sends_and_changes_nothing | it tells what would be sent; no table changes |
| a_late_commit_is_found | a row that is older than the watermark when it can be seen is found within the overlap |
| a_form_refuses_what_is_no_key, a_queued_key_that_is_none_ends_refused | 1_000 and digits of other scripts are no keys |
| a_cleared_task_doubles_nothing | sent and not written, then cleared; then found again from the start: Fusion gets nothing twice |
| a_killed_worker_loses_and_doubles_nothing | rows of a dead owner wait for their lease, then another delivers each once |
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from time import sleep
from typing import Any, ClassVar

import pytest

from include.fusion.change.replay import PERIOD_MAX, ReplayRequest
from include.fusion.errors import InvalidRequest
from include.fusion.reading.keys import IntegerKey
from include.fusion.wiring.names import look_up, simulate
from sandbox.origens.base import NO_EFFECT
from sandbox.postgres import Postgres
from tests.conformance.facts import CONTENT, Facts, facts, in_form, needs, not_applicable, source_makes
from tests.conformance.site import OWNER, Site, admission

NO_NUMBERS = ("1_000", "٣", "３", "+3", " 3", "3.0", "0x3", "abc", "9" * 30)
NO_TEXTS = ("a\nb", "\x1b[0m", "a\x7f", " ")
NEVER_BEFORE = date(1900, 1, 1)
NEVER_AFTER = date(2150, 1, 1)


def _no_keys(kind: Any) -> tuple[str, ...]:
    return NO_NUMBERS if isinstance(kind, IntegerKey) else NO_TEXTS


class SystemSuite:
    """Subclass it and name the system: its folder in ``include/fusion/sistemas``, and its source of that name in ``sandbox/origens``.

    The subclass's tests share one installation, whose history is in Fusion before the first; they hold in any order.
    """

    system: ClassVar[str] = ""
    attendances: ClassVar[int] = 30
    """Length of the source's history."""
    lacks: ClassVar[dict[str, str]] = {}
    """Cases that the system cannot have, each with the reason."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.system:
            cases = {name.removeprefix("test_"): getattr(cls, name) for name in dir(cls) if name.startswith("test_")}
            cls.lacks = not_applicable(facts(cls.system), cases)
            for name in cls.lacks:
                setattr(cls, f"test_{name}", None)

    @pytest.fixture(scope="class")
    @classmethod
    def installation(cls, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
        site = Site(postgres, tmp_path_factory.mktemp(cls.system), facts(cls.system), cls.attendances)
        try:
            for _ in range(3):
                site.happens()
            site.bring_history()
            yield site
        finally:
            site.close()

    @pytest.fixture
    def site(self, installation: Site, request: pytest.FixtureRequest) -> Iterator[Site]:
        """Each case begins with everything delivered, and leaves Fusion as the source is."""
        request.node.user_properties.extend((f"does not apply to {self.system}", f"{case}: {why}") for case, why in self.lacks.items())
        installation.settle()
        yield installation
        installation.settle()
        assert installation.seen.differing() == []

    @property
    def known(self) -> Facts:
        return facts(self.system)

    # --- changes ----------------------------------------------------------------------------------------------------

    def test_change_arrives(self, site: Site) -> None:
        mark = site.seen.mark()
        change = site.happens(admission)
        assert site.look() > 0
        site.deliver()
        assert change.chave in site.seen.since(mark) and change.chave in site.seen.living()
        assert site.seen.doubled(mark) == []

    def test_a_day_of_changes_leaves_fusion_as_the_source(self, site: Site) -> None:
        mark = site.seen.mark()
        for _ in range(4):
            for _ in range(10):
                site.happens(lambda change: change.tipo not in NO_EFFECT)
            assert site.look() > 0
            site.deliver()
            assert site.seen.differing() == []
        assert site.seen.since(mark) and site.seen.doubled(mark) == []

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
        assert site.look() == 0
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

    # --- bad input --------------------------------------------------------------------------------------------------

    def _wrong(self, site: Site, name: str) -> dict[str, str]:
        """One record of each kind that the source lists under this name, delivered as far as it goes: key → kind."""
        made: dict[str, str] = {}
        for kind in self.known.kinds(name):
            made[site.spoil(kind).chave] = kind
        site.look()
        site.deliver()
        return made

    @needs(CONTENT, source_makes("INVALID"))
    def test_refused_stays_in_the_queue_with_its_reason(self, site: Site, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.INFO):
            bad = self._wrong(site, "INVALID")
            other = site.happens(admission)
            for _ in range(2):
                site.look()
                site.deliver()
                reasons = site.reasons()
                assert [kind for key, kind in bad.items() if not reasons.get(key)] == [], "kinds without a reason in the queue"
        assert other.chave in site.seen.living() and other.chave not in reasons
        if site.seen.whole:
            assert [kind for key, kind in bad.items() if key in site.seen.living()] == []
        told = "\n".join([*filter(None, reasons.values()), caplog.text])
        assert sum(value in told for value in site.personal()) == 0, "reasons or logs have a patient's data in them"

    @needs(CONTENT, source_makes("STRANGE"))
    def test_odd_but_right_arrives(self, site: Site) -> None:
        odd = self._wrong(site, "STRANGE")
        assert {kind: site.reasons()[key] for key, kind in odd.items() if key in site.reasons()} == {}
        assert [kind for key, kind in odd.items() if key not in site.seen.living()] == []

    @needs(CONTENT, source_makes("ITEM_FAULTS"))
    def test_a_fault_of_one_item_costs_what_the_rule_says(self, site: Site) -> None:
        for key, kind in self._wrong(site, "ITEM_FAULTS").items():
            self.check_item_fault(site, key, kind)

    def check_item_fault(self, site: Site, key: str, kind: str) -> None:
        """Today's rule for a record with one item that cannot be mapped; a subclass may have another."""
        reason = site.reasons().get(key)
        assert reason and ":" in reason, f"{kind}: no reason that names the item"
        assert (key in site.seen.living()) != site.seen.whole, kind

    # --- replay -----------------------------------------------------------------------------------------------------

    def _replay(self, site: Site, **form: str) -> set[str]:
        """Keys that travelled again, or, where the form cannot force that, were read again."""
        forces = "forcar" in site.runtime.sistema.form
        request = ReplayRequest.from_params({**form, "forcar": forces}, site.runtime.sistema)
        mark, row = site.seen.mark(), site.last_row()
        look_up(site.runtime, request, manual=True)
        site.deliver()
        again = site.seen.since(mark) if forces else site.concluded(row)
        assert set(again.values()) == {1}
        return set(again)

    @needs(in_form("atendimento"))
    def test_replay_of_one_attendance(self, site: Site) -> None:
        key = max(site.seen.living())
        assert self._replay(site, atendimento=key) == {key}

    @needs(in_form("paciente"))
    def test_replay_of_one_patient(self, site: Site) -> None:
        living = site.seen.living()
        theirs: dict[str, set[str]] = {}
        for e in site.expected():
            if e.chave_paciente and e.chave in living:
                theirs.setdefault(e.chave_paciente, set()).add(e.chave)
        patient = max(theirs, key=lambda p: (len(theirs[p]), p))
        assert self._replay(site, paciente=patient) == theirs[patient]

    @needs(in_form("data_inicial"))
    def test_replay_of_one_period(self, site: Site) -> None:
        living = site.seen.living()

        def within(first: date, last: date) -> set[str]:
            """Living keys that the source's statement finds in these days."""
            m, request = site.runtime, ReplayRequest(inicio=first, fim=last)
            with m.queries.engine.connect() as con:
                rows = m.queries.rows(con, m.sistema.sql_keys, chave=None, limite=100_000, **request.filters(m.sistema))
            return {str(row["chave"]) for row in rows} & living

        first, last = NEVER_BEFORE, NEVER_AFTER
        everything = within(first, last)
        assert everything
        while first < last:
            middle = first + (last - first) // 2
            before, after = within(first, middle), within(middle + timedelta(days=1), last)
            assert before | after == within(first, last) and not before & after
            first, last = (first, middle) if before else (middle + timedelta(days=1), last)
        starts = site.seen.starts()
        that_day = {key for key, day in starts.items() if day == first} if starts else within(first, first)
        assert self._replay(site, data_inicial=str(first), data_final=str(first)) == that_day
        too_long = {"data_inicial": str(first), "data_final": str(first + PERIOD_MAX + timedelta(days=1))}
        with pytest.raises(InvalidRequest):
            ReplayRequest.from_params(too_long, site.runtime.sistema)

    @needs(in_form("simular"))
    def test_a_dry_run_sends_and_changes_nothing(self, site: Site) -> None:
        change = site.happens(admission)
        site.look()
        m, mark, stored = site.runtime, site.seen.mark(), site.stored()
        for form in ({}, {"atendimento": change.chave}):
            request = ReplayRequest.from_params({"simular": True, **form}, m.sistema)
            told = simulate(m.queries, m.fila(), m.reader, request, limit=1000)
            assert told["enviaria"] > 0 and told["recusaria"] == 0
            assert (site.seen.since(mark), site.stored()) == ({}, stored)
        site.deliver()
        assert change.chave in site.seen.since(mark)

    # --- clocks, clears and kills -----------------------------------------------------------------------------------

    def test_a_late_commit_is_found(self, site: Site) -> None:
        mark = site.seen.mark()
        with site.hospital() as late:
            change = site.happens(admission, late)
            sleep(1.1)  # Markers may have whole seconds: the next change's is later.
            site.happens(admission)
            site.settle()
            assert change.chave not in site.seen.since(mark)
            late.commit()
        site.settle()
        assert change.chave in site.seen.since(mark)

    def test_a_form_refuses_what_is_no_key(self, site: Site) -> None:
        spec = site.runtime.sistema
        kinds = {"atendimento": spec.key_type, "paciente": spec.paciente_key_type or spec.key_type}
        for field in kinds.keys() & spec.form.keys():
            for text in _no_keys(kinds[field]):
                if text.strip() == text:  # A form takes blanks around a key.
                    with pytest.raises(InvalidRequest, match=field):
                        ReplayRequest.from_params({field: text}, spec)

    @needs(CONTENT)
    def test_a_queued_key_that_is_none_ends_refused(self, site: Site) -> None:
        mark, wrong = site.seen.mark(), _no_keys(site.runtime.sistema.key_type)
        site.queue(*wrong)
        site.deliver()
        reasons = site.reasons()
        assert {key for key in wrong if not (reasons.get(key) or "").startswith("chave: ")} == set()
        assert site.seen.since(mark) == {}

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
