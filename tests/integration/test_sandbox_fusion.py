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

from sandbox.fusion.servidor import ServidorFusion
from sandbox.postgres import Postgres
from tests.unit.test_contrato_fusion import maximo

HL7 = (
    "MSH|^~\\&|TRAK|HRAN|FUSION|FUSION|20240101100000-0300||ADT^A08^ADT_A01|{controle}|P|2.4||||||UNICODE UTF-8\r"
    "EVN||20240101100000-0300\rPID|||77^^^HRAN^PI||{nome}^JOSE\rPV1||O||||||||||||||||||V9\r"
)


@pytest.fixture(scope="module")
def servidor(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFusion]:
    pronto = ServidorFusion(postgres.criar_banco("fusion_teste"), tmp_path_factory.mktemp("fusion"), layouts=(7, 9)).iniciar()
    yield pronto
    pronto.parar()


@pytest.fixture
def fusion(servidor: ServidorFusion) -> Iterator[ServidorFusion]:
    yield servidor
    servidor.iniciar().limpar_falhas()


def chamar(f: ServidorFusion, metodo: str, rota: str, chave: str | None = None, **opcoes: Any) -> requests.Response:
    cabecalhos = {"Authorization": f"Bearer {f.token}", "Idempotency-Key": chave or secrets.token_hex(8), **opcoes.pop("headers", {})}
    return requests.request(metodo, f.url + rota, headers=cabecalhos, timeout=15, **opcoes)


def pedido(codigo: str | None = None, **campos: Any) -> dict[str, Any]:
    return {"integracaoId": 12, "atendimento": {**maximo(), "codigo": codigo or secrets.token_hex(6), **campos}}


def aplicacoes(f: ServidorFusion, codigo: str) -> int:
    with psycopg2.connect(f._ambiente["FUSION_DSN"]) as con, con.cursor() as cur:
        cur.execute("select count(*) from aplicacao where codigo = %s", (codigo,))
        return int(cur.fetchone()[0])  # type: ignore[index]


def test_an_attendance_is_applied_and_read_back(fusion: ServidorFusion) -> None:
    corpo = pedido("A/1 ç")
    assert chamar(fusion, "POST", "/api/Atendimento", json=corpo).json() | {"id": 0} == {
        "id": 0, "aplicado": True, "repetido": False, "versao": 1,
    }  # fmt: skip
    assert chamar(fusion, "GET", "/api/Atendimento/12/A%2F1%20%C3%A7").json()["atendimento"] == corpo["atendimento"]


