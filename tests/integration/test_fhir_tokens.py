"""OAuth2 against a real token endpoint: secret, signed JWT, discovery; one renewal for all processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.config.model import Configuracao
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.tokens import CacheTokens
from include.fusion.http.tokens import Token
from sandbox.fhir.servidor import ServidorFhir

RAIZ = Path(__file__).resolve().parents[2]
CHAVES: dict[str, Any] = {
    "RS384": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
}


def pem(alg: str) -> str:
    formato = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return str(CHAVES[alg].private_bytes(*formato).decode())


def jwks() -> dict[str, Any]:
    algoritmos = {"RS384": jwt.algorithms.RSAAlgorithm, "ES384": jwt.algorithms.ECAlgorithm}
    return {"keys": [json.loads(a.to_jwk(CHAVES[n].public_key())) | {"kid": n} for n, a in algoritmos.items()]}


@pytest.fixture(scope="module")
def servidor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServidorFhir]:
    feito = ServidorFhir(tmp_path_factory.mktemp("fhir"), jwks=jwks()).iniciar()
    yield feito
    feito.parar()


@pytest.fixture
def cache(tmp_path: Path) -> CacheTokens:
    return CacheTokens(Cofre([Fernet.generate_key().decode()]), tmp_path / "tokens")


def config(url: str, tipo: str, acesso: dict[str, Any]) -> Configuracao:
    return Configuracao.model_validate({"baseUrl": url, "authType": tipo, "authConfig": acesso})


def pedir(configuracao: Configuracao, cache: CacheTokens, vezes: int = 1) -> list[Any]:
    """What the server answers to ``vezes`` requests at once; each must have been let in."""

    async def todos() -> list[Any]:
        async with ClienteFhir("t", configuracao, cache) as cliente:
            return [r.corpo for r in await asyncio.gather(*(cliente.pedir("GET", "Patient", "Patient") for _ in range(vezes)))]

    return asyncio.run(todos())


@pytest.mark.parametrize("tipo", ["oauth2", "basic", "apikey"])
def test_every_kind_of_credential_enters(servidor: ServidorFhir, cache: CacheTokens, tipo: str) -> None:
    acesso = servidor.acesso(tipo)
    assert pedir(config(servidor.url, tipo, acesso["authConfig"]), cache)


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
@pytest.mark.parametrize("descobrir", [False, True])
def test_a_signed_assertion_enters_also_where_the_server_says_where_to_take_it(
    servidor: ServidorFhir, cache: CacheTokens, alg: str, descobrir: bool
) -> None:
    acesso = {"clientId": f"hub-{alg}", "privateKey": pem(alg), "alg": alg, "kid": alg}
    if not descobrir:
        acesso["tokenUrl"] = f"{servidor.raiz}/auth/token"
    assert pedir(config(servidor.url, "oauth2", acesso), cache)


def test_a_key_of_the_other_kind_is_a_matter_of_settings(servidor: ServidorFhir, cache: CacheTokens) -> None:
    acesso = {"clientId": "hub-ES384", "privateKey": pem("RS384"), "alg": "ES384", "tokenUrl": f"{servidor.raiz}/auth/token"}
    with pytest.raises(ConfiguracaoInvalida, match="ES384"):
        pedir(config(servidor.url, "oauth2", acesso), cache)


@pytest.fixture
def emissor(httpserver: HTTPServer) -> list[float]:
    """A slow token endpoint, and a server that says which token it saw; the list says when the former was asked."""
    pedidos: list[float] = []

    def token(_: Request) -> Response:
        pedidos.append(time.monotonic())
        time.sleep(0.3)
        return Response(json.dumps({"access_token": f"t{len(pedidos)}", "token_type": "Bearer", "expires_in": 300}))

    def dizer(pedido: Request) -> Response:
        return Response(json.dumps({"viu": pedido.headers["Authorization"]}))

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/fhir/Patient").respond_with_handler(dizer)
    return pedidos


def com_segredo(servidor_http: HTTPServer) -> Configuracao:
    acesso = {"clientId": "c", "clientSecret": "s", "tokenUrl": servidor_http.url_for("/token")}
    return config(servidor_http.url_for("/fhir"), "oauth2", acesso)


def test_many_requests_share_one_renewal(httpserver: HTTPServer, emissor: list[float], cache: CacheTokens) -> None:
    assert {c["viu"] for c in pedir(com_segredo(httpserver), cache, 20)} == {"Bearer t1"}
    assert len(emissor) == 1


def test_threads_with_clients_of_their_own_share_one_renewal(httpserver: HTTPServer, emissor: list[float], cache: CacheTokens) -> None:
    correm = [threading.Thread(target=pedir, args=(com_segredo(httpserver), cache)) for _ in range(5)]
    for corrida in correm:
        corrida.start()
    for corrida in correm:
        corrida.join()
    assert len(emissor) == 1


_FILHO = """
import asyncio, sys
from pathlib import Path
from include.fusion.fhir.config.model import Configuracao
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.tokens import CacheTokens
async def main():
    config = Configuracao.model_validate_json(sys.argv[1])
    async with ClienteFhir("t", config, CacheTokens(Cofre([sys.argv[2]]), Path(sys.argv[3]))) as cliente:
        print((await cliente.pedir("GET", "Patient", "Patient")).corpo["viu"])
