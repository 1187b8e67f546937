"""Processes of one MV whose records arrive in Fusion under an IntegracaoID of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.postgres import Postgres
from tests.harness import Harness

ALTA = 77
JOURNAL = "insert into fusion_integracao.importacaoatendimento (cd_atendimento, tp_operacao, sn_abertura, sn_alta, sn_troca_leito)"
HOJE = "date_trunc('day', clock_timestamp() at time zone 'America/Bahia')"


@pytest.fixture
def harness(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path, "mv", 10)
    mv = b.runtime.integracao
    alta = mv.processamento_pendencia_alta.model_copy(update={"integracao_id": ALTA})  # type: ignore[attr-defined]
    b.runtime.integracao = mv.model_copy(update={"processamento_pendencia_alta": alta})
    b.runtime.carga().mark_start()
    yield b
    b.close()


def living(b: Harness, key: int) -> dict[int, bool]:
    """IntegracaoID → whether Fusion has the attendance alive under it."""
    return dict(b.fusion("select integracao_id, not cancelado from registro where entidade = 'atendimento' and codigo = %s", str(key)))


def test_discharge_arrives_under_its_own_number_and_a_deletion_reaches_both(harness: Harness) -> None:
    (key,) = harness.origem("select cd_atendimento from dbamv.atendime where dt_alta is null limit 1")[0]
    harness.origem("update dbamv.atendime set cd_convenio = coalesce(cd_convenio, 0) %% 3 + 1 where cd_atendimento = %s", key)
    harness.origem(f"update dbamv.atendime set dt_alta = {HOJE}, hr_alta = {HOJE} where cd_atendimento = %s", key)
    harness.load()
    harness.deliver()
    assert living(harness, key) == {4: True, ALTA: True}
    harness.origem(f"{JOURNAL} values (%s, 'D', 'S', 'N', 'N')", key)
    harness.load()
    harness.deliver()
    assert living(harness, key) == {4: False, ALTA: False}
