"""MLLP frames as they come off a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.hl7.wire.mllp import Desmoldurador, emoldurar
from include.fusion.hl7.wire.transport import controle_da
from tests.unit.hl7_apoio import ajustes, todas

MENSAGENS = st.lists(st.binary(min_size=1, max_size=30).filter(lambda b: not set(b) & {0x0B, 0x1C}), max_size=6)


@given(MENSAGENS, st.lists(st.integers(1, 7), min_size=1), st.binary(max_size=5).filter(lambda b: 0x0B not in b))
def test_frames_come_out_whole_however_they_are_cut_and_whatever_lies_between(
    mensagens: list[bytes], cortes: list[int], lixo: bytes
) -> None:
    fluxo = b"".join(lixo + emoldurar(m) for m in mensagens) + lixo
    quadros, saidas, posicao = Desmoldurador(), [], 0
    while posicao < len(fluxo):
        passo = cortes[posicao % len(cortes)]
        saidas += quadros.receber(fluxo[posicao : posicao + passo])
        posicao += passo
    assert saidas == mensagens


def test_a_frame_whose_end_was_lost_does_not_swallow_the_next() -> None:
    assert list(Desmoldurador().receber(b"\x0bperdida" + emoldurar(b"boa"))) == [b"boa"]


def test_a_frame_that_never_ends_is_given_up() -> None:
    with pytest.raises(OverflowError):
        list(Desmoldurador(maximo=100).receber(b"\x0b" + b"x" * 200))


def test_the_control_id_is_read_from_the_bytes() -> None:
    m = todas(ajustes())["T02"]
    assert controle_da(m.corpo) == m.controle
