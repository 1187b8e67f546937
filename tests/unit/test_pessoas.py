"""Invented people are reproducible, valid and odd where asked."""

from __future__ import annotations

import random

from validate_docbr import CNS, CPF

from sandbox.origens.pessoas import GeradorPessoas, Pessoa


def _pessoas(semente: int, quantas: int = 2000, **opcoes: float) -> list[Pessoa]:
    gerador = GeradorPessoas(semente, **opcoes)
    return [gerador.pessoa() for _ in range(quantas)]


def test_a_seed_gives_the_same_people_and_leaves_global_random_alone() -> None:
    random.seed(1)
    estado = random.getstate()
    assert _pessoas(7) == _pessoas(7) != _pessoas(8)
    assert random.getstate() == estado


def test_documents_are_valid_and_unique() -> None:
    pessoas = _pessoas(1, borda=0)
    cpfs, cartoes = [p.cpf for p in pessoas if p.cpf], [p.cns for p in pessoas if p.cns]
    assert all(map(CPF().validate, cpfs))
    assert all(map(CNS().validate, cartoes))
    assert (len(set(cpfs)), len(set(cartoes))) == (len(cpfs), len(cartoes))


def test_shares_are_knobs() -> None:
    assert not any(p.cpf or p.cns for p in _pessoas(1, 200, sem_cpf=1, sem_cns=1))
    assert all(p.nome_social for p in _pessoas(1, 200, com_nome_social=1, borda=0))
    assert any(not p.nome.isprintable() for p in _pessoas(1, 200, borda=1))