asyncio.run(main())
"""


def filhos(configuracao: Configuracao, chave: str, pasta: Path, quantos: int) -> list[subprocess.Popen[str]]:
    corpo = json.dumps(configuracao.model_dump(by_alias=True) | {"authConfig": configuracao.segredos()})
    comando = [sys.executable, "-c", _FILHO, corpo, chave, str(pasta)]
    return [subprocess.Popen(comando, cwd=RAIZ, stdout=subprocess.PIPE, text=True, env={**os.environ}) for _ in range(quantos)]


def test_processes_share_one_renewal_and_no_file_shows_the_token(httpserver: HTTPServer, emissor: list[float], tmp_path: Path) -> None:
    chave = Fernet.generate_key().decode()
    ditos = [f.communicate(timeout=60)[0].strip() for f in filhos(com_segredo(httpserver), chave, tmp_path / "t", 4)]
    assert (ditos, len(emissor)) == (["Bearer t1"] * 4, 1)
    for arquivo in (tmp_path / "t").iterdir():
        assert "t1" not in arquivo.read_text() and arquivo.stat().st_mode & 0o077 == 0


def test_a_process_killed_while_renewing_holds_nobody_up(httpserver: HTTPServer, emissor: list[float], tmp_path: Path) -> None:
    chave = Fernet.generate_key().decode()
    [vitima] = filhos(com_segredo(httpserver), chave, tmp_path / "t", 1)
    while not emissor:
        time.sleep(0.02)
    vitima.kill()
    [outro] = filhos(com_segredo(httpserver), chave, tmp_path / "t", 1)
    assert outro.communicate(timeout=60)[0].strip() == "Bearer t2"
    vitima.communicate()


def test_renewals_that_wait_for_another_process_take_no_thread(httpserver: HTTPServer, cache: CacheTokens) -> None:
    configuracao = com_segredo(httpserver)

    async def esperar() -> float:
        async with AsyncExitStack() as abertos:
            tenants = [f"t{n}" for n in range(40)]
            for tenant in tenants:
                await abertos.enter_async_context(cache.trava((tenant, httpserver.url_for("/token"), "c", configuracao.auth_config.scope)))  # type: ignore[union-attr]
            clientes = [await abertos.enter_async_context(ClienteFhir(t, configuracao, cache)) for t in tenants]
            esperam = [asyncio.create_task(cliente.autenticar()) for cliente in clientes]
            await asyncio.sleep(0.3)
            inicio = time.monotonic()
            await asyncio.wait_for(asyncio.to_thread(lambda: None), 5)
            for tarefa in esperam:
                tarefa.cancel()
            await asyncio.gather(*esperam, return_exceptions=True)
            return time.monotonic() - inicio

    assert asyncio.run(esperar()) < 1


def test_a_token_is_renewed_before_it_ends_and_a_refused_one_is_dropped_once(cache: CacheTokens) -> None:
    acesso = ("t", "u", "c", "s")
    cache.guardar(acesso, Token.de("velho", 300, time.time() - 271))
    assert cache.ler(acesso) is None
    cache.guardar(acesso, Token.de("novo", 300))
    cache.largar(acesso, "velho")
    assert cache.ler(acesso) is not None
    cache.largar(acesso, "novo")
    assert cache.ler(acesso) is None


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aberta").mkdir(mode=0o755)
    with pytest.raises(ConfiguracaoInvalida, match="only this account"):
        CacheTokens(Cofre([Fernet.generate_key().decode()]), tmp_path / "aberta")
