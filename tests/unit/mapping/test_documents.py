"""CPF, CNS and ICD-10 as sources keep them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.mapping import documents

ESTRITO: Any = SimpleNamespace(omit_invalid_document=False)
TOLERANTE: Any = SimpleNamespace(omit_invalid_document=True)


@pytest.mark.parametrize(
    ("valor", "expected"), [("E119", "E11.9"), ("i10", "I10"), ("E11.9", "E11.9"), ("I10 -", "I10"), ("G01*", "G01"), ("", None)]
)
def test_icd_gets_its_dot(valor: str, expected: str | None) -> None:
    assert documents.cid(valor) == expected


def test_a_wrong_icd_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="cid10: CID-10 inválido"):
        documents.cid("DOR")


def test_documents_keep_digits_and_numeric_ones_regain_zeros() -> None:
    assert documents.cpf("529.982.247-25", ESTRITO) == "52998224725"
    assert documents.cpf(191, ESTRITO) == "00000000191"
    assert documents.cpf(" ", ESTRITO) is None


def test_a_bad_document_is_kept_for_refusal_or_dropped_as_set() -> None:
    assert documents.cpf("11111111111", ESTRITO) == "11111111111"
    assert documents.cpf("não tem", ESTRITO) == "?"
    assert documents.cpf("11111111111", TOLERANTE) is None
    assert documents.cns("123", TOLERANTE) is None
