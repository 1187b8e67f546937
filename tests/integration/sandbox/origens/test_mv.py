"""The sandbox MV on a real PostgreSQL: what its triggers write down, and that its hospital stays one that makes sense."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from sandbox.origens import mv as origin
from sandbox.origens.mv import simulador
from sandbox.origens.mv.clinica import document
from sandbox.origens.mv.gerador import Generator
from sandbox.origens.mv.hospital import Hospital
from sandbox.postgres import Postgres
from tests.databases import drop, source_database

NOW = "timestamp '2026-03-01 10:20:30'"
NOTHING = ("N", "N", "N")


@pytest.fixture
def dsn(postgres: Postgres) -> Iterator[str]:
    name = source_database(postgres, "mv", 150, 3)
    yield postgres.dsn(name)
    drop(postgres, name)


@pytest.fixture
def con(dsn: str) -> Iterator[Any]:
    connection = psycopg2.connect(dsn)
    yield connection
    connection.close()


def _sql(con: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with con.cursor() as cur:
        cur.execute(sql, values or None)
        return cur.fetchall() if cur.description else []


def _journal(con: Any) -> list[tuple[Any, ...]]:
    """Rows that are new since the last look, without key and time, taken away as the hub does."""
    return _sql(con, "with x as (delete from fusion_integracao.importacaoatendimento returning *)"
                     " select cd_atendimento, cd_paciente, tp_operacao, sn_abertura, sn_alta, sn_troca_leito from x order by id")  # fmt: skip


def _agenda(con: Any) -> list[tuple[Any, ...]]:
    return _sql(con, "with x as (delete from fusion_integracao.atualizacaoagendacirurgia returning *)"
                     " select cd_age_cir, cd_aviso_cirurgia, tp_operacao from x order by id")  # fmt: skip


def _opened(con: Any) -> tuple[int, int]:
    return _sql(
        con, "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is null and cd_leito is not null order by 1 limit 1"
    )[0]


def test_history_is_not_news(con: Any) -> None:
    assert _journal(con) == _agenda(con) == []
    assert len(list(origin.keys(con))) == 150


def test_an_insert_is_an_opening(con: Any) -> None:
    _, paciente = _opened(con)
    _sql(
        con,
        f"insert into dbamv.atendime (cd_atendimento, cd_paciente, dt_atendimento, tp_atendimento) values (900, %s, {NOW}, 'U')",
        paciente,
    )
    _sql(con, f"insert into dbamv.atendime (cd_atendimento, cd_paciente, dt_atendimento, tp_atendimento, dt_alta) values (901, %s, {NOW}, 'A', {NOW})",
         paciente)  # fmt: skip
    assert _journal(con) == [(900, paciente, "I", "S", "N", "N"), (901, paciente, "I", "S", "S", "N")]


@pytest.mark.parametrize(
    ("change", "watermarks"),
    [
        (f"dt_alta = {NOW}", ("N", "S", "N")), (f"hr_alta = {NOW}", ("N", "S", "N")), (f"dt_alta_medica = {NOW}", ("N", "S", "N")),
        (f"hr_alta_medica = {NOW}", ("N", "S", "N")), ("cd_mot_alt = 2", ("N", "S", "N")), ("cd_leito = null", ("N", "N", "S")),
        ("cd_prestador = mod(coalesce(cd_prestador, 0), 100) + 1", ("S", "N", "N")), ("hr_atendimento = null", ("S", "N", "N")),
        (f"dt_alta = {NOW}, cd_leito = null, sn_obito = 'S'", ("S", "S", "S")),
    ],
)  # fmt: skip
def test_an_update_says_what_it_changed(con: Any, change: str, watermarks: tuple[str, ...]) -> None:
    key, paciente = _opened(con)
    _sql(con, "update dbamv.atendime set hr_atendimento = dt_atendimento where cd_atendimento = %s", key)
    _journal(con)
    _sql(con, f"update dbamv.atendime set {change} where cd_atendimento = %s", key)
    assert _journal(con) == [(key, paciente, "U", *watermarks)]


@pytest.mark.parametrize(
    "change", ["nm_usuario = 'OUTRO', dt_prevista_alta = now()", "cd_leito = cd_leito", "dt_alta = null, hr_alta = null"]
)
def test_an_update_that_changes_nothing_we_map_is_no_news(con: Any, change: str) -> None:
    _sql(con, f"update dbamv.atendime set {change} where dt_alta is null")
    assert _journal(con) == []


def test_a_cancelled_discharge_is_a_discharge_too(con: Any) -> None:
    ((key, paciente),) = _sql(con, "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is not null order by 1 limit 1")
    _sql(con, "update dbamv.atendime set dt_alta = null, hr_alta = null, cd_mot_alt = null where cd_atendimento = %s", key)
    assert _journal(con) == [(key, paciente, "U", "N", "S", "N")]


def test_a_delete_names_the_attendance_and_its_patient(con: Any) -> None:
    exclusao = simulador._exclusao(Hospital(con, random.Random(1)))
    assert exclusao is not None
    assert _journal(con)[-1] == (int(exclusao.chave), int(exclusao.chave_paciente), "D", *NOTHING)
    assert {e.chave: e.operacao for e in origin.keys(con)}[exclusao.chave] == "exclusao"


def test_one_statement_on_many_rows_writes_one_row_each(con: Any) -> None:
    _sql(con, "update dbamv.atendime set cd_convenio = mod(cd_convenio, 4) + 1 where cd_atendimento <= 20")
    assert [row[0] for row in _journal(con)] == list(range(1, 21))


def test_what_the_hospital_takes_back_is_no_news(con: Any) -> None:
    con.commit()
    _sql(con, "update dbamv.atendime set cd_mot_alt = 4, cd_leito = null")
    con.rollback()
    assert _journal(con) == []


@pytest.mark.parametrize("damage", [
    "drop table fusion_integracao.importacaoatendimento, fusion_integracao.atualizacaoagendacirurgia",
    "alter table fusion_integracao.importacaoatendimento drop column sn_alta; alter table fusion_integracao.atualizacaoagendacirurgia drop column cd_aviso_cirurgia",
])  # fmt: skip
def test_a_broken_journal_does_not_fail_the_hospital(con: Any, damage: str) -> None:
    _sql(con, damage)
    con.commit()
    rng = random.Random(9)
    for _ in range(30):
        origin.change(con, rng)
        origin.change_agenda(con, rng)
        con.commit()
    assert _sql(con, "select count(*) > 0 from dbamv.atendime where cd_atendimento > 150 and cd_prestador is not null") == [(True,)]


def test_the_hub_deleting_rows_does_not_make_the_hospital_wait(con: Any, dsn: str) -> None:
    key, _ = _opened(con)
    _sql(con, "update dbamv.atendime set cd_leito = null where cd_atendimento = %s", key)
    con.commit()
    _sql(con, "delete from fusion_integracao.importacaoatendimento")
    other = psycopg2.connect(dsn, options="-c lock_timeout=500")
    _sql(other, "update dbamv.atendime set cd_mot_alt = 3 where cd_atendimento = %s", key)
    other.commit()
    other.close()
    con.commit()
    assert [row[0] for row in _journal(con)] == [key]


def test_bookings_have_a_journal_of_their_own(con: Any) -> None:
    rng, seen, kinds = random.Random(4), [], set()
    for _ in range(80):
        change = origin.change_agenda(con, rng)
        kinds.add(change.tipo)
        rows = _agenda(con)
        assert {row[0] for row in rows} == {int(change.chave)}
        assert rows[0][2] == ("I" if change.operacao == "inclusao" else "U")
        seen += rows
    assert kinds == {"agenda_marcada", "agenda_remarcada", "agenda_cancelada", "agenda_realizada", "agenda_internada"}
    assert _sql(
        con,
        "select count(*) > 0 from dbamv.aviso_cirurgia where cd_atendimento is null and cd_aviso_cirurgia = any(%s)",
        [v[1] for v in seen],
    ) == [(True,)]


def _fingerprint(con: Any) -> list[tuple[Any, ...]]:
    tables = [t for (t,) in _sql(con, "select table_name from information_schema.tables where table_schema = 'dbamv' order by 1")]
    return [(t, *_sql(con, f"select count(*), md5(string_agg(x::text, '|' order by x::text)) from dbamv.{t} x")[0]) for t in tables]


def test_the_same_seed_gives_the_same_hospital(dsn: str, con: Any) -> None:
    before = _fingerprint(con)
    for semente, same in ((3, True), (4, False)):
        _sql(con, "drop schema dbamv, fusion_integracao, sandbox cascade")
        con.commit()
        origin.create(dsn)
        origin.generate(dsn, 150, semente)
        assert (_fingerprint(con) == before) is same


def _coherent(con: Any) -> None:
    open_rows = "select cd_atendimento, cd_leito from dbamv.mov_int where tp_mov in ('I', 'O') and dt_lib_mov is null"
    assert _sql(con, f"select cd_atendimento from ({open_rows}) x group by 1 having count(*) > 1") == []
    assert _sql(con, f"select cd_leito from ({open_rows}) x group by 1 having count(*) > 1") == []
    assert sorted(_sql(con, f"select cd_leito from ({open_rows}) x")) == sorted(
        _sql(con, "select cd_leito from dbamv.leito where tp_ocupacao = 'O'")
    )
    # An open stay is that of an attendance that is open and says the same bed; the bed of its admission is the first of a chain.
    assert (
        _sql(
            con,
            f"select 1 from ({open_rows}) x join dbamv.atendime a using (cd_atendimento) where a.dt_alta is not null or a.cd_leito <> x.cd_leito",
        )
        == []
    )
    assert _sql(con, "select m.cd_mov_int from dbamv.mov_int m where tp_mov = 'O' and not exists (select 1 from dbamv.mov_int v"
                     " where v.cd_atendimento = m.cd_atendimento and v.cd_leito = m.cd_leito_anterior and v.cd_mov_int < m.cd_mov_int)") == []  # fmt: skip
    assert (
        _sql(con, "select cd_documento_clinico from dbamv.pw_documento_clinico where (tp_status = 'ABERTO') <> (dh_fechamento is null)")
        == []
    )
    assert _sql(con, "select 1 from dbamv.atendime a join dbamv.paciente p using (cd_paciente) where p.sn_ativo = 'N'") == []


def test_a_history_makes_sense_and_has_the_odd_cases(con: Any) -> None:
    _coherent(con)
    for caso in (
        "paciente where nr_cpf is null", "paciente where nr_cns is null and cd_cns is not null", "pw_documento_clinico where tp_status = 'ABERTO'",
        "itcoleta_sinal_vital where cd_sinal_vital = 900", "itcoleta_sinal_vital where valor like '%/%'", "itcoleta_sinal_vital where valor like '%,%'",
        "pw_alergia_pac where tp_alergia = 'D'", "leito where cd_unid_int is null", "unid_int where sn_semi_uti = 'S'",
        "mov_int m join dbamv.leito l using (cd_leito) join dbamv.unid_int u using (cd_unid_int) where u.tp_unid_int = 'U'",
        "age_cir where vl_tempo_cirurgia < '1901-01-01' and vl_tempo_cirurgia > '1900-01-01'", "aviso_cirurgia where cd_atendimento is null",
        "atendime where hr_atendimento::date <> dt_atendimento::date",
    ):  # fmt: skip
        assert _sql(con, f"select count(*) > 0 from dbamv.{caso}") == [(True,)], caso
    assert {t for (t,) in _sql(con, "select distinct tp_atendimento from dbamv.atendime")} == set("IUAE")
    assert _sql(con, "select 1 from dbamv.atendime where hr_atendimento is null limit 1") or _sql(
        con, "select 1 from dbamv.mov_int where hr_lib_mov is null"
    )


def test_confidential_documents_and_nothing_odd_unless_asked() -> None:
    batches = list(Generator(3000, 5).batches())
    assert any(row[-1] == "S" for batch in batches for row in batch["pw_documento_clinico"])
    lisos = list(Generator(600, 5, edge_cases=False).batches())
    assert not any(row[1] == 900 for batch in lisos for row in batch["itcoleta_sinal_vital"])
    assert all(row[3] is not None for batch in lisos for row in batch["atendime"])


def test_two_hundred_changes_keep_the_hospital_consistent(con: Any) -> None:
    rng, kinds = random.Random(11), set()
    for _ in range(200):
        change = origin.change(con, rng)
        con.commit()
        kinds.add(change.tipo)
        assert change.chave in change.affected and change.chave_paciente
    _coherent(con)
    assert {"admissao", "alta", "alta_cancelada", "transferencia", "uti_entrada", "exclusao", "paciente", "unificacao", "evolucao"} <= kinds


# Ways to see a change: the journal, and the markers of what ATENDIME does not hold.
_VISIVEIS = """
select cd_atendimento from fusion_integracao.importacaoatendimento
union select a.cd_atendimento from dbamv.atendime a join dbamv.paciente p using (cd_paciente) where coalesce(p.dt_ultima_atualizacao, p.dt_cadastro) >= %(antes)s
union select cd_atendimento from dbamv.pw_documento_clinico where dh_fechamento >= %(antes)s and tp_status in ('FECHADO', 'ASSINADO')
union select cd_atendimento from dbamv.coleta_sinal_vital where data_coleta >= %(antes)s
union select cd_atendimento from dbamv.itpre_med join dbamv.pre_med using (cd_pre_med) where dh_registro >= %(antes)s
"""


@pytest.mark.parametrize("funcao", simulador.CHANGES, ids=lambda f: f.__qualname__)
def test_the_hub_can_see_every_change(con: Any, funcao: Any) -> None:
    for semente in range(8):
        con.rollback()
        h = Hospital(con, random.Random(semente))
        made = funcao(h)
        if made is None:
            continue
        with con.cursor() as cur:
            cur.execute(_VISIVEIS, {"antes": h.now})
            seen = {str(key) for (key,) in cur.fetchall()}
        assert set(simulador.completion(h, made).affected) <= seen, made.tipo


def test_a_draft_is_no_news(con: Any) -> None:
    h = Hospital(con, random.Random(1))
    document(h, *_opened(con), "rascunho", opened=True)
    with con.cursor() as cur:
        cur.execute(_VISIVEIS, {"antes": h.now})
        assert cur.fetchall() == []


def test_bad_input_stays_with_its_own_record(con: Any) -> None:
    for kind in (*origin.INVALID, *origin.STRANGE):
        change = origin.change_invalid(con, random.Random(2), kind)
        assert change.recusada == (kind in origin.INVALID)
        assert {str(row[0]) for row in _journal(con)} == {change.chave}, kind


def test_no_text_is_empty(con: Any) -> None:
    rng = random.Random(8)
    for _ in range(60):
        origin.change(con, rng)
    # To Oracle an empty text is NULL: the twin may hold none.
    for table, column in _sql(con, "select table_name, column_name from information_schema.columns where table_schema = 'dbamv' and data_type in"
                                    " ('character varying', 'text')"):  # fmt: skip
        assert _sql(con, f"select count(*) from dbamv.{table} where {column} = ''") == [(0,)], (table, column)
