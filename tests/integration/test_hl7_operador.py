"""``HL7SendOperator``: messages from anywhere, over MLLP and HTTP, in a DAG that knows nothing of the hub."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from fusion_airflow.operators import HL7SendOperator
from include.fusion.errors import FusionIndisponivel
from sandbox.fusion.servidor import ServidorFusion
from sandbox.mllp.servidor import ServidorMllp
from tests.integration.hl7_envio_apoio import BOA, guardadas, sql
from tests.unit.hl7_apoio import ajustes, mistura, todas

pytest_plugins = ["tests.integration.hl7_pecas"]

MENSAGENS = list(mistura(ajustes(), 0, 6))
TEXTOS = [m.corpo.decode("latin-1") for m in MENSAGENS]
CONTROLES = [m.controle for m in MENSAGENS]
SEM_NUMERO = re.sub(rb"PID\|1\|\|[^|]*", b"PID|1||", todas(ajustes())["A08"].corpo)
"""The receiver answers AE 101."""


@pytest.fixture
def conexao(monkeypatch: pytest.MonkeyPatch, mllp: ServidorMllp) -> Any:
    def gravar(**campos: Any) -> str:
        valor = json.dumps({"conn_type": "mllp", "host": "127.0.0.1", "port": mllp.porta, **campos})
        monkeypatch.setenv("AIRFLOW_CONN_HL7_TESTE", valor)
        return valor

    gravar()
    return gravar


def enviar(**campos: Any) -> dict[str, int]:
    return HL7SendOperator(task_id="enviar", hl7_conn_id="hl7_teste", **campos).execute({})


def no_disco(pasta: Path, nome: str, *mensagens: bytes) -> str:
    (pasta / nome).write_bytes(b"".join(mensagens))
    return str(pasta / nome)


def lote(*mensagens: bytes, fim: bytes = b"\r") -> bytes:
    linhas = [
        b"FHS|^~\\&|X",
        b"BHS|^~\\&|X",
        *(m.rstrip(b"\r").replace(b"\r", fim) for m in mensagens),
        b"BTS|%d" % len(mensagens),
        b"FTS|1",
    ]
    return fim.join(linhas) + fim


# --- what is sent ------------------------------------------------------------------------------------------------------


def test_texts_and_files_travel_in_their_order(conexao: Any, dsn: str, tmp_path: Path) -> None:
    um = no_disco(tmp_path, "uma.hl7", MENSAGENS[2].corpo)
    varias = no_disco(tmp_path, "lote.hl7", lote(*(m.corpo for m in MENSAGENS[3:])))
    assert enviar(mensagens=TEXTOS[:2], arquivos=[um, varias]) == {"enviadas": 6}
    assert guardadas(dsn) == CONTROLES


@pytest.mark.parametrize("fim", ["\r", "\n", "\r\n"])
def test_line_ends_of_any_kind_arrive_as_cr(conexao: Any, dsn: str, tmp_path: Path, fim: str) -> None:
    arquivo = no_disco(tmp_path, "lote.hl7", lote(MENSAGENS[1].corpo, fim=fim.encode()))
    enviar(mensagens=[fim + TEXTOS[0].replace("\r", fim) + fim], arquivos=[arquivo])
    guardados = sql(dsn, "select corpo from mensagem_hl7 order by id")
    assert [c for (c,) in guardados] == [t.removesuffix("\r") for t in TEXTOS[:2]]


@pytest.mark.parametrize("charset", ["8859/1", "UNICODE UTF-8"])
def test_the_bytes_are_what_msh_18_says(conexao: Any, dsn: str, charset: str) -> None:
    texto = todas(ajustes(charset=charset, versao="2.5.1"))["A01"].corpo.decode("latin-1" if charset == "8859/1" else "utf-8")
    enviar(mensagens=[texto])
    # The receiver reads by MSH-18: other bytes would be refused or come out as other letters.
    assert sql(dsn, "select corpo from mensagem_hl7") == [(texto.removesuffix("\r"),)] and "CONCEIÇÃO" in texto


def test_each_message_of_one_text_has_its_own_charset(conexao: Any, dsn: str) -> None:
    outra = todas(ajustes(charset="UNICODE UTF-8"))["A31"].corpo.decode()
    assert enviar(mensagens=BOA.decode("latin-1") + outra) == {"enviadas": 2}
    assert all("CONCEIÇÃO" in corpo for (corpo,) in sql(dsn, "select corpo from mensagem_hl7"))


@pytest.mark.parametrize("integracao_id", [2, None])
def test_over_http_the_integrations_number_is_needed(
    conexao: Any, fusion: ServidorFusion, dsn_fusion: str, integracao_id: int | None
) -> None:
    conexao(conn_type="http", schema="http", port=int(fusion.url.rpartition(":")[2]), password=fusion.token)
    if integracao_id is None:
        with pytest.raises(Exception, match="integracao_id"):
            enviar(mensagens=TEXTOS)
    else:
        assert enviar(mensagens=TEXTOS, integracao_id=2) == {"enviadas": 6} and guardadas(dsn_fusion) == CONTROLES


# --- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_refused_message_fails_the_task_at_once_and_the_others_were_sent(conexao: Any, dsn: str) -> None:
    with pytest.raises(AirflowFailException) as erro:
        enviar(mensagens=[TEXTOS[0], SEM_NUMERO.decode("latin-1"), TEXTOS[1]])
    controle = todas(ajustes())["A08"].controle
    assert str(erro.value) == f"1 mensagens recusadas: {controle}: Fusion recusou a mensagem HL7: AE 101 (campo obrigatório ausente)"
    assert guardadas(dsn) == CONTROLES[:2]


def test_of_many_refused_messages_only_the_first_are_named(conexao: Any, mllp: ServidorMllp) -> None:
    mllp.falhas(parcela_ae=1)
    with pytest.raises(AirflowFailException, match=r"^12 mensagens recusadas") as erro:
        enviar(mensagens=[m.corpo.decode("latin-1") for m in mistura(ajustes(), 100, 12)])
    assert str(erro.value).count("AE 102") == 10


@pytest.mark.parametrize("falha", ["parcela_ar", "parcela_corta_depois", "parcela_muda", "parcela_msa_errado"])
def test_an_outage_is_retried_and_what_had_been_taken_is_known_again(
    conexao: Any, mllp: ServidorMllp, dsn: str, falha: str, caplog: pytest.LogCaptureFixture
) -> None:
    conexao(extra={"timeout": 1})
    enviar(mensagens=TEXTOS[:2])
    mllp.falhas(**{falha: 1})
    with pytest.raises(FusionIndisponivel) as erro:
        enviar(mensagens=TEXTOS)
    mllp.falhas()
    assert enviar(mensagens=TEXTOS) == {"enviadas": 6} and guardadas(dsn) == CONTROLES
    assert "CONCEI" not in str(erro.value) + caplog.text


def test_nobody_listening_is_an_outage(conexao: Any) -> None:
    conexao(port=1)
    with pytest.raises(FusionIndisponivel, match="sem conexão MLLP"):
        enviar(mensagens=TEXTOS)


@pytest.mark.parametrize(
    ("texto", "motivo"),
    [
        ("PID|1||MARIA\r", "mensagem 2: MSH: não começa por um segmento MSH"), ("", "mensagem 2: arquivo: nenhuma mensagem"),
        (TEXTOS[1].replace(CONTROLES[1], ""), "mensagem 2: MSH-10: sem número de controle"),
        (TEXTOS[1].replace("8859/1", "UTF-8"), "mensagem 2: MSH-18: charset desconhecido"),
        (TEXTOS[1].replace("8859/1", "ASCII"), "mensagem 2: PID-5: caractere U.00C7 não existe no charset ASCII"),
        (TEXTOS[1].replace("|8859/1", ""), "mensagem 2: PID-5: caractere U.00C7 não existe no charset ASCII"),
        ("BHS|^~\\&|X\r" + TEXTOS[1] + "BTS|2\r", "mensagem 2: BTS-1: mensagens no lote: a contagem não confere"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_before_anything_leaves(conexao: Any, dsn: str, texto: str, motivo: str) -> None:
    with pytest.raises(AirflowFailException, match=motivo) as erro:
        enviar(mensagens=[TEXTOS[0], texto])
    assert guardadas(dsn) == [] and not re.search("MARIA|CONCEI", str(erro.value))


def test_a_file_whose_bytes_are_not_what_it_says_does_not_leave(conexao: Any, dsn: str, tmp_path: Path) -> None:
    arquivo = no_disco(tmp_path, "errado.hl7", BOA.replace(b"8859/1", b"UNICODE UTF-8"))
    with pytest.raises(AirflowFailException, match="arquivo 1: MSH-18: os bytes não estão em UNICODE UTF-8"):
        enviar(arquivos=arquivo)
    assert guardadas(dsn) == []


# --- in a DAG of somebody else -----------------------------------------------------------------------------------------

_ALHEIA = """
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


def test_it_works_in_a_foreign_dag_with_templates_and_another_tasks_output(conexao: Any, mundo: Any, dsn: str, tmp_path: Path) -> None:
    um, outro = (no_disco(tmp_path, f"{n}.hl7", MENSAGENS[n].corpo) for n in (0, 1))
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "alheia.py").write_text(_ALHEIA.replace("MENSAGEM", um))
    dito = mundo.airflow.rodar("alheia", {"arquivo": outro}, tmp_path / "dags", AIRFLOW_CONN_HL7_TESTE=conexao())
    assert sorted(guardadas(dsn)) == sorted(CONTROLES[:2]) and "CONCEI" not in dito
