"""A short round of ``make chaos`` on the shared stack, before other tests bring records that must be refused: faults that any stack bears, and the
judge that does not ask the engine."""

from __future__ import annotations

import random

import pytest

from tests.chaos.judge import Verdict, judge
from tests.chaos.kinds import CHEAP
from tests.chaos.round import Round
from tests.chaos.stack import ChaosHub
from tests.e2e.hub import Hub, integracao

SEED = 20


@pytest.fixture
def chaotic(hub: Hub) -> ChaosHub:
    """The shared stack, with what faults need."""
    return ChaosHub.over(hub, random.Random(SEED))


def test_a_round_of_faults_leaves_nothing_wrong(chaotic: ChaosHub) -> None:
    faults, verdict = Round(chaotic, print, [kind for kind in CHEAP if not kind.settles], rare=()).run(10)
    assert verdict == Verdict()
    assert len(faults) == 10


def test_the_judge_sees_what_is_lost_and_what_is_stale(chaotic: ChaosHub) -> None:
    """Fusion forgets one record, and another there is not what the source has."""
    known = judge(chaotic, 0, said_again=True)
    number = integracao("sotech").integracao_id
    theirs = "select codigo from registro where entidade = 'atendimento' and integracao_id = %s and not cancelado order by codigo limit 2"
    lost, stale = (row["codigo"] for row in chaotic.sql("fusion", theirs, number))
    kept = chaotic.sql("fusion", "select corpo from registro where integracao_id = %s and codigo = %s", number, stale)[0]["corpo"]
    its = "where entidade = 'atendimento' and integracao_id = %s and codigo = %s"
    chaotic.sql("fusion", f"update registro set cancelado = true {its}", number, lost)
    chaotic.sql("fusion", f"update registro set corpo = corpo - 'dataInicio' {its}", number, stale)
    try:
        verdict = judge(chaotic, 0, said_again=True).without(known)
    finally:
        chaotic.sql("fusion", f"update registro set cancelado = false {its}", number, lost)
        chaotic.sql(
            "fusion",
            f"update registro set corpo = corpo || jsonb_build_object('dataInicio', %s::text) {its}",
            kept["dataInicio"],
            number,
            stale,
        )
    assert verdict.lost == [f"sotech {lost}"]
    assert f"sotech {stale}" in verdict.stale
