from __future__ import annotations

from include.fusion.delivery.progress import Progress, duration


def test_duration_reads_like_a_person_would_say_it() -> None:
    assert [duration(s) for s in (5, 65, 3725)] == ["5 s", "1 min 5 s", "1 h 2 min"]


def test_progress_speaks_at_once_when_asked_and_seldom_otherwise() -> None:
    ditos = []
    p = Progress(100, lambda text, numbers: ditos.append(numbers))
    for done in range(50):
        p.at(done)
    p.at(100, at_once=True)
    assert [d["feitos"] for d in ditos] == [0, 100]
    assert ditos[-1]["faltam_s"] == 0


def test_resumed_work_counts_its_rate_from_where_it_resumed() -> None:
    ditos = []
    Progress(100, lambda text, numbers: ditos.append(text), done=90).at(90, at_once=True)
    assert ditos == ["90 de 100 (90.0 %), 0/s"]
