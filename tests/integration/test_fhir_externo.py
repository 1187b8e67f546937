"""``FHIR_TEST_URL``: the tests against a server that is none of the sandbox's, as a site runs them against its own."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.processos import encerrar, iniciar, porta_livre

RAIZ = Path(__file__).resolve().parents[2]
_ABRIR = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
USUARIO, SENHA = "externo", "senha-do-externo"
ACESSO = json.dumps({"authType": "basic", "authConfig": {"username": USUARIO, "password": SENHA}})
_SERVIR = """
import sys, uvicorn
from sekmet.config import ServerAuth, Settings, SimulatorSettings
from sekmet.main import create_app
porta, pasta, usuario, senha = int(sys.argv[1]), *sys.argv[2:]
ajustes = Settings(base_url=f"http://127.0.0.1:{porta}/fhir", host="127.0.0.1", port=porta, data_dir=pasta, db_path=pasta + "/fhir.db",
    own_private_key_path=pasta + "/chave.pem", simulator=SimulatorSettings(enabled=False),
    server_auth=ServerAuth(types=["basic"], users={usuario: senha}))
uvicorn.run(create_app(ajustes), host="127.0.0.1", port=porta, log_level="error")
"""


def pedir(url: str) -> dict[str, object]:
    acesso = base64.b64encode(f"{USUARIO}:{SENHA}".encode()).decode()
    with _ABRIR(urllib.request.Request(url, headers={"Authorization": f"Basic {acesso}"}), timeout=10) as resposta:
        return dict(json.loads(resposta.read()))


@pytest.fixture(scope="module")
def externo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A plain sekmet-fhir without our proxy, validator and API key; its address."""
    pasta, porta = tmp_path_factory.mktemp("externo"), porta_livre()
    processo = iniciar([sys.executable, "-c", _SERVIR, str(porta), str(pasta), USUARIO, SENHA], log=pasta / "log", env=dict(os.environ))
    url, limite = f"http://127.0.0.1:{porta}/fhir", time.monotonic() + 60
    while True:
        try:
            pedir(f"{url}/metadata")
            break
        except OSError:
            assert processo.poll() is None and time.monotonic() < limite, (pasta / "log").read_text()[-2000:]
            time.sleep(0.2)
    yield url
    encerrar(processo)


def correr(externo: str, acesso: str, *argumentos: str) -> subprocess.CompletedProcess[str]:
    ambiente = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    comando = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *argumentos]
    return subprocess.run(comando, env=ambiente | {"FHIR_TEST_URL": externo, "FHIR_TEST_AUTH": acesso}, cwd=RAIZ, capture_output=True,
        text=True, timeout=600)  # fmt: skip


def test_all_that_needs_no_faults_passes_and_nothing_stays_behind(externo: str) -> None:
    feito = correr(externo, ACESSO, "tests/integration/test_fhir_push.py", "tests/integration/test_fhir_pull.py")
    assert feito.returncode == 0, feito.stdout[-3000:]
    assert " passed" in feito.stdout and "left on the server" not in feito.stdout
    assert [pedir(f"{externo}/{tipo}?_summary=count")["total"] for tipo in ("Patient", "Observation")] == [0, 0]
