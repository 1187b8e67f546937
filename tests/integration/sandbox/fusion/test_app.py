"""The sandbox Fusion as its callers see it: real HTTP, real PostgreSQL, faults and restarts included."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests

from sandbox.fusion.servidor import FusionServer
from sandbox.postgres import Postgres
from tests.unit.model.test_atendimento_contract import maximum

HL7 = (
    "MSH|^~\\&|TRAK|HRAN|FUSION|FUSION|20240101100000-0300||ADT^A08^ADT_A01|{controle}|P|2.4||||||UNICODE UTF-8\r"
    "EVN||20240101100000-0300\rPID|||77^^^HRAN^PI||{nome}^JOSE\rPV1||O||||||||||||||||||V9\r"
)


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FusionServer]:
    ready = FusionServer(postgres.create_database("fusion_teste"), tmp_path_factory.mktemp("fusion"), layouts=(7, 9)).start_run()
    yield ready
    ready.stop()


@pytest.fixture
def fusion(server: FusionServer) -> Iterator[FusionServer]:
    yield server
    server.start_run().clear_faults()


def call(f: FusionServer, method: str, path: str, key: str | None = None, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {f.token}", "Idempotency-Key": key or secrets.token_hex(8), **options.pop("headers", {})}
    return requests.request(method, f.url + path, headers=headers, timeout=15, **options)


def request(code: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"integracaoId": 12, "atendimento": {**maximum(), "codigo": code or secrets.token_hex(6), **fields}}


def applied(f: FusionServer, code: str) -> int:
    with psycopg2.connect(f._environment["FUSION_DSN"]) as con, con.cursor() as cur:
        cur.execute("select count(*) from aplicacao where codigo = %s", (code,))
        return int(cur.fetchone()[0])  # type: ignore[index]


def test_an_attendance_is_applied_and_read_back(fusion: FusionServer) -> None:
    body = request("A/1 ç")
    assert call(fusion, "POST", "/api/Atendimento", json=body).json() | {"id": 0} == {
        "id": 0, "aplicado": True, "repetido": False, "versao": 1,
    }  # fmt: skip
    assert call(fusion, "GET", "/api/Atendimento/12/A%2F1%20%C3%A7").json()["atendimento"] == body["atendimento"]


@pytest.mark.parametrize(
    ("path", "valor", "field"),
    [
        (("paciente", "cpf"), "52998224724", "$.atendimento.paciente.cpf"),
        (("paciente", "cns"), "700000000000006", "$.atendimento.paciente.cns"),
        (("paciente", "apelido"), "ZEZINHO", "$.atendimento.paciente.apelido"),
        (("paciente", "MARIA DAS DORES"), 1, "$.atendimento.paciente"),
        (("paciente", "sexo"), "ZZSEXO", "$.atendimento.paciente.sexo"),
        (("diagnosticos", 0, "cid10"), "E119", "$.atendimento.diagnosticos[0].cid10"),
        (("dataInicio",), "2024-01-01T10:00:00", "$.atendimento.dataInicio"),
        (("sinaisVitais", 3, "valor"), "99,77", "$.atendimento.sinaisVitais[3].valor"),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(fusion: FusionServer, path: tuple[Any, ...], valor: Any, field: str) -> None:
    body = request()
    target = body["atendimento"]
    for part in path[:-1]:
        target = target[part]
    target[path[-1]] = valor
    response = call(fusion, "POST", "/api/Atendimento", json=body)
    assert (response.status_code, response.json()["campo"]) == (422, field)
    assert response.headers["content-type"] == "application/problem+json"
    assert str(valor) not in response.json()["detail"] and "DORES" not in response.text


def test_a_missing_field_is_named(fusion: FusionServer) -> None:
    body = request()
    del body["atendimento"]["paciente"]["nome"]
    assert call(fusion, "POST", "/api/Atendimento", json=body).json()["campo"] == "$.atendimento.paciente.nome"


def test_a_refusal_is_logged_with_its_record(fusion: FusionServer) -> None:
    before = call(fusion, "GET", "/_sandbox/resumo?integracao=12").json()["recusas"]
    call(fusion, "POST", "/api/Atendimento", json=request(tipo="X"))
    assert call(fusion, "GET", "/_sandbox/resumo?integracao=12").json()["recusas"] == before + 1


def test_a_repeated_key_answers_again_and_applies_nothing(fusion: FusionServer) -> None:
    body = request("R1")
    first, second_time = (call(fusion, "POST", "/api/Atendimento", "chave-r1", json=body).json() for _ in range(2))
    assert second_time == {**first, "repetido": True}
    assert applied(fusion, "R1") == 1


def test_twins_at_the_same_moment_are_applied_once(fusion: FusionServer) -> None:
    body = request("G1")
    with ThreadPoolExecutor(8) as group:
        answers = list(group.map(lambda _: call(fusion, "POST", "/api/Atendimento", "chave-g1", json=body).json(), range(16)))
    assert sorted(r["repetido"] for r in answers) == [False] + [True] * 15
    assert applied(fusion, "G1") == 1


def test_a_key_used_for_another_request_is_a_conflict(fusion: FusionServer) -> None:
    call(fusion, "POST", "/api/Atendimento", "chave-c1", json=request("C1"))
    assert call(fusion, "POST", "/api/Atendimento", "chave-c1", json=request("C2")).status_code == 409
    assert applied(fusion, "C2") == 0


def test_a_write_needs_a_key(fusion: FusionServer) -> None:
    response = requests.post(f"{fusion.url}/api/Atendimento", json=request(), headers={"X-API-Key": fusion.token}, timeout=15)
    assert response.status_code == 400


@pytest.mark.parametrize("headers", [{"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}])
def test_without_a_credential_nothing_is_done(fusion: FusionServer, headers: dict[str, str]) -> None:
    assert call(fusion, "POST", "/api/Atendimento", json=request("N1"), headers=headers).status_code == 401
    assert applied(fusion, "N1") == 0


def test_basic_and_api_key_are_credentials_too(fusion: FusionServer) -> None:
    assert requests.get(f"{fusion.url}/api/PendenciaIntegracao", auth=("fusion", fusion.password), timeout=15).status_code == 200
    assert requests.get(f"{fusion.url}/api/PendenciaIntegracao", headers={"X-API-Key": fusion.token}, timeout=15).status_code == 200


def test_oauth2_gives_a_token_that_outlives_a_restart(fusion: FusionServer) -> None:
    form = {"grant_type": "client_credentials", "client_id": "hub", "client_secret": fusion.secret}
    token = requests.post(f"{fusion.url}/oauth/token", data=form, timeout=15).json()
    fusion.stop()
    fusion.start_run()
    authorization = {"Authorization": f"Bearer {token['access_token']}"}
    assert token["expires_in"] == 300
    assert call(fusion, "GET", "/api/PendenciaIntegracao", headers=authorization).status_code == 200
    assert requests.post(f"{fusion.url}/oauth/token", data={**form, "client_secret": "x"}, timeout=15).status_code == 401


def test_a_strict_server_refuses_expired_tokens_foreign_integrations_and_common_administrators(postgres: Postgres, tmp_path: Path) -> None:
    options: dict[str, Any] = {"integracoes": (65,), "token_admin": "chefe", "auth_kinds": ("oauth2",), "token_validity": 0}
    server = FusionServer(postgres.create_database("fusion_teste"), tmp_path, **options).start_run()
    try:
        form = {"grant_type": "client_credentials"}
        expired = requests.post(f"{server.url}/oauth/token", data=form, auth=("hub", server.secret), timeout=15).json()
        header = {"Authorization": f"Bearer {expired['access_token']}"}
        assert call(server, "GET", "/api/PendenciaIntegracao", headers=header).status_code == 401
        assert call(server, "GET", "/api/PendenciaIntegracao").status_code == 401
        assert server.falhas()["feitas"] == {}
    finally:
        server.stop()
    common = FusionServer(postgres.create_database("fusion_teste"), tmp_path, integracoes=(65,), token_admin="chefe").start_run()
    try:
        assert call(common, "POST", "/api/Atendimento", json=request()).status_code == 403
        assert call(common, "GET", "/_sandbox/resumo").status_code == 403
    finally:
        common.stop()


def test_too_many_requests_says_when_to_come_back(fusion: FusionServer) -> None:
    fusion.falhas(parcela_429=1, retry_after=3)
    response = call(fusion, "POST", "/api/Atendimento", json=request("T1"))
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
    assert applied(fusion, "T1") == 0


@pytest.mark.parametrize(
    ("failure", "vezes"),
    [
        ({"parcela_reset": 1}, 0),
        ({"parcela_reset": 1, "reset_depois_de_aplicar": True}, 1),
        ({"parcela_meia_resposta": 1}, 1),
    ],
)
def test_a_lost_answer_is_repaired_by_the_same_key(fusion: FusionServer, failure: dict[str, Any], vezes: int) -> None:
    code = secrets.token_hex(4)
    body = request(code)
    fusion.falhas(**failure)
    with pytest.raises(requests.RequestException):
        call(fusion, "POST", "/api/Atendimento", code, json=body).json()
    assert applied(fusion, code) == vezes
    assert sum(fusion.falhas()["feitas"].values()) >= 1
    fusion.clear_faults()
    assert call(fusion, "POST", "/api/Atendimento", code, json=body).json()["repetido"] is bool(vezes)
    assert applied(fusion, code) == 1


def test_a_killed_server_comes_back_at_the_same_address_and_remembers(fusion: FusionServer) -> None:
    body, address = request("K1"), fusion.url
    call(fusion, "POST", "/api/Atendimento", "chave-k1", json=body)
    fusion.stop(signal.SIGKILL)
    assert fusion.start_run().url == address
    assert call(fusion, "POST", "/api/Atendimento", "chave-k1", json=body).json()["repetido"] is True


def test_unknown_or_impossible_faults_are_refused(fusion: FusionServer) -> None:
    for bad in ({"parcela_418": 1}, {"parcela_429": 2}, {"parcela_429": 0.6, "parcela_500": 0.6}, {"atraso_ms": "1"}):
        assert call(fusion, "PUT", "/_sandbox/falhas", json=bad).status_code == 422


def test_the_same_seed_gives_the_same_faults(fusion: FusionServer) -> None:
    seen = []
    for _ in range(2):
        fusion.falhas(parcela_500=0.5, semente=7)
        seen.append([call(fusion, "GET", "/api/Atendimento/12/nada").status_code for _ in range(12)])
    assert seen[0] == seen[1] and set(seen[0]) == {404, 500}


def test_a_cancellation_is_a_version_and_an_unknown_one_is_no_error(fusion: FusionServer) -> None:
    call(fusion, "POST", "/api/Atendimento", json=request("X1"))
    path = "/api/Atendimento/12/X1?atualizadoEm=2024-01-01T10:00:00-03:00"
    cancelled = call(fusion, "DELETE", path, "chave-x1").json()
    assert (cancelled["aplicado"], cancelled["versao"]) == (True, 2)
    assert call(fusion, "DELETE", path, "chave-x1").json() == {**cancelled, "repetido": True}
    assert call(fusion, "GET", "/api/Atendimento/12/X1").json()["cancelado"] is True
    assert call(fusion, "DELETE", "/api/Atendimento/12/X2").json() == {"id": 0, "aplicado": False, "repetido": False, "versao": 0}


def test_a_json_layout_has_the_effect_of_an_attendance(fusion: FusionServer) -> None:
    body = request("J1")
    importacao = {"integracaoId": 65, "versaoLayout": "1.0", "registro": body["atendimento"]}
    assert call(fusion, "POST", "/api/Json/7", json=importacao).json()["versao"] == 1
    assert call(fusion, "GET", "/api/Atendimento/65/J1").json()["atendimento"] == body["atendimento"]
    assert call(fusion, "DELETE", "/api/Atendimento/65/J1").json()["versao"] == 2
    assert call(fusion, "POST", "/api/Json/8", json=importacao).status_code == 404
    assert call(fusion, "POST", "/api/Json/7", json={**importacao, "versaoLayout": "2"}).json()["campo"] == "$.versaoLayout"


def test_an_equal_change_sent_under_two_keys_is_reported_as_doubled(fusion: FusionServer) -> None:
    body = request("D1")
    for _ in range(2):
        call(fusion, "POST", "/api/Atendimento", json=body)
    items = call(fusion, "GET", "/_sandbox/duplicados?integracao=12").json()["itens"]
    assert [i["operacao"] for i in items if i["codigo"] == "D1"] == ["gravacao"]


def test_a_patient_has_a_life_of_its_own(fusion: FusionServer) -> None:
    paciente = request()["atendimento"]["paciente"]
    assert call(fusion, "POST", "/api/Paciente", json={"integracaoId": 12, "paciente": paciente}).json()["versao"] == 1
    path = f"/api/Paciente/12/{paciente['codigo']}"
    assert call(fusion, "GET", path).json()["paciente"] == paciente
    assert call(fusion, "DELETE", path).json()["aplicado"] is True


@pytest.mark.parametrize(
    ("controller", "body"),
    [
        ("PendenciaIntegracao", {"integracaoId": 4, "entidade": "PACIENTE", "codigo": "9", "operacao": "ALTERACAO"}),
        ("AplicacaoPendencia", {"integracaoOrigem": 4, "aplicacao": "Skymed", "metodo": "Agendar", "idEntidade": "9"}),
    ],
)
def test_a_pending_call_is_registered_listed_and_concluded(fusion: FusionServer, controller: str, body: dict[str, Any]) -> None:
    path, body = f"/api/{controller}", {**body, "dataRegistro": "2024-01-01T10:00:00-03:00"}
    call(fusion, "POST", path, json=body)
    assert [i["pendencia"] for i in call(fusion, "GET", f"{path}?integracaoId=4&abertas=true").json()["itens"]] == [body]
    call(fusion, "POST", path, json={**body, "dataProcessamento": "2024-01-01T11:00:00-03:00"})
    assert call(fusion, "GET", f"{path}?integracaoId=4&abertas=true").json()["itens"] == []


def send_hl7(f: FusionServer, text: str) -> list[str]:
    response = call(f, "POST", "/api/HL7/45", data=text.encode(), headers={"Content-Type": "application/hl7-v2"})
    assert response.status_code == 200
    return response.text.split("\r")[1].split("|")


def test_an_hl7_message_is_stored_once_and_acknowledged(fusion: FusionServer) -> None:
    message = HL7.format(controle="M1", nome="GONÇALVES")
    assert send_hl7(fusion, message)[:3] == send_hl7(fusion, message)[:3] == ["MSA", "AA", "M1"]
    assert call(fusion, "GET", "/_sandbox/resumo?integracao=45").json()["mensagens_hl7"] == 1


@pytest.mark.parametrize(
    ("texto", "codigo"),
    [
        ("PID|1\r", "AR"),
        (HL7.format(controle="M2", nome="X").replace("|2.4|", "|9.9|"), "AR"),
        (HL7.format(controle="", nome="X"), "AE"),
        (HL7.format(controle="M3", nome="X").replace("\r", "\n"), "AR"),
        (HL7.format(controle="M5", nome="X").replace("PID|||77^^^HRAN^PI", "PID|||"), "AE"),
    ],
)
def test_a_bad_hl7_message_is_told_what_kind_of_bad(fusion: FusionServer, texto: str, codigo: str) -> None:
    assert send_hl7(fusion, texto)[1] == codigo


def test_a_control_id_with_another_text_is_an_error(fusion: FusionServer) -> None:
    send_hl7(fusion, HL7.format(controle="M9", nome="A"))
    assert send_hl7(fusion, HL7.format(controle="M9", nome="B"))[1] == "AE"


def test_the_server_publishes_its_contract_and_keeps_data_out_of_its_log(fusion: FusionServer) -> None:
    assert requests.get(f"{fusion.url}/openapi.json", timeout=15).json()["info"]["title"].startswith("Fusion")
    record = (fusion.folder / "fusion.log").read_text()
    assert "José" not in record and "52998224725" not in record and fusion.token not in record
