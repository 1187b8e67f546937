from include.fusion.delivery.progress import Progresso, duracao


def test_duration_reads_like_a_person_would_say_it():
    assert [duracao(s) for s in (5, 65, 3725)] == ["5 s", "1 min 5 s", "1 h 2 min"]


def test_progress_speaks_at_once_when_asked_and_seldom_otherwise():
    ditos = []
    p = Progresso(100, lambda texto, numeros: ditos.append(numeros))
    for feitos in range(50):
        p.em(feitos)
    p.em(100, ja=True)
    assert [d["feitos"] for d in ditos] == [0, 100]
    assert ditos[-1]["faltam_s"] == 0


def test_resumed_work_counts_its_rate_from_where_it_resumed():
    ditos = []
    Progresso(100, lambda texto, numeros: ditos.append(texto), feitos=90).em(90, ja=True)
    assert ditos == ["90 de 100 (90.0 %), 0/s"]
