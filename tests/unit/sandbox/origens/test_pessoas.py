"""Invented people are reproducible, valid and odd where asked."""

from __future__ import annotations

import random

from validate_docbr import CNS, CPF

from sandbox.origens.pessoas import Person, PersonGenerator


def _persons(semente: int, count: int = 2000, **options: float) -> list[Person]:
    generator = PersonGenerator(semente, **options)
    return [generator.person() for _ in range(count)]


def test_a_seed_gives_the_same_people_and_leaves_global_random_alone() -> None:
    random.seed(1)
    state = random.getstate()
    assert _persons(7) == _persons(7) != _persons(8)
    assert random.getstate() == state


def test_documents_are_valid_and_unique() -> None:
    persons = _persons(1, edge=0)
    cpfs, cartoes = [p.cpf for p in persons if p.cpf], [p.cns for p in persons if p.cns]
    assert all(map(CPF().validate, cpfs))
    assert all(map(CNS().validate, cartoes))
    assert (len(set(cpfs)), len(set(cartoes))) == (len(cpfs), len(cartoes))


def test_shares_are_knobs() -> None:
    assert not any(p.cpf or p.cns for p in _persons(1, 200, without_cpf=1, without_cns=1))
    assert all(p.nome_social for p in _persons(1, 200, with_social_name=1, edge=0))
    assert any(not p.nome.isprintable() for p in _persons(1, 200, edge=1))
