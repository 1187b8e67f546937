"""Sotech from its own tables to Fusion, on real databases: versions, soft deletes, nothing that says when."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from sandbox.origens import sotech as origem
from sandbox.postgres import Postgres
from tests.bancada import Bancada


@pytest.fixture(scope="module")
def modulo(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path_factory.mktemp("sotech"), "sotech", 120)
    b.carregar()
    b.entregar()
    yield b
    b.fechar()


@pytest.fixture
def bancada(modulo: Bancada) -> Iterator[Bancada]:
    """Each test begins with everything delivered, and leaves Fusion as the source is."""
    yield modulo
    modulo.carregar()
    modulo.entregar()
    assert modulo.duplicados() == []
    assert modulo.divergentes() == []


def um_vivo(b: Bancada) -> tuple[int, int]:
    return b.origem("select pkatendimento, fkpaciente from sotech.ate_atendimento where ativo order by random() limit 1")[0]


def editar(b: Bancada, tipo: str, chave: int, paciente: int) -> Any:
    con = psycopg2.connect(b.dsn["origem"])
    with con:
        mudanca = origem.editar(con, random.Random(f"{tipo}-{chave}"), tipo, chave, paciente)
    con.close()
    return mudanca


def pendentes(b: Bancada) -> dict[str, str]:
    return dict(b.fila("select chave, operacao from PendenciaIntegracao where processo = 'integracao' and situacao = 'pendente'"))


def em_fusion(b: Bancada, chave: int | str, campo: str) -> Any:
    return b.fusion(f"select corpo -> '{campo}' from registro where entidade = 'atendimento' and codigo = %s", str(chave))[0][0]


def cancelado(b: Bancada, chave: int | str) -> bool:
    return bool(b.fusion("select cancelado from registro where entidade = 'atendimento' and codigo = %s", str(chave))[0][0])


def test_the_first_look_queues_every_attendance_once(postgres: Postgres, tmp_path: Any) -> None:
    b = Bancada(postgres, tmp_path, "sotech", 40)
    try:
        assert b.carregar() == 40
        assert len(pendentes(b)) == 40
        assert b.fila("select count(distinct origem) from retrato") == [(12,)]
    finally:
        b.fechar()


def test_looking_again_finds_nothing(bancada: Bancada) -> None:
    assert bancada.carregar() == 0
    assert not bancada.montagem.vigia().ha_trabalho({})


@pytest.mark.parametrize("tipo", [t for t in origem.TIPOS if t not in ("paciente", "contato")])
def test_every_kind_of_edit_reaches_its_attendance(bancada: Bancada, tipo: str) -> None:
    chave, paciente = um_vivo(bancada)
    editar(bancada, tipo, chave, paciente)
    assert bancada.montagem.vigia().ha_trabalho({})
    bancada.carregar()
    assert pendentes(bancada) == {str(chave): "alteracao"}
    assert bancada.entregar().enviados == 1


@pytest.mark.parametrize("tipo", ["paciente", "contato"])
def test_an_edit_of_the_patient_reaches_all_their_attendances(bancada: Bancada, tipo: str) -> None:
    mudanca = editar(bancada, tipo, *um_vivo(bancada))
    bancada.carregar()
    assert set(pendentes(bancada)) == set(mudanca.afetadas)
    assert bancada.entregar().enviados == len(mudanca.afetadas)


def test_the_content_arrives(bancada: Bancada) -> None:
    chave, _ = um_vivo(bancada)
    bancada.origem("update sotech.ate_atendimento set queixaprincipal = 'dor no ombro' where pkatendimento = %s", chave)
    bancada.origem("insert into pep.ate_evolucao (fkatendimento, datahora, evolucao) values (%s, '2026-02-01 10:00', 'nova nota')", chave)
    bancada.carregar()
    bancada.entregar()
    assert em_fusion(bancada, chave, "queixaPrincipal") == "dor no ombro"
    assert em_fusion(bancada, chave, "evolucoes")[-1]["texto"] == "nova nota"


def test_an_inactive_attendance_is_cancelled_and_an_active_one_comes_back(bancada: Bancada) -> None:
    chave, _ = um_vivo(bancada)
    bancada.origem("update sotech.ate_atendimento set ativo = false where pkatendimento = %s", chave)
    bancada.carregar()
    assert pendentes(bancada) == {str(chave): "exclusao"}
    bancada.entregar()
    assert cancelado(bancada, chave)
    bancada.origem("update sotech.ate_atendimento set ativo = true where pkatendimento = %s", chave)
    bancada.carregar()
    bancada.entregar()
    assert not cancelado(bancada, chave)


def test_a_bed_movement_without_a_state_is_one(bancada: Bancada) -> None:
    ((chave,),) = bancada.origem("select fkatendimento from sotech.ate_movimentacao_leito where ativo and estado <> 'C' limit 1")
    antes = len(em_fusion(bancada, chave, "movimentacoesLeito"))
    bancada.origem("alter table sotech.ate_movimentacao_leito alter estado drop not null")
    bancada.origem("update sotech.ate_movimentacao_leito set estado = null where fkatendimento = %s and estado <> 'C'", chave)
    bancada.carregar()
    bancada.entregar()
    assert len(em_fusion(bancada, chave, "movimentacoesLeito")) == antes > 0


def test_an_edit_right_after_the_cancellation_does_not_revive(bancada: Bancada) -> None:
    chave, paciente = um_vivo(bancada)
    bancada.origem("update sotech.ate_atendimento set ativo = false where pkatendimento = %s", chave)
    bancada.carregar()
    editar(bancada, "sinais", chave, paciente)
    bancada.carregar()
    bancada.entregar()
    assert cancelado(bancada, chave)


def test_an_attendance_whose_row_is_gone_is_cancelled(bancada: Bancada) -> None:
    chave, _ = um_vivo(bancada)
    con = psycopg2.connect(bancada.dsn["origem"])
    with con:
        origem.remover(con, str(chave))
    con.close()
    bancada.carregar()
    assert pendentes(bancada)[str(chave)] == "exclusao"
    bancada.entregar()
    assert cancelado(bancada, chave)


@pytest.mark.parametrize("como", ["update pep.ate_evolucao set ativo = false", "delete from pep.ate_evolucao"])
def test_a_note_that_is_gone_leaves_its_attendance_without_it(bancada: Bancada, como: str) -> None:
    chave, paciente = um_vivo(bancada)
    editar(bancada, "evolucao", chave, paciente)
    bancada.carregar()
    bancada.entregar()
    antes = len(em_fusion(bancada, chave, "evolucoes"))
    bancada.origem(f"{como} where pkevolucao = (select max(pkevolucao) from pep.ate_evolucao)")
    bancada.carregar()
    assert pendentes(bancada) == {str(chave): "alteracao"}
    bancada.entregar()
    assert len(em_fusion(bancada, chave, "evolucoes") or []) == antes - 1


def test_a_detail_that_moves_to_another_attendance_reaches_both(bancada: Bancada) -> None:
    (de, paciente), (para, _) = um_vivo(bancada), um_vivo(bancada)
    editar(bancada, "sinais", de, paciente)
    bancada.carregar()
    bancada.entregar()
    bancada.origem(
        "update pep.ate_sinalvital set fkatendimento = %s where pksinalvital = (select max(pksinalvital) from pep.ate_sinalvital)", para
    )
    bancada.carregar()
    assert set(pendentes(bancada)) == {str(de), str(para)}


def test_a_removed_contact_reaches_the_patients_attendances(bancada: Bancada) -> None:
    chave, paciente = um_vivo(bancada)
    editar(bancada, "contato", chave, paciente)
    bancada.carregar()
    bancada.entregar()
    bancada.origem("delete from sotech.cdg_contato where fkpaciente = %s", paciente)
    bancada.carregar()
    esperadas = bancada.origem("select pkatendimento::text from sotech.ate_atendimento where fkpaciente = %s and ativo", paciente)
    assert set(pendentes(bancada)) == {c for (c,) in esperadas}


def test_a_stale_version_is_refused_by_the_source_itself(bancada: Bancada) -> None:
    chave, _ = um_vivo(bancada)
    with pytest.raises(psycopg2.errors.SerializationFailure):
        bancada.origem("update sotech.ate_atendimento set version = version - 1 where pkatendimento = %s", chave)


@pytest.mark.parametrize("tipo", [*origem.INVALIDOS, *origem.ESTRANHOS])
def test_a_bad_record_ends_with_its_reason_and_an_odd_one_arrives(bancada: Bancada, tipo: str) -> None:
    (mudanca,) = bancada.mudar(invalido=tipo)
    bancada.carregar()
    bancada.entregar(minimo_para_parcela=1000)
    ((situacao, motivo),) = bancada.fila("select situacao, motivo from PendenciaIntegracao where chave = %s", mudanca.chave)
    assert (situacao, bool(motivo)) == (("erro", True) if mudanca.recusada else ("concluido", False))


def test_a_batch_of_changes_ends_with_fusion_as_the_source(bancada: Bancada) -> None:
    bancada.mudar(60)
    bancada.carregar()
    assert bancada.entregar(minimo_para_parcela=1000).enviados > 20
    assert bancada.divergentes() == []


def test_a_form_finds_an_attendance_a_patient_and_a_period(bancada: Bancada) -> None:
    chave, paciente = um_vivo(bancada)
    consultas = bancada.montagem.consultas
    vazio = dict.fromkeys(("atendimento", "paciente", "inicio", "fim", "chave"))

    def achadas(**filtros: Any) -> set[tuple[int, int]]:
        with consultas.engine.connect() as con:
            linhas = consultas.linhas(con, "keys.sql", **{**vazio, "limite": 999, **filtros})
        return {(x["chave"], x["chave_paciente"]) for x in linhas}

    assert achadas(atendimento=chave) == {(chave, paciente)}
    assert {p for _, p in achadas(paciente=paciente)} == {paciente}
    ((inicio,),) = bancada.origem("select dataentrada from sotech.ate_atendimento where pkatendimento = %s", chave)
    assert (chave, paciente) in achadas(inicio=inicio, fim=inicio + timedelta(seconds=1))
    assert achadas(inicio=inicio, fim=inicio) == set()


def test_what_a_form_asks_for_and_the_source_lost_says_so(bancada: Bancada) -> None:
    from include.fusion.store.filas import ItemFila

    with bancada.montagem.fusion.begin() as con:
        bancada.montagem.fila().enfileirar(con, [ItemFila("999999")])
    bancada.entregar()
    ((situacao, motivo),) = bancada.fila("select situacao, motivo from PendenciaIntegracao where chave = '999999'")
    assert situacao == "erro" and "sumiu da origem" in motivo


def test_the_same_seed_gives_the_same_hospital(postgres: Postgres, tmp_path: Any) -> None:
    def impressao(dsn: str) -> Any:
        origem.criar(dsn)
        origem.gerar(dsn, 60, 3)
        with psycopg2.connect(dsn) as con, con.cursor() as cur:
            cur.execute("select md5(string_agg(concat_ws('|', pkatendimento, fkpaciente, dataentrada, queixaprincipal), ';' order by 1))"
                        " from sotech.ate_atendimento")  # fmt: skip
            return cur.fetchone()

    assert impressao(postgres.criar_banco("t_sotech_a")) == impressao(postgres.criar_banco("t_sotech_b"))
