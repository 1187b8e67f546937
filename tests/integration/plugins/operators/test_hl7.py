"""``HL7SendOperator``: messages from anywhere, over MLLP and HTTP, in a DAG that knows nothing of the hub."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators import HL7SendOperator
from include.fusion.errors import FusionUnavailable
from sandbox.fusion.servidor import FusionServer
from sandbox.mllp.servidor import MllpServer
from tests.integration.hl7.helpers import BOA, sql, stored
from tests.unit.hl7.samples import all_of_them, mixture, settings

pytest_plugins = ["tests.integration.hl7.fixtures"]

MESSAGES = list(mixture(settings(), 0, 6))
TEXTS = [m.body.decode("latin-1") for m in MESSAGES]
CONTROL_IDS = [m.controle for m in MESSAGES]
SEM_NUMERO = re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", all_of_them(settings())["A08"].body)
"""The receiver answers AE 101."""


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch, mllp: MllpServer) -> Any:
    def write(**fields: Any) -> str:
        value = json.dumps({"conn_type": "mllp", "host": "127.0.0.1", "port": mllp.port, **fields})
        monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", value)
        return value

    write()
    return write


def send(**fields: Any) -> dict[str, int]:
    return HL7SendOperator(task_id="enviar", hl7_conn_id="hl7_teste", **fields).execute({})


def on_disk(folder: Path, name: str, *messages: bytes) -> str:
    (folder / name).write_bytes(b"".join(messages))
    return str(folder / name)


def batch(*messages: bytes, end: bytes = b"\r") -> bytes:
    rows = [
        b"FHS|^~\\&|X",
        b"BHS|^~\\&|X",
        *(m.rstrip(b"\r").replace(b"\r", end) for m in messages),
        b"BTS|%d" % len(messages),
        b"FTS|1",
    ]
    return end.join(rows) + end


# --- what is sent ------------------------------------------------------------------------------------------------------


def test_texts_and_files_travel_in_their_order(connection: Any, dsn: str, tmp_path: Path) -> None:
    one = on_disk(tmp_path, "uma.hl7", MESSAGES[2].body)
    several = on_disk(tmp_path, "lote.hl7", batch(*(m.body for m in MESSAGES[3:])))
    assert send(mensagens=TEXTS[:2], arquivos=[one, several]) == {"enviadas": 6}
    assert stored(dsn) == CONTROL_IDS


@pytest.mark.parametrize("fim", ["\r", "\n", "\r\n"])
def test_line_ends_of_any_kind_arrive_as_cr(connection: Any, dsn: str, tmp_path: Path, fim: str) -> None:
    file = on_disk(tmp_path, "lote.hl7", batch(MESSAGES[1].body, end=fim.encode()))
    send(mensagens=[fim + TEXTS[0].replace("\r", fim) + fim], arquivos=[file])
    kept = sql(dsn, "select corpo from mensagem_hl7 order by id")
    assert [c for (c,) in kept] == [t.removesuffix("\r") for t in TEXTS[:2]]


@pytest.mark.parametrize("charset", ["8859/1", "UNICODE UTF-8"])
def test_the_bytes_are_what_msh_18_says(connection: Any, dsn: str, charset: str) -> None:
    text = all_of_them(settings(charset=charset, versao="2.5.1"))["A01"].body.decode("latin-1" if charset == "8859/1" else "utf-8")
    send(mensagens=[text])
    # The receiver reads by MSH-18: other bytes would be refused or come out as other letters.
    assert sql(dsn, "select corpo from mensagem_hl7") == [(text.removesuffix("\r"),)] and "CONCEIÇÃO" in text


def test_each_message_of_one_text_has_its_own_charset(connection: Any, dsn: str) -> None:
    other = all_of_them(settings(charset="UNICODE UTF-8"))["A31"].body.decode()
    assert send(mensagens=BOA.decode("latin-1") + other) == {"enviadas": 2}
    assert all("CONCEIÇÃO" in body for (body,) in sql(dsn, "select corpo from mensagem_hl7"))


@pytest.mark.parametrize("integracao_id", [2, None])
def test_over_http_the_integrations_number_is_needed(
    connection: Any, fusion: FusionServer, dsn_fusion: str, integracao_id: int | None
) -> None:
    connection(conn_type="http", schema="http", port=int(fusion.url.rpartition(":")[2]), password=fusion.token)
    if integracao_id is None:
        with pytest.raises(Exception, match="integracao_id"):
            send(mensagens=TEXTS)
    else:
        assert send(mensagens=TEXTS, integracao_id=2) == {"enviadas": 6} and stored(dsn_fusion) == CONTROL_IDS


# --- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_refused_message_fails_the_task_at_once_and_the_others_were_sent(connection: Any, dsn: str) -> None:
    with pytest.raises(AirflowFailException) as error:
        send(mensagens=[TEXTS[0], SEM_NUMERO.decode("latin-1"), TEXTS[1]])
    control_id = all_of_them(settings())["A08"].controle
    assert str(error.value) == f"1 mensagens recusadas: {control_id}: Fusion recusou a mensagem HL7: AE 101 (campo obrigatório ausente)"
    assert stored(dsn) == CONTROL_IDS[:2]


def test_of_many_refused_messages_only_the_first_are_named(connection: Any, mllp: MllpServer) -> None:
    mllp.falhas(parcela_ae=1)
    with pytest.raises(AirflowFailException, match=r"^12 mensagens recusadas") as error:
        send(mensagens=[m.body.decode("latin-1") for m in mixture(settings(), 100, 12)])
    assert str(error.value).count("AE 102") == 10


@pytest.mark.parametrize("failure", ["parcela_ar", "parcela_corta_depois", "parcela_muda", "parcela_msa_errado"])
def test_an_outage_is_retried_and_what_had_been_taken_is_known_again(
    connection: Any, mllp: MllpServer, dsn: str, failure: str, caplog: pytest.LogCaptureFixture
) -> None:
    connection(extra={"timeout": 1})
    send(mensagens=TEXTS[:2])
    mllp.falhas(**{failure: 1})
    with pytest.raises(FusionUnavailable) as error:
        send(mensagens=TEXTS)
    mllp.falhas()
    assert send(mensagens=TEXTS) == {"enviadas": 6} and stored(dsn) == CONTROL_IDS
    assert "CONCEI" not in str(error.value) + caplog.text


def test_nobody_listening_is_an_outage(connection: Any) -> None:
    connection(port=1)
    with pytest.raises(FusionUnavailable, match="sem conexão MLLP"):
        send(mensagens=TEXTS)


@pytest.mark.parametrize(
    ("texto", "motivo"),
    [
        ("PID|1||MARIA\r", "mensagem 2: MSH: não começa por um segmento MSH"), ("", "mensagem 2: arquivo: nenhuma mensagem"),
        (TEXTS[1].replace(CONTROL_IDS[1], ""), "mensagem 2: MSH-10: sem número de controle"),
        (TEXTS[1].replace("8859/1", "UTF-8"), "mensagem 2: MSH-18: charset desconhecido"),
        (TEXTS[1].replace("8859/1", "ASCII"), "mensagem 2: PID-5: caractere U.00C7 não existe no charset ASCII"),
        (TEXTS[1].replace("|8859/1", ""), "mensagem 2: PID-5: caractere U.00C7 não existe no charset ASCII"),
        ("BHS|^~\\&|X\r" + TEXTS[1] + "BTS|2\r", "mensagem 2: BTS-1: mensagens no lote: a contagem não confere"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_before_anything_leaves(connection: Any, dsn: str, texto: str, motivo: str) -> None:
    with pytest.raises(AirflowFailException, match=motivo) as error:
        send(mensagens=[TEXTS[0], texto])
    assert stored(dsn) == [] and not re.search("MARIA|CONCEI", str(error.value))


def test_a_file_whose_bytes_are_not_what_it_says_does_not_leave(connection: Any, dsn: str, tmp_path: Path) -> None:
    file = on_disk(tmp_path, "errado.hl7", BOA.replace(b"8859/1", b"UNICODE UTF-8"))
    with pytest.raises(AirflowFailException, match="arquivo 1: MSH-18: os bytes não estão em UNICODE UTF-8"):
        send(arquivos=file)
    assert stored(dsn) == []


# --- in a DAG of somebody else -----------------------------------------------------------------------------------------

_FOREIGN = """
from airflow.sdk import DAG, task
from fusion_airflow.operators import HL7SendOperator

with DAG("alheia", schedule=None):
    @task(show_return_value_in_logs=False)
    def escrever():
        with open("MENSAGEM", encoding="latin-1", newline="") as arquivo:
            return arquivo.read()

    feita = escrever()
    HL7SendOperator(task_id="da_tarefa", hl7_conn_id="hl7_teste", mensagens=feita)
    feita >> HL7SendOperator(
        task_id="do_arquivo", hl7_conn_id="hl7_teste", arquivos=["{{ dag_run.conf.arquivo }}"], mensagens="{{ ti.xcom_pull('escrever') }}"
    )
"""


def test_it_works_in_a_foreign_dag_with_templates_and_another_tasks_output(connection: Any, world: Any, dsn: str, tmp_path: Path) -> None:
    one, other = (on_disk(tmp_path, f"{n}.hl7", MESSAGES[n].body) for n in (0, 1))
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "alheia.py").write_text(_FOREIGN.replace("MENSAGEM", one))
    said = world.airflow.run_task("alheia", {"arquivo": other}, tmp_path / "dags", AIRFLOW_CONN_HL7_TESTE=connection())
    assert sorted(stored(dsn)) == sorted(CONTROL_IDS[:2]) and "CONCEI" not in said
