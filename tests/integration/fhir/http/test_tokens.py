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

from include.fusion.errors import InvalidConfiguration
from include.fusion.fhir.config.model import FhirConfig, OAuth2
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.tokens import TokenCache
from include.fusion.http.tokens import Token
from sandbox.fhir.servidor import FhirServer
from tests import ROOT

KEYS: dict[str, Any] = {
    "RS384": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
}


def pem(alg: str) -> str:
    shape = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return str(KEYS[alg].private_bytes(*shape).decode())


def jwks() -> dict[str, Any]:
    algoritmos: dict[str, Any] = {"RS384": jwt.algorithms.RSAAlgorithm, "ES384": jwt.algorithms.ECAlgorithm}
    return {"keys": [json.loads(a.to_jwk(KEYS[n].public_key())) | {"kid": n} for n, a in algoritmos.items()]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    done = FhirServer(tmp_path_factory.mktemp("fhir"), jwks=jwks()).start_run()
    yield done
    done.stop()


@pytest.fixture
def cache(tmp_path: Path) -> TokenCache:
    return TokenCache(Secrets([Fernet.generate_key().decode()]), tmp_path / "tokens")


def config(url: str, kind: str, access: dict[str, Any]) -> FhirConfig:
    return FhirConfig.model_validate({"baseUrl": url, "authType": kind, "authConfig": access})


def ask(configuration: FhirConfig, cache: TokenCache, times_seen: int = 1) -> list[Any]:
    """What the server answers to ``times_seen`` requests at once; each must have been let in."""

    async def everything() -> list[Any]:
        async with FhirClient("t", configuration, cache) as client:
            return [r.body for r in await asyncio.gather(*(client.ask("GET", "Patient", "Patient") for _ in range(times_seen)))]

    return asyncio.run(everything())


@pytest.mark.parametrize("tipo", ["oauth2", "basic", "apikey"])
def test_every_kind_of_credential_enters(server: FhirServer, cache: TokenCache, tipo: str) -> None:
    access = server.acesso(tipo)
    assert ask(config(server.url, tipo, access["authConfig"]), cache)


@pytest.mark.parametrize("alg", ["RS384", "ES384"])
@pytest.mark.parametrize("discover", [False, True])
def test_a_signed_assertion_enters_also_where_the_server_says_where_to_take_it(
    server: FhirServer, cache: TokenCache, alg: str, discover: bool
) -> None:
    access = {"clientId": f"hub-{alg}", "privateKey": pem(alg), "alg": alg, "kid": alg}
    if not discover:
        access["tokenUrl"] = f"{server.root}/auth/token"
    assert ask(config(server.url, "oauth2", access), cache)


def test_a_key_of_the_other_kind_is_a_matter_of_settings(server: FhirServer, cache: TokenCache) -> None:
    access = {"clientId": "hub-ES384", "privateKey": pem("RS384"), "alg": "ES384", "tokenUrl": f"{server.root}/auth/token"}
    with pytest.raises(InvalidConfiguration, match="ES384"):
        ask(config(server.url, "oauth2", access), cache)


@pytest.fixture
def issuer(httpserver: HTTPServer) -> list[float]:
    """A slow token endpoint, and a server that says which token it saw; the list says when the former was asked."""
    requests: list[float] = []

    def token(_: Request) -> Response:
        requests.append(time.monotonic())
        time.sleep(0.3)
        return Response(json.dumps({"access_token": f"t{len(requests)}", "token_type": "Bearer", "expires_in": 300}))

    def say(request: Request) -> Response:
        return Response(json.dumps({"viu": request.headers["Authorization"]}))

    httpserver.expect_request("/token").respond_with_handler(token)
    httpserver.expect_request("/fhir/Patient").respond_with_handler(say)
    return requests


def with_secret(http_server: HTTPServer) -> FhirConfig:
    access = {"clientId": "c", "clientSecret": "s", "tokenUrl": http_server.url_for("/token")}
    return config(http_server.url_for("/fhir"), "oauth2", access)


def test_many_requests_share_one_renewal(httpserver: HTTPServer, issuer: list[float], cache: TokenCache) -> None:
    assert {c["viu"] for c in ask(with_secret(httpserver), cache, 20)} == {"Bearer t1"}
    assert len(issuer) == 1


def test_threads_with_clients_of_their_own_share_one_renewal(httpserver: HTTPServer, issuer: list[float], cache: TokenCache) -> None:
    running = [threading.Thread(target=ask, args=(with_secret(httpserver), cache)) for _ in range(5)]
    for dag_run in running:
        dag_run.start()
    for dag_run in running:
        dag_run.join()
    assert len(issuer) == 1


_CHILD = """
import asyncio, sys
from pathlib import Path
from include.fusion.fhir.config.model import FhirConfig
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.http.client import FhirClient
from include.fusion.fhir.http.tokens import TokenCache
async def main():
    config = FhirConfig.model_validate_json(sys.argv[1])
    async with FhirClient("t", config, TokenCache(Secrets([sys.argv[2]]), Path(sys.argv[3]))) as cliente:
        print((await cliente.ask("GET", "Patient", "Patient")).body["viu"])
asyncio.run(main())
"""


def children(configuration: FhirConfig, key: str, folder: Path, count: int) -> list[subprocess.Popen[str]]:
    body = json.dumps(configuration.model_dump(by_alias=True) | {"authConfig": configuration.secrets()})
    command = [sys.executable, "-c", _CHILD, body, key, str(folder)]
    return [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}) for _ in range(count)]