@pytest.mark.parametrize(
    ("caminho", "valor", "campo"),
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
def test_a_wrong_field_is_named_and_its_value_is_not(fusion: ServidorFusion, caminho: tuple[Any, ...], valor: Any, campo: str) -> None:
    corpo = pedido()
    alvo = corpo["atendimento"]
    for parte in caminho[:-1]:
        alvo = alvo[parte]
    alvo[caminho[-1]] = valor
    resposta = chamar(fusion, "POST", "/api/Atendimento", json=corpo)
    assert (resposta.status_code, resposta.json()["campo"]) == (422, campo)
    assert resposta.headers["content-type"] == "application/problem+json"
    assert str(valor) not in resposta.json()["detail"] and "DORES" not in resposta.text


def test_a_missing_field_is_named(fusion: ServidorFusion) -> None:
    corpo = pedido()
    del corpo["atendimento"]["paciente"]["nome"]
    assert chamar(fusion, "POST", "/api/Atendimento", json=corpo).json()["campo"] == "$.atendimento.paciente.nome"


def test_a_refusal_is_logged_with_its_record(fusion: ServidorFusion) -> None:
    antes = chamar(fusion, "GET", "/_sandbox/resumo?integracao=12").json()["recusas"]
    chamar(fusion, "POST", "/api/Atendimento", json=pedido(tipo="X"))
    assert chamar(fusion, "GET", "/_sandbox/resumo?integracao=12").json()["recusas"] == antes + 1


def test_a_repeated_key_answers_again_and_applies_nothing(fusion: ServidorFusion) -> None:
    corpo = pedido("R1")
    primeira, segunda = (chamar(fusion, "POST", "/api/Atendimento", "chave-r1", json=corpo).json() for _ in range(2))
    assert segunda == {**primeira, "repetido": True}
    assert aplicacoes(fusion, "R1") == 1


def test_twins_at_the_same_moment_are_applied_once(fusion: ServidorFusion) -> None:
    corpo = pedido("G1")
    with ThreadPoolExecutor(8) as grupo:
        respostas = list(grupo.map(lambda _: chamar(fusion, "POST", "/api/Atendimento", "chave-g1", json=corpo).json(), range(16)))
    assert sorted(r["repetido"] for r in respostas) == [False] + [True] * 15
    assert aplicacoes(fusion, "G1") == 1


def test_a_key_used_for_another_request_is_a_conflict(fusion: ServidorFusion) -> None:
    chamar(fusion, "POST", "/api/Atendimento", "chave-c1", json=pedido("C1"))
    assert chamar(fusion, "POST", "/api/Atendimento", "chave-c1", json=pedido("C2")).status_code == 409
    assert aplicacoes(fusion, "C2") == 0


def test_a_write_needs_a_key(fusion: ServidorFusion) -> None:
    resposta = requests.post(f"{fusion.url}/api/Atendimento", json=pedido(), headers={"X-API-Key": fusion.token}, timeout=15)
    assert resposta.status_code == 400


@pytest.mark.parametrize("cabecalhos", [{"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}])
def test_without_a_credential_nothing_is_done(fusion: ServidorFusion, cabecalhos: dict[str, str]) -> None:
    assert chamar(fusion, "POST", "/api/Atendimento", json=pedido("N1"), headers=cabecalhos).status_code == 401
    assert aplicacoes(fusion, "N1") == 0


def test_basic_and_api_key_are_credentials_too(fusion: ServidorFusion) -> None:
    assert requests.get(f"{fusion.url}/api/PendenciaIntegracao", auth=("fusion", fusion.senha), timeout=15).status_code == 200
    assert requests.get(f"{fusion.url}/api/PendenciaIntegracao", headers={"X-API-Key": fusion.token}, timeout=15).status_code == 200


def test_oauth2_gives_a_token_that_outlives_a_restart(fusion: ServidorFusion) -> None:
    formulario = {"grant_type": "client_credentials", "client_id": "hub", "client_secret": fusion.segredo}
    token = requests.post(f"{fusion.url}/oauth/token", data=formulario, timeout=15).json()
    fusion.parar()
    fusion.iniciar()
    autorizacao = {"Authorization": f"Bearer {token['access_token']}"}
    assert token["expires_in"] == 300
    assert chamar(fusion, "GET", "/api/PendenciaIntegracao", headers=autorizacao).status_code == 200
    assert requests.post(f"{fusion.url}/oauth/token", data={**formulario, "client_secret": "x"}, timeout=15).status_code == 401


def test_a_strict_server_refuses_expired_tokens_foreign_integrations_and_common_administrators(postgres: Postgres, tmp_path: Path) -> None:
    opcoes = {"integracoes": (65,), "token_admin": "chefe", "autenticacoes": ("oauth2",), "validade_token": 0}
    servidor = ServidorFusion(postgres.criar_banco("fusion_teste"), tmp_path, **opcoes).iniciar()
    try:
        formulario = {"grant_type": "client_credentials"}
        vencido = requests.post(f"{servidor.url}/oauth/token", data=formulario, auth=("hub", servidor.segredo), timeout=15).json()
        cabecalho = {"Authorization": f"Bearer {vencido['access_token']}"}
        assert chamar(servidor, "GET", "/api/PendenciaIntegracao", headers=cabecalho).status_code == 401
        assert chamar(servidor, "GET", "/api/PendenciaIntegracao").status_code == 401
        assert servidor.falhas()["feitas"] == {}
    finally:
        servidor.parar()
    comum = ServidorFusion(postgres.criar_banco("fusion_teste"), tmp_path, integracoes=(65,), token_admin="chefe").iniciar()
    try:
        assert chamar(comum, "POST", "/api/Atendimento", json=pedido()).status_code == 403
        assert chamar(comum, "GET", "/_sandbox/resumo").status_code == 403
    finally:
        comum.parar()


def test_too_many_requests_says_when_to_come_back(fusion: ServidorFusion) -> None:
    fusion.falhas(parcela_429=1, retry_after=3)
    resposta = chamar(fusion, "POST", "/api/Atendimento", json=pedido("T1"))
    assert (resposta.status_code, resposta.headers["retry-after"]) == (429, "3")
    assert aplicacoes(fusion, "T1") == 0


@pytest.mark.parametrize(
    ("falha", "vezes"),
    [
        ({"parcela_reset": 1}, 0),
        ({"parcela_reset": 1, "reset_depois_de_aplicar": True}, 1),
        ({"parcela_meia_resposta": 1}, 1),
    ],
)
def test_a_lost_answer_is_repaired_by_the_same_key(fusion: ServidorFusion, falha: dict[str, Any], vezes: int) -> None:
    codigo = secrets.token_hex(4)
    corpo = pedido(codigo)
    fusion.falhas(**falha)
    with pytest.raises(requests.RequestException):
        chamar(fusion, "POST", "/api/Atendimento", codigo, json=corpo).json()
    assert aplicacoes(fusion, codigo) == vezes
    assert sum(fusion.falhas()["feitas"].values()) >= 1
    fusion.limpar_falhas()
    assert chamar(fusion, "POST", "/api/Atendimento", codigo, json=corpo).json()["repetido"] is bool(vezes)
    assert aplicacoes(fusion, codigo) == 1


def test_a_killed_server_comes_back_at_the_same_address_and_remembers(fusion: ServidorFusion) -> None:
    corpo, endereco = pedido("K1"), fusion.url
    chamar(fusion, "POST", "/api/Atendimento", "chave-k1", json=corpo)
    fusion.parar(signal.SIGKILL)
    assert fusion.iniciar().url == endereco
    assert chamar(fusion, "POST", "/api/Atendimento", "chave-k1", json=corpo).json()["repetido"] is True


def test_unknown_or_impossible_faults_are_refused(fusion: ServidorFusion) -> None:
    for ruim in ({"parcela_404": 1}, {"parcela_429": 2}, {"parcela_429": 0.6, "parcela_500": 0.6}, {"atraso_ms": "1"}):
        assert chamar(fusion, "PUT", "/_sandbox/falhas", json=ruim).status_code == 422


def test_the_same_seed_gives_the_same_faults(fusion: ServidorFusion) -> None:
    vistos = []
    for _ in range(2):
        fusion.falhas(parcela_500=0.5, semente=7)
        vistos.append([chamar(fusion, "GET", "/api/Atendimento/12/nada").status_code for _ in range(12)])
    assert vistos[0] == vistos[1] and set(vistos[0]) == {404, 500}


def test_a_cancellation_is_a_version_and_an_unknown_one_is_no_error(fusion: ServidorFusion) -> None:
    chamar(fusion, "POST", "/api/Atendimento", json=pedido("X1"))
    rota = "/api/Atendimento/12/X1?atualizadoEm=2024-01-01T10:00:00-03:00"
    cancelado = chamar(fusion, "DELETE", rota, "chave-x1").json()
    assert (cancelado["aplicado"], cancelado["versao"]) == (True, 2)
    assert chamar(fusion, "DELETE", rota, "chave-x1").json() == {**cancelado, "repetido": True}
    assert chamar(fusion, "GET", "/api/Atendimento/12/X1").json()["cancelado"] is True
    assert chamar(fusion, "DELETE", "/api/Atendimento/12/X2").json() == {"id": 0, "aplicado": False, "repetido": False, "versao": 0}


def test_a_json_layout_has_the_effect_of_an_attendance(fusion: ServidorFusion) -> None:
    corpo = pedido("J1")
    importacao = {"integracaoId": 65, "versaoLayout": "1.0", "registro": corpo["atendimento"]}
    assert chamar(fusion, "POST", "/api/Json/7", json=importacao).json()["versao"] == 1
    assert chamar(fusion, "GET", "/api/Atendimento/65/J1").json()["atendimento"] == corpo["atendimento"]
    assert chamar(fusion, "DELETE", "/api/Atendimento/65/J1").json()["versao"] == 2
    assert chamar(fusion, "POST", "/api/Json/8", json=importacao).status_code == 404
    assert chamar(fusion, "POST", "/api/Json/7", json={**importacao, "versaoLayout": "2"}).json()["campo"] == "$.versaoLayout"


def test_an_equal_change_sent_under_two_keys_is_reported_as_doubled(fusion: ServidorFusion) -> None:
    corpo = pedido("D1")
    for _ in range(2):
        chamar(fusion, "POST", "/api/Atendimento", json=corpo)
    itens = chamar(fusion, "GET", "/_sandbox/duplicados?integracao=12").json()["itens"]
    assert [i["operacao"] for i in itens if i["codigo"] == "D1"] == ["gravacao"]


def test_a_patient_has_a_life_of_its_own(fusion: ServidorFusion) -> None:
    paciente = pedido()["atendimento"]["paciente"]
    assert chamar(fusion, "POST", "/api/Paciente", json={"integracaoId": 12, "paciente": paciente}).json()["versao"] == 1
    rota = f"/api/Paciente/12/{paciente['codigo']}"
    assert chamar(fusion, "GET", rota).json()["paciente"] == paciente
    assert chamar(fusion, "DELETE", rota).json()["aplicado"] is True


@pytest.mark.parametrize(
    ("controlador", "corpo"),
    [
        ("PendenciaIntegracao", {"integracaoId": 4, "entidade": "PACIENTE", "codigo": "9", "operacao": "ALTERACAO"}),
        ("AplicacaoPendencia", {"integracaoOrigem": 4, "aplicacao": "Skymed", "metodo": "Agendar", "idEntidade": "9"}),
    ],
)
def test_a_pending_call_is_registered_listed_and_concluded(fusion: ServidorFusion, controlador: str, corpo: dict[str, Any]) -> None:
    rota, corpo = f"/api/{controlador}", {**corpo, "dataRegistro": "2024-01-01T10:00:00-03:00"}
    chamar(fusion, "POST", rota, json=corpo)
    assert [i["pendencia"] for i in chamar(fusion, "GET", f"{rota}?integracaoId=4&abertas=true").json()["itens"]] == [corpo]
    chamar(fusion, "POST", rota, json={**corpo, "dataProcessamento": "2024-01-01T11:00:00-03:00"})
    assert chamar(fusion, "GET", f"{rota}?integracaoId=4&abertas=true").json()["itens"] == []


def enviar_hl7(f: ServidorFusion, texto: str) -> list[str]:
    resposta = chamar(f, "POST", "/api/HL7/45", data=texto.encode(), headers={"Content-Type": "application/hl7-v2"})
    assert resposta.status_code == 200
    return resposta.text.split("\r")[1].split("|")


def test_an_hl7_message_is_stored_once_and_acknowledged(fusion: ServidorFusion) -> None:
    mensagem = HL7.format(controle="M1", nome="GONÇALVES")
    assert enviar_hl7(fusion, mensagem)[:3] == enviar_hl7(fusion, mensagem)[:3] == ["MSA", "AA", "M1"]
    assert chamar(fusion, "GET", "/_sandbox/resumo?integracao=45").json()["mensagens_hl7"] == 1


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
def test_a_bad_hl7_message_is_told_what_kind_of_bad(fusion: ServidorFusion, texto: str, codigo: str) -> None:
    assert enviar_hl7(fusion, texto)[1] == codigo


def test_a_control_id_with_another_text_is_an_error(fusion: ServidorFusion) -> None:
    enviar_hl7(fusion, HL7.format(controle="M9", nome="A"))
    assert enviar_hl7(fusion, HL7.format(controle="M9", nome="B"))[1] == "AE"


def test_the_server_publishes_its_contract_and_keeps_data_out_of_its_log(fusion: ServidorFusion) -> None:
    assert requests.get(f"{fusion.url}/openapi.json", timeout=15).json()["info"]["title"].startswith("Fusion")
    registro = (fusion.pasta / "fusion.log").read_text()
    assert "José" not in registro and "52998224725" not in registro and fusion.token not in registro
