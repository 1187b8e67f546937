"""Whatever changes at a PEC is seen by some origin, and what it says to do is right."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import psycopg2
import pytest

from include.fusion.reading.sql import SystemQueries
from sandbox.origens import esus_ab
from sandbox.origens.esus_ab import simulador
from tests.integration.sistemas.esus_ab.helpers import Pec

pytest_plugins = ["tests.integration.sistemas.esus_ab.fixtures"]
BEFORE = datetime(1900, 1, 1)


def just_before(moment: datetime) -> datetime:
    return moment - timedelta(microseconds=1)


def all_views(pec: Pec, marker: datetime) -> dict[str, tuple[str, str]]:
    rows = [row for o in pec.queries.origins for row in pec.seen(o.nome, marker)]
    return {str(x["chave"]): (str(x["chave_paciente"]), x["operacao"]) for x in rows}


def test_each_version_offers_its_own_origins(pec: Pec) -> None:
    names = [o.nome for o in pec.queries.origins]
    assert names[:4] == ["status", "cidadao", "retificacao", "unificacao"]
    assert names[4:] == (["auditoria_evolucao", "auditoria_itens"] if pec.clinica().new else ["revisao"])


@pytest.mark.parametrize("change", list(simulador.CHANGES), ids=lambda m: m.__name__.strip("_"))
def test_every_kind_of_change_is_seen(pec: Pec, change: Any) -> None:
    pec.visit()
    start = pec.now()
    with pec.con:
        c = pec.clinica()
        made = simulador._completion(c, change(c))
    seen = all_views(pec, start)
    assert set(made.affected) <= set(seen)
    expected = "exclusao" if made.operacao == "exclusao" else "alteracao"
    assert seen[made.chave] == (made.chave_paciente, expected)


def test_origins_agree_with_the_state_of_every_visit(pec: Pec) -> None:
    expected_ones = {e.chave: (e.chave_paciente, e.operacao) for e in esus_ab.keys(pec.con)}
    assert {str(x["chave"]): (str(x["chave_paciente"]), x["operacao"]) for x in pec.seen("status", BEFORE)} == expected_ones
    assert {op for _, op in expected_ones.values()} == {"alteracao", "exclusao"}


def test_late_edit_does_not_move_the_status_marker(pec: Pec) -> None:
    atend, prof, _ = pec.visit()
    start = pec.now()
    with pec.con:
        c = pec.clinica()
        c.do("update tb_evolucao_plano set ds_plano = 'Corrigido' where co_atend_prof = %s", prof)
        c.audit("evolucao_plano", "co_atend_prof", prof, prof, "A")
    origin = "auditoria_evolucao" if c.new else "revisao"
    assert pec.seen("status", start) == [] and [x["chave"] for x in pec.seen(origin, start)] == [atend]
    assert pec.watcher(origin, start)["quantidade"] == 1


def test_one_cancelled_professional_does_not_cancel_the_visit(pec: Pec) -> None:
    with pec.con:
        c = pec.clinica()
        atend = c.admit(c.new_cidadao()[1])
        one, _two = c.shift(atend, 2), c.shift(atend, 1)
        c.status(atend, 4)
        c.do("update tb_atend_prof set st_cancelado = 1 where co_seq_atend_prof = %s", one)
    assert [x["operacao"] for x in pec.seen("status", just_before(c.now)) if x["chave"] == atend] == ["alteracao"]


def test_merged_citizen_travels_as_the_survivor(pec: Pec) -> None:
    """Trap 19: both charts' visits carry one patient key, the merged record says where it went."""
    (sai_visita, _, merged_id), (fica_visita, _, survivor) = pec.visit(), pec.visit()
    start = pec.now()
    pec.sql("update tb_cidadao set st_unificado = 1 where co_seq_cidadao = %s", merged_id)
    pec.sql("update tb_prontuario set co_prontuario_grupo = 4242 + %s where co_cidadao in (%s, %s)", survivor, merged_id, survivor)
    pec.sql("insert into tb_prontuario_grupo_historico select co_prontuario_grupo, co_seq_prontuario, %s from tb_prontuario where co_cidadao = %s",
            start + timedelta(microseconds=1), merged_id)  # fmt: skip
    assert {(x["chave"], x["chave_paciente"]) for x in pec.seen("unificacao", start)} == {(sai_visita, survivor), (fica_visita, survivor)}
    assert pec.mapped(sai_visita).paciente.unificado_em == str(survivor) and pec.mapped(fica_visita).paciente.unificado_em is None


