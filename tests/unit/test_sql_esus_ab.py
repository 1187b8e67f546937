"""What only the PEC's SQL must say."""

from __future__ import annotations

import pytest

from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.esus_ab.system import SISTEMA

ARQUIVOS = sorted((sql_folder("esus_ab")).glob("*.sql"))
DETALHES = sorted({arquivo for d in SISTEMA.detalhes for arquivo, _ in d.files})


@pytest.mark.parametrize("arquivo", [d for d in DETALHES if not d.startswith(("read_atendimento", "read_responsavel"))])
def test_cancelled_work_is_left_out_without_losing_the_nulls(arquivo):
    assert "f.st_cancelado IS DISTINCT FROM 1" in (sql_folder("esus_ab") / arquivo).read_text(encoding="utf-8")


def test_no_join_uses_a_key_that_lotacao_does_not_have():
    assert not [a.name for a in ARQUIVOS if "co_seq_lotacao" in a.read_text(encoding="utf-8")]
