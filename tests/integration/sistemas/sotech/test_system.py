"""Sotech from its own tables to Fusion, on real databases: versions, soft deletes, nothing that says when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from sandbox.origens import sotech as origin
from sandbox.postgres import Postgres
from tests.harness import Harness


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Harness]:
    b = Harness(postgres, tmp_path_factory.mktemp("sotech"), "sotech", 120)
    b.load()
    b.deliver()
    yield b
    b.close()


@pytest.fixture
def harness(module: Harness) -> Iterator[Harness]:
    """Each test begins with everything delivered, and leaves Fusion as the source is."""
    yield module
    module.load()
    module.deliver()
    assert module.duplicates() == []
    assert module.divergent() == []


def one_live(b: Harness) -> tuple[int, int]:
    return b.origem("select pkatendimento, fkpaciente from sotech.ate_atendimento where ativo order by random() limit 1")[0]


def edit(b: Harness, kind: str, key: int, paciente: int) -> Any:
    con = psycopg2.connect(b.dsn["origem"])
    with con:
        change = origin.edit(con, random.Random(f"{kind}-{key}"), kind, key, paciente)
    con.close()
    return change


def pending_ones(b: Harness) -> dict[str, str]:
    return dict(b.fila("select chave, operacao from PendenciaIntegracao where processo = 'integracao' and situacao = 'pendente'"))


def in_fusion(b: Harness, key: int | str, field: str) -> Any:
    return b.fusion(f"select corpo -> '{field}' from registro where entidade = 'atendimento' and codigo = %s", str(key))[0][0]


def cancelled(b: Harness, key: int | str) -> bool:
    return bool(b.fusion("select cancelado from registro where entidade = 'atendimento' and codigo = %s", str(key))[0][0])


def test_the_first_look_queues_every_attendance_once(postgres: Postgres, tmp_path: Any) -> None:
    b = Harness(postgres, tmp_path, "sotech", 40)
    try:
        assert b.load() == 40
        assert len(pending_ones(b)) == 40
        assert b.fila("select count(distinct origem) from retrato") == [(12,)]
    finally:
        b.close()


@pytest.mark.parametrize("tipo", [t for t in origin.KINDS if t not in ("paciente", "contato")])
def test_every_kind_of_edit_reaches_its_attendance(harness: Harness, tipo: str) -> None:
    key, paciente = one_live(harness)
    edit(harness, tipo, key, paciente)
    assert harness.runtime.watcher().has_work({})
    harness.load()
    assert pending_ones(harness) == {str(key): "alteracao"}
    assert harness.deliver().enviados == 1


@pytest.mark.parametrize("tipo", ["paciente", "contato"])
def test_an_edit_of_the_patient_reaches_all_their_attendances(harness: Harness, tipo: str) -> None:
    change = edit(harness, tipo, *one_live(harness))
    harness.load()
    assert set(pending_ones(harness)) == set(change.affected)
    assert harness.deliver().enviados == len(change.affected)


def test_the_content_arrives(harness: Harness) -> None:
    key, _ = one_live(harness)
    harness.origem("update sotech.ate_atendimento set queixaprincipal = 'dor no ombro' where pkatendimento = %s", key)
    harness.origem("insert into pep.ate_evolucao (fkatendimento, datahora, evolucao) values (%s, '2026-02-01 10:00', 'nova nota')", key)
    harness.load()
    harness.deliver()
    assert in_fusion(harness, key, "queixaPrincipal") == "dor no ombro"
    assert in_fusion(harness, key, "evolucoes")[-1]["texto"] == "nova nota"


def test_an_inactive_attendance_is_cancelled_and_an_active_one_comes_back(harness: Harness) -> None:
    key, _ = one_live(harness)
    harness.origem("update sotech.ate_atendimento set ativo = false where pkatendimento = %s", key)
    harness.load()
    assert pending_ones(harness) == {str(key): "exclusao"}
    harness.deliver()
    assert cancelled(harness, key)
    harness.origem("update sotech.ate_atendimento set ativo = true where pkatendimento = %s", key)
    harness.load()
    harness.deliver()
    assert not cancelled(harness, key)


def test_a_bed_movement_without_a_state_is_one(harness: Harness) -> None:
    ((key,),) = harness.origem("select fkatendimento from sotech.ate_movimentacao_leito where ativo and estado <> 'C' limit 1")
    before = len(in_fusion(harness, key, "movimentacoesLeito"))
    harness.origem("alter table sotech.ate_movimentacao_leito alter estado drop not null")
    harness.origem("update sotech.ate_movimentacao_leito set estado = null where fkatendimento = %s and estado <> 'C'", key)
    harness.load()
    harness.deliver()
    assert len(in_fusion(harness, key, "movimentacoesLeito")) == before > 0


def test_an_edit_right_after_the_cancellation_does_not_revive(harness: Harness) -> None:
    key, paciente = one_live(harness)
    harness.origem("update sotech.ate_atendimento set ativo = false where pkatendimento = %s", key)
    harness.load()
    edit(harness, "sinais", key, paciente)
    harness.load()
    harness.deliver()
    assert cancelled(harness, key)


def test_an_attendance_whose_row_is_gone_is_cancelled(harness: Harness) -> None:
    key, _ = one_live(harness)
    con = psycopg2.connect(harness.dsn["origem"])
    with con:
        origin.remove(con, str(key))
    con.close()
    harness.load()
    assert pending_ones(harness)[str(key)] == "exclusao"
    harness.deliver()
    assert cancelled(harness, key)


@pytest.mark.parametrize("how", ["update pep.ate_evolucao set ativo = false", "delete from pep.ate_evolucao"])
def test_a_note_that_is_gone_leaves_its_attendance_without_it(harness: Harness, how: str) -> None:
    key, paciente = one_live(harness)
    edit(harness, "evolucao", key, paciente)
    harness.load()
    harness.deliver()
    before = len(in_fusion(harness, key, "evolucoes"))
    harness.origem(f"{how} where pkevolucao = (select max(pkevolucao) from pep.ate_evolucao)")
    harness.load()
    assert pending_ones(harness) == {str(key): "alteracao"}
    harness.deliver()
    assert len(in_fusion(harness, key, "evolucoes") or []) == before - 1


def test_a_detail_that_moves_to_another_attendance_reaches_both(harness: Harness) -> None:
    (start, paciente), (para, _) = one_live(harness), one_live(harness)
    edit(harness, "sinais", start, paciente)
    harness.load()
    harness.deliver()
    harness.origem(
        "update pep.ate_sinalvital set fkatendimento = %s where pksinalvital = (select max(pksinalvital) from pep.ate_sinalvital)", para
    )
    harness.load()
    assert set(pending_ones(harness)) == {str(start), str(para)}


def test_a_removed_contact_reaches_the_patients_attendances(harness: Harness) -> None:
    key, paciente = one_live(harness)
    edit(harness, "contato", key, paciente)
    harness.load()
    harness.deliver()
    harness.origem("delete from sotech.cdg_contato where fkpaciente = %s", paciente)
    harness.load()
    expected_ones = harness.origem("select pkatendimento::text from sotech.ate_atendimento where fkpaciente = %s and ativo", paciente)
    assert set(pending_ones(harness)) == {c for (c,) in expected_ones}


def test_a_stale_version_is_refused_by_the_source_itself(harness: Harness) -> None:
    key, _ = one_live(harness)
    with pytest.raises(psycopg2.errors.SerializationFailure):
        harness.origem("update sotech.ate_atendimento set version = version - 1 where pkatendimento = %s", key)


def test_what_a_form_asks_for_and_the_source_lost_says_so(harness: Harness) -> None:
    from include.fusion.store.filas import FilaItem

    with harness.runtime.fusion.begin() as con:
        harness.runtime.fila().enqueue(con, [FilaItem("999999")])
    harness.deliver()
    ((status, reason),) = harness.fila("select situacao, motivo from PendenciaIntegracao where chave = '999999'")
    assert status == "erro" and "sumiu da origem" in reason


def test_the_same_seed_gives_the_same_hospital(postgres: Postgres, tmp_path: Any) -> None:
    def fingerprint(dsn: str) -> Any:
        origin.create(dsn)
        origin.generate(dsn, 60, 3)
        with psycopg2.connect(dsn) as con, con.cursor() as cur:
            cur.execute("select md5(string_agg(concat_ws('|', pkatendimento, fkpaciente, dataentrada, queixaprincipal), ';' order by 1))"
                        " from sotech.ate_atendimento")  # fmt: skip
            return cur.fetchone()

    assert fingerprint(postgres.create_database("t_sotech_a")) == fingerprint(postgres.create_database("t_sotech_b"))