def test_ties_across_a_page_boundary_are_read_once_each(pec: Pec) -> None:
    """Trap 17: seven visits with one timestamp, pages of three."""
    pec.visit()
    moment = pec.now()
    pec.sql("update tb_atend set dt_ultima_alteracao_status = %s where co_seq_atend between 21 and 27", moment)
    read_rows, marker, key = [], just_before(moment), None
    while page := pec.seen("status", marker, key, 3):
        read_rows += [x["chave"] for x in page]
        marker, key = page[-1]["marcador"], page[-1]["chave"]
    assert read_rows == list(range(21, 28))


def test_a_late_commit_changes_what_the_watch_counts(pec: Pec) -> None:
    """Trap 18: it commits with a marker older than the newest one, so only the count inside the window tells."""
    window = pec.now()
    other = psycopg2.connect(pec.dsn)
    with other.cursor() as cur:
        cur.execute("update tb_atend set dt_ultima_alteracao_status = %s where co_seq_atend = 31", (pec.now(),))
    pec.visit()
    before = pec.watcher("status", window)
    other.commit()
    other.close()
    after = pec.watcher("status", window)
    assert after["marcador"] == before["marcador"] and after["quantidade"] == before["quantidade"] + 1


def test_the_watch_sees_exactly_what_the_load_will_read(pec: Pec) -> None:
    with pec.con:
        pec.clinica().new_cidadao()  # without any visit: nothing to load, so nothing to watch
    now = pec.now()
    for origin in pec.queries.origins:
        for marker in (BEFORE, now - timedelta(hours=1), now):
            assert bool(pec.watcher(origin.nome, marker)["quantidade"]) == bool(
                [x for x in pec.seen(origin.nome, marker) if x["marcador"] > marker]
            )


def test_a_chart_without_citizen_has_a_patient_key_of_its_own(pec: Pec) -> None:
    with pec.con:
        c = pec.clinica()
        medical_record = c.insert("tb_prontuario", co_seq_prontuario=None)
        atend = c.admit(medical_record)
    assert [x["chave_paciente"] for x in pec.seen("status", just_before(c.now)) if x["chave"] == atend] == [-medical_record]


def keys(pec: Pec, **filters: Any) -> list[dict[str, Any]]:
    values = dict.fromkeys(("chave", "atendimento", "paciente", "inicio", "fim")) | {"limite": 10_000} | filters
    with pec.engine.connect() as con:
        return pec.queries.rows(con, "keys.sql", **values)


def test_keys_of_the_whole_history_come_in_pages(pec: Pec) -> None:
    read_rows, key = [], None
    while page := keys(pec, chave=key, limite=70):
        read_rows += [str(x["chave"]) for x in page]
        key = page[-1]["chave"]
    assert read_rows == [e.chave for e in esus_ab.keys(pec.con)]
    with pec.engine.connect() as con:
        assert pec.queries.rows(con, "total.sql")[0]["total"] == len(read_rows)


def test_equal_seeds_write_equal_histories(new_pec: Pec, database: str) -> None:
    digest = "select md5(string_agg(ds_plano, '' order by co_atend_prof)) from tb_evolucao_plano where co_atend_prof < 100"
    esus_ab.create(database)
    esus_ab.generate(database, 200, 7)
    with psycopg2.connect(database) as con, con.cursor() as cur:
        cur.execute(digest)
        assert cur.fetchall() == new_pec.sql(digest)


def test_a_schema_that_is_there_is_left_alone(new_pec: Pec) -> None:
    esus_ab.create(new_pec.dsn)
    assert new_pec.sql("select count(*) >= 200 from tb_atend")[0][0]


def test_without_any_marker_the_error_says_what_was_looked_for(new_pec: Pec) -> None:
    queries = SystemQueries(new_pec.engine, new_pec.queries.sistema)
    queries.__dict__["columns"] = frozenset()
    with pytest.raises(Exception, match=r"tb_atend\.dt_ultima_alteracao_status"):
        _ = queries.origins
