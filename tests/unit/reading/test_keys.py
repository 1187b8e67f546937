"""A key is read as the source would write it, or refused: never as another record's."""

from __future__ import annotations

import pytest

from include.fusion.reading.keys import INTEGER, IntegerKey, KeyType, TextKey, strict
from include.fusion.reading.spec import ReadSpec, SystemSpec
from include.fusion.settings.registry import systems
from include.fusion.wiring.systems import system_named

NO_NUMBERS = ("", " ", " 7", "7 ", "7\n", "1_000", "-1", "+1", "٣", "３", "²", "abc", "1e3", "7.0", "0x1F")


@pytest.mark.parametrize("text", [*NO_NUMBERS, "9" * 19, "9" * 200])
def test_a_whole_number_has_plain_digits_and_fits_eight_bytes(text: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        IntegerKey()(text)


def test_the_largest_number_of_each_size_is_a_key_and_the_next_is_not() -> None:
    assert (IntegerKey()(str(2**63 - 1)), INTEGER(str(2**31 - 1)), INTEGER("0007")) == (2**63 - 1, 2**31 - 1, 7)
    with pytest.raises(ValueError, match="not a key"):
        INTEGER(str(2**31))


@pytest.mark.parametrize("text", ["--1", "-", "- 1", "-٣", "1-", "+1"])
def test_a_signed_number_has_one_minus_before_it(text: str) -> None:
    signed = IntegerKey(signed=True)
    assert (signed("-12"), signed("12")) == (-12, 12)
    with pytest.raises(ValueError, match="not a key"):
        signed(text)


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "a\nb", "\x1b[0m", "a\x7f", "a\x85b", "\ud800"])
def test_a_text_has_no_control_characters(text: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        TextKey()(text)


@pytest.mark.parametrize("text", ["1001", "A 7/2", "Ação-3", "1_000", "٣"])
def test_any_other_text_is_a_key_as_it_is(text: str) -> None:
    assert TextKey()(text) == text


def test_a_spec_that_says_int_or_str_reads_strictly() -> None:
    spec = SystemSpec("x", key_type=int, paciente_key_type=str)
    assert (spec.key_type, spec.paciente_key_type, SystemSpec("x").key_type) == (IntegerKey(), TextKey(), TextKey())
    assert ReadSpec((), lambda rows, context: None, int).key_type == IntegerKey()  # type: ignore[arg-type, return-value]
    assert strict(INTEGER) is INTEGER


@pytest.mark.parametrize("system", systems())
def test_no_system_reads_keys_in_a_way_of_its_own(system: str) -> None:
    spec = system_named(system)
    kinds: list[KeyType | None] = [spec.key_type, spec.paciente_key_type, *(other.key_type for other in spec.others.values())]
    assert {type(kind) for kind in kinds if kind is not None} <= {IntegerKey, TextKey}
