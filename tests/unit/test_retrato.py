"""When a comparison is worth its price, and how blocks are read together."""

from __future__ import annotations

from typing import Any

import pytest

from include.fusion.change import compare
from include.fusion.change.compare import BLOCO, Comparador
from include.fusion.change.version_scan import juntar
from include.fusion.reading.spec import Retrato
from include.fusion.sistemas.sotech.system import SISTEMA

TABELA = Retrato("t", "s.t")


@pytest.fixture
def relogio(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    agora = {"s": 100.0}
    monkeypatch.setattr(compare.time, "monotonic", lambda: agora["s"])
    return agora


def comparado(durou: float = 0.1) -> Any:
    comparador = Comparador(None, None)  # type: ignore[arg-type]
    comparador._feitas["t"] = (7, 100.0, durou)
    return comparador


def test_a_table_never_compared_is() -> None:
    assert Comparador(None, None).vale(TABELA, None)  # type: ignore[arg-type]


def test_a_still_counter_is_believed_for_ten_seconds(relogio: dict[str, float]) -> None:
    relogio["s"] = 109.9
    assert not comparado().vale(TABELA, 7)
    relogio["s"] = 110.0
    assert comparado().vale(TABELA, 7)


def test_a_moved_counter_is_a_reason_at_once(relogio: dict[str, float]) -> None:
    relogio["s"] = 100.5
    assert comparado().vale(TABELA, 8)


def test_a_slow_table_rests_even_where_its_counter_moves_all_the_time(relogio: dict[str, float]) -> None:
    relogio["s"] = 107.9
    assert not comparado(durou=2).vale(TABELA, 8)
    relogio["s"] = 108.0
    assert comparado(durou=2).vale(TABELA, 8)


def test_comparing_by_time_alone_takes_a_twentieth_of_it(relogio: dict[str, float]) -> None:
    relogio["s"] = 137.9
    assert not comparado(durou=2).vale(TABELA, 7)


def test_blocks_are_read_together_where_one_range_holds_them() -> None:
    assert list(juntar([1, 2, 3, 9, 10, 500], 3)) == [[1, 2, 3], [9, 10], [500]]
    assert list(juntar([], 3)) == []


def test_no_sum_of_a_block_overflows() -> None:
    maior = (2**31 * 2 + 2) * 1_000_003
    assert maior < 2**54 and maior * BLOCO < 2**63


def test_the_records_come_last() -> None:
    assert [r.principal for r in sorted(SISTEMA.retratos, key=lambda r: r.principal)].index(True) == len(SISTEMA.retratos) - 1