def test_processes_share_one_renewal_and_no_file_shows_the_token(httpserver: HTTPServer, issuer: list[float], tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    ditos = [f.communicate(timeout=60)[0].strip() for f in children(with_secret(httpserver), key, tmp_path / "t", 4)]
    assert (ditos, len(issuer)) == (["Bearer t1"] * 4, 1)
    for file in (tmp_path / "t").iterdir():
        assert "t1" not in file.read_text() and file.stat().st_mode & 0o077 == 0


def test_a_process_killed_while_renewing_holds_nobody_up(httpserver: HTTPServer, issuer: list[float], tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    [vitima] = children(with_secret(httpserver), key, tmp_path / "t", 1)
    while not issuer:
        time.sleep(0.02)
    vitima.kill()
    [other] = children(with_secret(httpserver), key, tmp_path / "t", 1)
    assert other.communicate(timeout=60)[0].strip() == "Bearer t2"
    vitima.communicate()


def test_renewals_that_wait_for_another_process_take_no_thread(httpserver: HTTPServer, cache: TokenCache) -> None:
    configuration = with_secret(httpserver)
    access = configuration.auth_config
    assert isinstance(access, OAuth2)

    async def wait() -> float:
        async with AsyncExitStack() as open_count:
            tenants = [f"t{n}" for n in range(40)]
            for tenant in tenants:
                await open_count.enter_async_context(cache.lock((tenant, httpserver.url_for("/token"), "c", access.scope)))
            clients = [await open_count.enter_async_context(FhirClient(t, configuration, cache)) for t in tenants]
            waiting = [asyncio.create_task(client.authenticate()) for client in clients]
            await asyncio.sleep(0.3)
            start = time.monotonic()
            await asyncio.wait_for(asyncio.to_thread(lambda: None), 5)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return time.monotonic() - start

    assert asyncio.run(wait()) < 1


def test_a_token_is_renewed_before_it_ends_and_a_refused_one_is_dropped_once(cache: TokenCache) -> None:
    access = ("t", "u", "c", "s")
    cache.store(access, Token.of("velho", 300, time.time() - 271))
    assert cache.read(access) is None
    cache.store(access, Token.of("novo", 300))
    cache.drop(access, "velho")
    assert cache.read(access) is not None
    cache.drop(access, "novo")
    assert cache.read(access) is None


def test_a_folder_that_others_may_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aberta").mkdir(mode=0o755)
    with pytest.raises(InvalidConfiguration, match="only this account"):
        TokenCache(Secrets([Fernet.generate_key().decode()]), tmp_path / "aberta")
