"""TrackCare from its own tables to Fusion's HL7 controller: real databases, real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.change.replica import ReplicaTable
from include.fusion.change.watermark_scan import START
from include.fusion.hl7.wire.ack import Ack, Hl7NoAnswer
from include.fusion.hl7.wire.transport import HttpTransport
from include.fusion.reading.sql import sql_folder
from include.fusion.sistemas.trackcare import prepare as trackcare_preparo
from include.fusion.sistemas.trackcare.system import COPY
from include.fusion.store.filas import FilaItem
from sandbox.postgres import Postgres
from tests.backup import Backup
from tests.integration.sistemas.trackcare.chain import PENDENCIA, Chain


@pytest.fixture(scope="module")
def module(postgres: Postgres, tmp_path_factory: Any) -> Iterator[Chain]:
    c = Chain(postgres, tmp_path_factory.mktemp("trackcare"), 40)
    c.carga_inicial()
    c.everything()
    yield c
    c.close()


@pytest.fixture
def chain(module: Chain) -> Iterator[Chain]:
    yield module
    module.everything()
    assert set(module.situacoes()) <= {"concluido", "descartado"}


def test_the_whole_history_arrives_as_messages(chain: Chain) -> None:
    persons = chain.origem("select count(*) from sqluser.pacienteses")[0][0]
    assert chain.fila("select count(*) from PacienteSES where integracao_id = 2")[0][0] == persons > 0
    assert len({p for *_, p in chain.mensagens()}) > persons / 2
    assert len(chain.mensagens()) == chain.situacoes()["concluido"]


def test_an_admission_names_the_place_of_the_admission_and_not_where_the_patient_is_now(chain: Chain) -> None:
    def first(event: str, field: int) -> dict[str, str]:
        bodies = chain.fusion("select corpo from mensagem_hl7 where tipo like %s order by id desc", f"%{event}%")
        visits = [next(line.split("|") for line in body.split("\r") if line.startswith("PV1|")) for (body,) in bodies]
        return {pv1[19]: pv1[field] for pv1 in visits}

    admitted, left = first("A01", 3), first("A02", 6)
    assert admitted.keys() & left.keys()
    assert [visit for visit in admitted.keys() & left.keys() if admitted[visit] != left[visit]] == []


def test_a_change_becomes_messages_of_that_patient_only(chain: Chain) -> None:
    before = {c for _, c, _ in chain.mensagens()}
    change = chain.change(1)[0]
    chain.everything()
    new = [(t, p) for t, c, p in chain.mensagens() if c not in before]
    assert new and {p for _, p in new} <= {change.chave_paciente, change.chave}


def test_what_the_copy_does_not_hold_of_a_person_travels_as_well(chain: Chain) -> None:
    paciente = chain.origem("select max(paper_rowid) from sqluser.pa_person")[0][0]
    for n, column in enumerate(("paper_stname", "paper_telh")):
        before = {c for _, c, _ in chain.mensagens()}
        chain.origem(f"update sqluser.pa_person set {column} = %s where paper_rowid = %s", f"6133330{n}", paciente)
        chain.everything()
        assert [t[4:7] for t, c, p in chain.mensagens() if c not in before and p == str(paciente)] == ["A31"], column


class Lost(HttpTransport):
    """The first answers get lost after Fusion took the message."""

    remaining_ones = 2

    async def send(self, message: bytes) -> Ack:
        ack = await super().send(message)
        if self.remaining_ones:
            self.remaining_ones -= 1
            raise Hl7NoAnswer("perdida no caminho")
        return ack


def test_a_lost_acknowledgement_makes_no_second_message(chain: Chain) -> None:
    chain.change(3)
    chain.load()
    done = chain.prepare().mensagens
    before = len(chain.mensagens())
    assert chain.send(Lost(chain.client(), "/api/HL7/2")).enviados == done > 0
    assert len(chain.mensagens()) == before + done


def test_messages_of_a_patient_arrive_in_the_order_in_which_they_were_made(chain: Chain) -> None:
    chain.change(10)
    chain.everything()
    done = chain.fila("select chave_paciente, chave from PacienteArquivo where integracao_id = 2 order by id")
    position = {control_id: n for n, (_, control_id, _) in enumerate(chain.mensagens())}
    by_paciente: dict[str, list[int]] = {}
    for paciente, control_id in done:
        by_paciente.setdefault(paciente, []).append(position[control_id])
    assert all(items_list == sorted(items_list) for items_list in by_paciente.values())


def test_a_refused_message_is_made_anew_when_its_patient_is_looked_at_again(chain: Chain) -> None:
    control_id, paciente = chain.fila(
        "select chave, chave_paciente from PacienteArquivo where situacao = 'concluido' and assunto like 'paciente %%' order by id desc limit 1"
    )[0]
    chain.fila("update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where chave = %s", control_id)
    with chain.runtime.fusion.begin() as con:
        chain.runtime.fila(PENDENCIA).enqueue(con, [FilaItem(paciente, paciente)])
    assert chain.prepare().mensagens == 1
    assert chain.fila("select situacao from PacienteArquivo where chave = %s", control_id) == [("descartado",)]


def refuse(chain: Chain, assunto: str) -> None:
    chain.fila(
        "update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where id ="
        " (select max(id) from PacienteArquivo where integracao_id = 2 and assunto = %s)", assunto,
    )  # fmt: skip


def one_visit(chain: Chain, which: str) -> tuple[int, Callable[..., list[str]]]:
    """An open visit, and a change of it: the events that Fusion hears of its patient then."""
    adm, papmi = chain.origem(
        f"select paadm_rowid, paadm_papmi_dr from sqluser.pa_adm where paadm_visitstatus = 'A' order by paadm_rowid {which} limit 1"
    )[0]

    def say(**columns: Any) -> list[str]:
        before = {c for _, c, _ in chain.mensagens()}
        chain.origem(f"update sqluser.pa_adm set {', '.join(f'{c} = %s' for c in columns)} where paadm_rowid = %s", *columns.values(), adm)
        chain.everything()
        return [t[4:7] for t, c, p in chain.mensagens() if c not in before and p == str(papmi)]

    return adm, say


def test_a_visit_whose_admission_and_update_were_both_refused_is_admitted_anew(chain: Chain) -> None:
    adm, say = one_visit(chain, "asc")
    assert say(paadm_depcode_dr=1, paadm_admtime="02:02") == ["A08"]
    chain.fila("update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where assunto = %s", f"visita {adm}")
    assert say(paadm_admtime="02:03") == ["A01"]


def test_what_fusion_had_before_a_refusal_is_updated_and_cancelled_not_admitted_again(chain: Chain) -> None:
    adm, say = one_visit(chain, "desc")
    assert say(paadm_depcode_dr=1, paadm_admtime="01:02") == ["A08"]
    refuse(chain, f"visita {adm}")
    assert say(paadm_admtime="01:03") == ["A08"], "an update was refused: the admission was not"
    refuse(chain, f"visita {adm}")
    assert say(paadm_visitstatus="C") == ["A11"], "the visit is alive, whatever became of its last update"
    refuse(chain, f"visita {adm}")
    assert say(paadm_admtime="01:04") == ["A11"], "a refused cancellation is due until it is taken"


def test_refused_messages_of_a_subject_are_all_replaced_and_none_takes_fusion_back(chain: Chain) -> None:
    paciente = chain.origem("select max(paper_rowid) from sqluser.pa_person")[0][0]
    error = "update PacienteArquivo set situacao = 'erro', recusada = true, concluido_em = null where id in (select id from PacienteArquivo where assunto = %s order by id desc limit %s)"
    states = "select situacao from PacienteArquivo where assunto = %s order by id desc limit 3"
    for n in range(3):
        chain.origem("update sqluser.pa_person set paper_mobphone = %s where paper_rowid = %s", f"6190000000{n}", paciente)
        chain.everything()
    assunto = f"paciente {paciente}"
    chain.fila(error, assunto, 3)
    chain.fila(
        "update PacienteArquivo set situacao = 'concluido' where id = (select max(id) from PacienteArquivo where assunto = %s)", assunto
    )
    assert chain.runtime.filas()[1].reenviar_erros() == 0
    assert [s for (s,) in chain.fila(states, assunto)] == ["concluido", "descartado", "descartado"]
    chain.fila(error, assunto, 3)
    with chain.runtime.fusion.begin() as con:
        chain.runtime.fila(PENDENCIA).enqueue(con, [FilaItem(str(paciente), str(paciente))])
    assert chain.prepare().mensagens == 1
    assert [s for (s,) in chain.fila(states, assunto)] == ["pendente", "descartado", "descartado"]


def test_a_patient_that_ends_its_workers_does_not_go_on_ending_them(chain: Chain) -> None:
    change = chain.change(1)[0]
    chain.load()
    chain.fila("update PendenciaIntegracao set tentativas = 8 where situacao = 'pendente'")
    assert chain.prepare().erros >= 1
    reason = "select motivo from PendenciaIntegracao where chave = %s and situacao = 'erro'"
    assert chain.fila(reason, change.chave) == [("processamento interrompido 8 vezes",)]
    assert chain.runtime.fila(PENDENCIA).reenviar_erros() and chain.prepare().mensagens > 0


def test_a_message_that_waits_is_not_made_twice(chain: Chain) -> None:
    chain.change(2)
    chain.load()
    assert chain.prepare().mensagens > 0
    chain.runtime.forget_watermarks(None)
    chain.fila("delete from PacienteSES where integracao_id = 2")
    assert chain.load() > 0
    assert chain.prepare().mensagens == 0


def test_the_initial_load_resumes_behind_its_last_page_and_repeats_nobody(postgres: Postgres, tmp_path: Path) -> None:
    c = Chain(postgres, tmp_path, 60)
    c.runtime.watermarks("carga_inicial")
    persons = c.origem("select count(*) from sqluser.pa_person")[0][0]
    assert c.carga_inicial(page=7) == persons
    assert c.carga_inicial(page=7) == persons
    assert c.origem("select count(*) from sqluser.pacienteses")[0][0] <= persons
    c.close()


def test_a_load_holds_up_neither_the_messages_made_nor_whom_something_happens_to(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackcare_preparo, "DURATION_MAX", 0.0)
    c = Chain(postgres, tmp_path, 20, pendencia_busca_paciente={"max_records": 1})
    c.origem("truncate sqluser.pacienteses")
    c.carga_inicial()
    assert c.load() > 3
    assert c.fila("select distinct prioridade from PendenciaIntegracao") == [(9,)]
    last = c.origem(
        "select papmi_paper_dr from sqluser.pa_adm join sqluser.pa_patmas on papmi_rowid1 = paadm_papmi_dr order by 1 desc limit 1"
    )[0][0]
    c.origem("update sqluser.pa_adm set paadm_depcode_dr = 1 where paadm_papmi_dr = (select papmi_rowid1 from sqluser.pa_patmas where papmi_paper_dr = %s)",
             last)  # fmt: skip
    c.load()
    assert c.prepare().pacientes == 1, "a turn ends, and what was made is sent before more is"
    assert c.fila("select chave from PendenciaIntegracao where situacao <> 'pendente'") == [(str(last),)]
    while c.prepare().pacientes:
        pass
    assert not c.runtime.fila(PENDENCIA).has_ready()
    c.close()


def test_whom_the_load_marks_behind_the_watermark_is_synchronised_all_the_same(postgres: Postgres, tmp_path: Path) -> None:
    c = Chain(postgres, tmp_path, 60)
    c.change(3)
    assert 0 < c.load() <= 3
    c.carga_inicial(page=7, delay="1 hour")
    c.load()
    copy = c.fila("select count(*) from PacienteSES where integracao_id = 2")
    assert copy == c.origem("select count(*) from sqluser.pacienteses")
    c.close()


def test_a_marker_that_a_driver_gives_as_text_settles_like_any_other(postgres: Postgres, tmp_path: Path) -> None:
    c = Chain(postgres, tmp_path, 20)
    for file, marker in (("change_pacienteses.sql", "s.atualizadoem AS"), ("probe_pacienteses.sql", "MAX(s.atualizadoem) AS")):
        ours = (sql_folder("trackcare") / file).read_text()
        (tmp_path / file).write_text(ours.replace(marker, f"CAST({marker.removesuffix(' AS')} AS varchar(40)) AS"))
    c.runtime.integracao = c.runtime.integracao.model_copy(update={"pasta_sql": tmp_path})
    c.runtime.queries.pasta_sql = tmp_path
    c.change(5)
    assert c.load() > 1
    c.load()
    with c.runtime.fusion.connect() as con:
        watermark = c.runtime.watermarks().read(con, "pacienteses")
    assert watermark is not None and not c.runtime.watcher().has_work({"pacienteses": watermark})
    c.close()


def test_a_nul_in_a_text_of_the_source_holds_up_nobody(chain: Chain) -> None:
    queries, replica = chain.runtime.queries, ReplicaTable(COPY, chain.runtime.integracao.integracao_id)
    with queries.engine.connect() as con:
        row = queries.rows(con, "change_pacienteses.sql", marcador=START, chave=None, limite=1)[0]
    with chain.runtime.fusion.connect() as con:
        assert [len(replica.write(con, [{**row, "nomemae": "A\x00na", "email": "\x00"}])) for _ in range(2)] == [1, 0]


def test_a_look_that_is_under_way_does_not_put_back_a_watermark_taken_away(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    carga = chain.runtime.carga()
    read = carga.queries.rows

    def interrupt(*args: Any, **binds: Any) -> Any:
        rows = read(*args, **binds)
        chain.runtime.forget_watermarks(None)
        return rows

    chain.load()
    chain.change(1)
    with monkeypatch.context() as m:
        m.setattr(carga.queries, "rows", interrupt)
        carga.run()
    assert chain.fila("select marcador from marca_dagua where origem = 'pacienteses' and processo = 'carga'") == [(None,)]


def test_after_a_restore_new_messages_have_control_ids_that_no_message_had(chain: Chain) -> None:
    dump = Backup(chain.dsn["fila"])
    chain.change(6)
    chain.everything()
    had = {control_id for _, control_id, _ in chain.mensagens()}
    dump.restore()
    chain.change(6)
    chain.everything()
    new = [control_id for _, control_id, _ in chain.mensagens() if control_id not in had]
    assert new and "erro" not in chain.situacoes()
    assert chain.fusion("select controle from mensagem_hl7 group by controle having count(*) > 1") == []
