"""The standard cases. Which of them a system cannot have follows from its spec and its source, and the run says it at its end.

| case | what it proves |
|---|---|
| the_whole_history_arrives | what a source had before is in Fusion as the source has it, and nothing of it is refused |
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
| reconciliation_repairs_what_no_look_sees | changes whose queue rows are lost: a dry run tells them, the comparison repairs them, then nothing differs |
| after_a_restore_of_the_hub, _source, _fusion, what_was_new_after_the_dump | that database goes back in time: after a reconciliation nothing differs |
| a_killed_worker_loses_and_doubles_nothing | rows of a dead owner wait for their lease, then another delivers each once |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from sandbox.postgres import Postgres
from tests.conformance.cases.bad_input import BadInput
from tests.conformance.cases.changes import Changes
from tests.conformance.cases.interruptions import Interruptions
from tests.conformance.cases.reconciliation import Reconciliation
from tests.conformance.cases.replay import Replay
from tests.conformance.cases.restores import Restores
from tests.conformance.facts import facts, not_applicable
from tests.conformance.site import Site


class SystemSuite(Changes, BadInput, Replay, Interruptions, Reconciliation, Restores):
    """Subclass it and name the system: its folder in ``include/fusion/sistemas``, and its source of that name in ``sandbox/origens``.

    The subclass's tests share one installation, whose history is in Fusion before the first; they hold in any order.
    """

    attendances: ClassVar[int] = 30
    """Length of the source's history."""
    options: ClassVar[dict[str, Any]] = {}
    """Of the source's ``create``: another version of the vendor's schema."""
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
        site = Site(postgres, tmp_path_factory.mktemp(cls.system), facts(cls.system), cls.attendances, cls.options)
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
        yield installation
        installation.settle()
        assert installation.seen.differing() == []
