"""Bad input, odd input, and keys that are none."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from include.fusion.change.replay import ReplayRequest
from include.fusion.errors import InvalidRequest
from include.fusion.reading.keys import IntegerKey
from tests.conformance.cases.base import Cases
from tests.conformance.facts import CONTENT, needs, source_makes
from tests.conformance.site import Site, admission

NO_NUMBERS = ("1_000", "٣", "３", "+3", " 3", "3.0", "0x3", "abc", "9" * 30)
NO_TEXTS = ("a\nb", "\x1b[0m", "a\x7f", " ")


def _no_keys(kind: Any) -> tuple[str, ...]:
    return NO_NUMBERS if isinstance(kind, IntegerKey) else NO_TEXTS


class BadInput(Cases):
    """What is wrong stays in the queue with a reason that says no value; what only looks wrong arrives."""

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
                assert [kind for key, kind in bad.items() if "inesperada" in (reasons[key] or "")] == [], "kinds that nobody foresaw"
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
