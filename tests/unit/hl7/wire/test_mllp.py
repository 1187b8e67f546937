"""MLLP frames as they come off a socket."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.hl7.wire.mllp import Deframer, frame
from include.fusion.hl7.wire.transport import control_id_of
from tests.unit.hl7.samples import all_of_them, settings

MESSAGES = st.lists(st.binary(min_size=1, max_size=30).filter(lambda b: not set(b) & {0x0B, 0x1C}), max_size=6)


@given(MESSAGES, st.lists(st.integers(1, 7), min_size=1), st.binary(max_size=5).filter(lambda b: 0x0B not in b))
def test_frames_come_out_whole_however_they_are_cut_and_whatever_lies_between(
    mensagens: list[bytes], cuts: list[int], garbage: bytes
) -> None:
    fluxo = b"".join(garbage + frame(m) for m in mensagens) + garbage
    saidas: list[bytes] = []
    frames, position = Deframer(), 0
    while position < len(fluxo):
        step = cuts[position % len(cuts)]
        saidas += frames.receive(fluxo[position : position + step])
        position += step
    assert saidas == mensagens


def test_a_frame_whose_end_was_lost_does_not_swallow_the_next() -> None:
    assert list(Deframer().receive(b"\x0bperdida" + frame(b"boa"))) == [b"boa"]


def test_a_frame_that_never_ends_is_given_up() -> None:
    with pytest.raises(OverflowError):
        list(Deframer(maximum=100).receive(b"\x0b" + b"x" * 200))


def test_the_control_id_is_read_from_the_bytes() -> None:
    m = all_of_them(settings())["T02"]
    assert control_id_of(m.body) == m.controle
