"""Acknowledgements: what each code means for the record, and what of it reaches a reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.fusion.errors import FusionError, FusionUnavailable, reason_of
from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer, Hl7Refused, Hl7Rejected, read_ack

MSH = "MSH|^~\\&|FUSION|F|TRAK|H|20240301103000-0300||ACK|F1|P|2.4\r"


def ack(msa: str, error: str = "") -> bytes:
    return f"{MSH}MSA|{msa}\r{error}".encode()


@pytest.mark.parametrize("codigo", ["AA", "CA"])
def test_an_accepted_message_is_done(codigo: str) -> None:
    read_item = read_ack(ack(f"{codigo}|C1"), "C1")
    assert read_item == Ack(codigo, "C1") and read_item.accepted
    read_item.check()


@pytest.mark.parametrize("codigo", ["AE", "CE"])
def test_an_application_error_is_this_records_for_good(codigo: str) -> None:
    with pytest.raises(Hl7Refused) as error:
        read_ack(ack(f"{codigo}|C1|MARIA SOUZA não tem PID-5", "ERR|PID^1^5^101&MARIA SOUZA\r"), "C1").check()
    assert reason_of(error.value) == f"Fusion recusou a mensagem HL7: {codigo} 101 (campo obrigatório ausente) em PID-5"
    assert isinstance(error.value, FusionError)


@pytest.mark.parametrize("codigo", ["AR", "CR"])
@pytest.mark.parametrize(("condition", "configuration"), [("206", False), ("207", False), ("200", True), ("203", True), ("", True)])
def test_a_rejection_is_tried_again_and_says_whether_somebody_must_configure(codigo: str, condition: str, configuration: bool) -> None:
    with pytest.raises(Hl7Rejected, match=codigo) as error:
        read_ack(ack(f"{codigo}|C1", f"ERR|^^^{condition}\r"), "C1").check()
    assert error.value.configuration is configuration and isinstance(error.value, FusionUnavailable)
    assert ("confira" in str(error.value)) is configuration


def test_the_error_segment_of_2_5_1_is_read() -> None:
    read_item = read_ack(ack("AE|C1", "ERR||PID^1^3^1^2|103^Table value not found^HL70357|E||||Maria não existe\r"), "C1")
    assert (read_item.condition, read_item.local, read_item.motivo) == (103, "PID-3", "AE 103 (valor fora da tabela) em PID-3")


def test_a_condition_may_stand_in_msa_6() -> None:
    assert read_ack(ack("AE|C1||||102"), "C1").condition == 102


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40))
def test_no_text_of_the_receivers_reaches_the_reason(texto: str) -> None:
    read_item = read_ack(ack(f"AE|C1|{texto}", "ERR|PID^1^5^101\r"), "C1")
    assert read_item.motivo == "AE 101 (campo obrigatório ausente) em PID-5"


@pytest.mark.parametrize("local", ["MARIA^1^5^101", "PID^1^SOUZA^101", "pid^1^5^101"])
def test_a_place_that_is_none_is_left_out(local: str) -> None:
    assert {"MARIA", "SOUZA", "pid"}.isdisjoint((read_ack(ack("AE|C1", f"ERR|{local}\r"), "C1").local or "").split("-"))


@pytest.mark.parametrize("raw", [b"", b"OK", b"HTTP/1.1 200 OK", MSH.encode(), ack("XX|C1"), ack("AA|C2"), ack("AA|"), ack("AE|C2")])
def test_what_is_no_answer_to_this_message_leaves_its_fate_unknown(raw: bytes) -> None:
    with pytest.raises(Hl7NoAnswer):
        read_ack(raw, "C1")


def test_an_error_without_control_id_is_still_ours() -> None:
    assert read_ack(ack("AR|", "ERR|^^^100\r"), "C1").condition == 100


@pytest.mark.parametrize("fim", ["\n", "\r\n"])
def test_line_feeds_in_an_answer_are_forgiven(fim: str) -> None:
    assert read_ack(ack("AA|C1").replace(b"\r", fim.encode()), "C1").accepted
