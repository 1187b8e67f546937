"""What a person asks for in a run's form."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from include.fusion.change.replay import PERIOD_MAX, ReplayRequest
from include.fusion.errors import InvalidRequest
from include.fusion.wiring.names import look_up, simulate
from tests.conformance.cases.base import Cases
from tests.conformance.facts import in_form, needs
from tests.conformance.site import Site, admission

NEVER_BEFORE = date(1900, 1, 1)
NEVER_AFTER = date(2150, 1, 1)


class Replay(Cases):
    """Exactly the records that were asked for travel again; a dry run sends none."""

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
