"""The sandbox MV on a real PostgreSQL: what its triggers write down, and that its hospital stays one that makes sense."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest

from sandbox.origens import mv as origem
from sandbox.origens.mv import simulador
from sandbox.origens.mv.clinica import documento
from sandbox.origens.mv.gerador import Gerador
from sandbox.origens.mv.hospital import Hospital

AGORA = "timestamp '2026-03-01 10:20:30'"
NADA = ("N", "N", "N")


@pytest.fixture
def con(banco: str) -> Iterator[Any]:
    origem.criar(banco)
    origem.gerar(banco, 150, 3)
    conexao = psycopg2.connect(banco)
    yield conexao
    conexao.close()


def _sql(con: Any, sql: str, *valores: Any) -> list[tuple[Any, ...]]:
    with con.cursor() as cur:
        cur.execute(sql, valores or None)
        return cur.fetchall() if cur.description else []


def _diario(con: Any) -> list[tuple[Any, ...]]:
    """Rows that are new since the last look, without key and time, taken away as the hub does."""
    return _sql(con, "with x as (delete from fusion_integracao.importacaoatendimento returning *)"
                     " select cd_atendimento, cd_paciente, tp_operacao, sn_abertura, sn_alta, sn_troca_leito from x order by id")  # fmt: skip


def _agenda(con: Any) -> list[tuple[Any, ...]]:
    return _sql(con, "with x as (delete from fusion_integracao.atualizacaoagendacirurgia returning *)"
                     " select cd_age_cir, cd_aviso_cirurgia, tp_operacao from x order by id")  # fmt: skip


def _aberto(con: Any) -> tuple[int, int]:
    return _sql(
        con, "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is null and cd_leito is not null order by 1 limit 1"
    )[0]


def test_history_is_not_news(con: Any) -> None:
    assert _diario(con) == _agenda(con) == []
    assert len(list(origem.chaves(con))) == 150


def test_an_insert_is_an_opening(con: Any) -> None:
    _, paciente = _aberto(con)
    _sql(
        con,
        f"insert into dbamv.atendime (cd_atendimento, cd_paciente, dt_atendimento, tp_atendimento) values (900, %s, {AGORA}, 'U')",
        paciente,
    )
    _sql(con, f"insert into dbamv.atendime (cd_atendimento, cd_paciente, dt_atendimento, tp_atendimento, dt_alta) values (901, %s, {AGORA}, 'A', {AGORA})",
         paciente)  # fmt: skip
    assert _diario(con) == [(900, paciente, "I", "S", "N", "N"), (901, paciente, "I", "S", "S", "N")]


@pytest.mark.parametrize(
    ("mudanca", "marcas"),
    [
        (f"dt_alta = {AGORA}", ("N", "S", "N")), (f"hr_alta = {AGORA}", ("N", "S", "N")), (f"dt_alta_medica = {AGORA}", ("N", "S", "N")),
        (f"hr_alta_medica = {AGORA}", ("N", "S", "N")), ("cd_mot_alt = 2", ("N", "S", "N")), ("cd_leito = null", ("N", "N", "S")),
        ("cd_prestador = mod(coalesce(cd_prestador, 0), 100) + 1", ("S", "N", "N")), ("hr_atendimento = null", ("S", "N", "N")),
        (f"dt_alta = {AGORA}, cd_leito = null, sn_obito = 'S'", ("S", "S", "S")),
    ],
)  # fmt: skip
def test_an_update_says_what_it_changed(con: Any, mudanca: str, marcas: tuple[str, ...]) -> None:
    chave, paciente = _aberto(con)
    _sql(con, "update dbamv.atendime set hr_atendimento = dt_atendimento where cd_atendimento = %s", chave)
    _diario(con)
    _sql(con, f"update dbamv.atendime set {mudanca} where cd_atendimento = %s", chave)
    assert _diario(con) == [(chave, paciente, "U", *marcas)]


@pytest.mark.parametrize(
    "mudanca", ["nm_usuario = 'OUTRO', dt_prevista_alta = now()", "cd_leito = cd_leito", "dt_alta = null, hr_alta = null"]
)
def test_an_update_that_changes_nothing_we_map_is_no_news(con: Any, mudanca: str) -> None:
    _sql(con, f"update dbamv.atendime set {mudanca} where dt_alta is null")
    assert _diario(con) == []


def test_a_cancelled_discharge_is_a_discharge_too(con: Any) -> None:
    ((chave, paciente),) = _sql(con, "select cd_atendimento, cd_paciente from dbamv.atendime where dt_alta is not null order by 1 limit 1")
    _sql(con, "update dbamv.atendime set dt_alta = null, hr_alta = null, cd_mot_alt = null where cd_atendimento = %s", chave)
    assert _diario(con) == [(chave, paciente, "U", "N", "S", "N")]


def test_a_delete_names_the_attendance_and_its_patient(con: Any) -> None:
    exclusao = simulador._exclusao(Hospital(con, random.Random(1)))
    assert exclusao is not None
    assert _diario(con)[-1] == (int(exclusao.chave), int(exclusao.chave_paciente), "D", *NADA)
    assert {e.chave: e.operacao for e in origem.chaves(con)}[exclusao.chave] == "exclusao"


def test_one_statement_on_many_rows_writes_one_row_each(con: Any) -> None:
    _sql(con, "update dbamv.atendime set cd_convenio = mod(cd_convenio, 4) + 1 where cd_atendimento <= 20")
    assert [linha[0] for linha in _diario(con)] == list(range(1, 21))


def test_what_the_hospital_takes_back_is_no_news(con: Any) -> None:
    con.commit()
    _sql(con, "update dbamv.atendime set cd_mot_alt = 4, cd_leito = null")
    con.rollback()
    assert _diario(con) == []


@pytest.mark.parametrize("estrago", [
    "drop table fusion_integracao.importacaoatendimento, fusion_integracao.atualizacaoagendacirurgia",
    "alter table fusion_integracao.importacaoatendimento drop column sn_alta; alter table fusion_integracao.atualizacaoagendacirurgia drop column cd_aviso_cirurgia",
])  # fmt: skip
def test_a_broken_journal_does_not_fail_the_hospital(con: Any, estrago: str) -> None:
    _sql(con, estrago)
    con.commit()
    rng = random.Random(9)
    for _ in range(30):
        origem.mudar(con, rng)
        origem.mudar_agenda(con, rng)
        con.commit()
    assert _sql(con, "select count(*) > 0 from dbamv.atendime where cd_atendimento > 150 and cd_prestador is not null") == [(True,)]


def test_the_hub_deleting_rows_does_not_make_the_hospital_wait(con: Any, banco: str) -> None:
    chave, _ = _aberto(con)
    _sql(con, "update dbamv.atendime set cd_leito = null where cd_atendimento = %s", chave)
    con.commit()
    _sql(con, "delete from fusion_integracao.importacaoatendimento")
    outra = psycopg2.connect(banco, options="-c lock_timeout=500")
    _sql(outra, "update dbamv.atendime set cd_mot_alt = 3 where cd_atendimento = %s", chave)
    outra.commit()
    outra.close()
    con.commit()
    assert [linha[0] for linha in _diario(con)] == [chave]


def test_bookings_have_a_journal_of_their_own(con: Any) -> None:
    rng, vistas, tipos = random.Random(4), [], set()
    for _ in range(80):
        mudanca = origem.mudar_agenda(con, rng)
        tipos.add(mudanca.tipo)
        linhas = _agenda(con)
        assert {linha[0] for linha in linhas} == {int(mudanca.chave)}
        assert linhas[0][2] == ("I" if mudanca.operacao == "inclusao" else "U")
        vistas += linhas
    assert tipos == {"agenda_marcada", "agenda_remarcada", "agenda_cancelada", "agenda_realizada", "agenda_internada"}
    assert _sql(
        con,
        "select count(*) > 0 from dbamv.aviso_cirurgia where cd_atendimento is null and cd_aviso_cirurgia = any(%s)",
        [v[1] for v in vistas],
    ) == [(True,)]


def _impressao(con: Any) -> list[tuple[Any, ...]]:
    tabelas = [t for (t,) in _sql(con, "select table_name from information_schema.tables where table_schema = 'dbamv' order by 1")]
    return [(t, *_sql(con, f"select count(*), md5(string_agg(x::text, '|' order by x::text)) from dbamv.{t} x")[0]) for t in tabelas]


def test_the_same_seed_gives_the_same_hospital(banco: str, con: Any) -> None:
    antes = _impressao(con)
    for semente, igual in ((3, True), (4, False)):
        _sql(con, "drop schema dbamv, fusion_integracao, sandbox cascade")
        con.commit()
        origem.criar(banco)
        origem.gerar(banco, 150, semente)
        assert (_impressao(con) == antes) is igual


def _coerente(con: Any) -> None:
    abertas = "select cd_atendimento, cd_leito from dbamv.mov_int where tp_mov in ('I', 'O') and dt_lib_mov is null"
    assert _sql(con, f"select cd_atendimento from ({abertas}) x group by 1 having count(*) > 1") == []
    assert _sql(con, f"select cd_leito from ({abertas}) x group by 1 having count(*) > 1") == []
    assert sorted(_sql(con, f"select cd_leito from ({abertas}) x")) == sorted(
        _sql(con, "select cd_leito from dbamv.leito where tp_ocupacao = 'O'")
    )
    # An open stay is that of an attendance that is open and says the same bed; the bed of its admission is the first of a chain.
    assert (
        _sql(
            con,
            f"select 1 from ({abertas}) x join dbamv.atendime a using (cd_atendimento) where a.dt_alta is not null or a.cd_leito <> x.cd_leito",
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
    _coerente(con)
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
    lotes = list(Gerador(3000, 5).lotes())
    assert any(linha[-1] == "S" for lote in lotes for linha in lote["pw_documento_clinico"])
    lisos = list(Gerador(600, 5, casos_de_borda=False).lotes())
    assert not any(linha[1] == 900 for lote in lisos for linha in lote["itcoleta_sinal_vital"])
    assert all(linha[3] is not None for lote in lisos for linha in lote["atendime"])


def test_two_hundred_changes_keep_the_hospital_consistent(con: Any) -> None:
    rng, tipos = random.Random(11), set()
    for _ in range(200):
        mudanca = origem.mudar(con, rng)
        con.commit()
        tipos.add(mudanca.tipo)
        assert mudanca.chave in mudanca.afetadas and mudanca.chave_paciente
    _coerente(con)
    assert {"admissao", "alta", "alta_cancelada", "transferencia", "uti_entrada", "exclusao", "paciente", "unificacao", "evolucao"} <= tipos


# Ways to see a change: the journal, and the markers of what ATENDIME does not hold.
_VISIVEIS = """
select cd_atendimento from fusion_integracao.importacaoatendimento
union select a.cd_atendimento from dbamv.atendime a join dbamv.paciente p using (cd_paciente) where coalesce(p.dt_ultima_atualizacao, p.dt_cadastro) >= %(antes)s
union select cd_atendimento from dbamv.pw_documento_clinico where dh_fechamento >= %(antes)s and tp_status in ('FECHADO', 'ASSINADO')
union select cd_atendimento from dbamv.coleta_sinal_vital where data_coleta >= %(antes)s
union select cd_atendimento from dbamv.itpre_med join dbamv.pre_med using (cd_pre_med) where dh_registro >= %(antes)s
"""


@pytest.mark.parametrize("funcao", simulador.MUDANCAS, ids=lambda f: f.__qualname__)
def test_the_hub_can_see_every_change(con: Any, funcao: Any) -> None:
    for semente in range(8):
        con.rollback()
        h = Hospital(con, random.Random(semente))
        feita = funcao(h)
        if feita is None:
            continue
        with con.cursor() as cur:
            cur.execute(_VISIVEIS, {"antes": h.agora})
            vistas = {str(chave) for (chave,) in cur.fetchall()}
        assert set(simulador.completa(h, feita).afetadas) <= vistas, feita.tipo


def test_a_draft_is_no_news(con: Any) -> None:
    h = Hospital(con, random.Random(1))
    documento(h, *_aberto(con), "rascunho", aberto=True)
    with con.cursor() as cur:
        cur.execute(_VISIVEIS, {"antes": h.agora})
        assert cur.fetchall() == []


def test_bad_input_stays_with_its_own_record(con: Any) -> None:
    for tipo in (*origem.INVALIDOS, *origem.ESTRANHOS):
        mudanca = origem.mudar_invalido(con, random.Random(2), tipo)
        assert mudanca.recusada == (tipo in origem.INVALIDOS)
        assert {str(linha[0]) for linha in _diario(con)} == {mudanca.chave}, tipo


def test_no_text_is_empty(con: Any) -> None:
    rng = random.Random(8)
    for _ in range(60):
        origem.mudar(con, rng)
    # To Oracle an empty text is NULL: the twin may hold none.
    for tabela, coluna in _sql(con, "select table_name, column_name from information_schema.columns where table_schema = 'dbamv' and data_type in"
                                    " ('character varying', 'text')"):  # fmt: skip
        assert _sql(con, f"select count(*) from dbamv.{tabela} where {coluna} = ''") == [(0,)], (tabela, coluna)
