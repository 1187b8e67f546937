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

import pytest

from sandbox.processos import end_process, free_port, start_run
from tests import ROOT

_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
USER, PASSWORD = "externo", "senha-do-externo"
ACCESS = json.dumps({"authType": "basic", "authConfig": {"username": USER, "password": PASSWORD}})
_SERVE_FOREVER = """
import sys, uvicorn
from sekmet.config import ServerAuth, Settings, SimulatorSettings
from sekmet.main import create_app
porta, pasta, usuario, senha = int(sys.argv[1]), *sys.argv[2:]
ajustes = Settings(base_url=f"http://127.0.0.1:{porta}/fhir", host="127.0.0.1", port=porta, data_dir=pasta, db_path=pasta + "/fhir.db",
    own_private_key_path=pasta + "/chave.pem", simulator=SimulatorSettings(enabled=False),
    server_auth=ServerAuth(types=["basic"], users={usuario: senha}))
uvicorn.run(create_app(ajustes), host="127.0.0.1", port=porta, log_level="error")
"""


def ask(url: str) -> dict[str, object]:
    access = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    with _OPEN(urllib.request.Request(url, headers={"Authorization": f"Basic {access}"}), timeout=10) as response:
        return dict(json.loads(response.read()))


@pytest.fixture(scope="module")
def external(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A plain sekmet-fhir without our proxy, validator and API key; its address."""
    folder, port = tmp_path_factory.mktemp("externo"), free_port()
    processo = start_run(
        [sys.executable, "-c", _SERVE_FOREVER, str(port), str(folder), USER, PASSWORD], log=folder / "log", env=dict(os.environ)
    )
    url, limit = f"http://127.0.0.1:{port}/fhir", time.monotonic() + 60
    while True:
        try:
            ask(f"{url}/metadata")
            break
        except OSError:
            assert processo.poll() is None and time.monotonic() < limit, (folder / "log").read_text()[-2000:]
            time.sleep(0.2)
    yield url
    end_process(processo)


def run_process(external: str, access: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, env=environment | {"FHIR_TEST_URL": external, "FHIR_TEST_AUTH": access}, cwd=ROOT, capture_output=True,
        text=True, timeout=600)  # fmt: skip


def test_all_that_needs_no_faults_passes_and_nothing_stays_behind(external: str) -> None:
    done = run_process(external, ACCESS, "tests/integration/delivery/test_fhir.py", "tests/integration/fhir/pull/test_pull.py")
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout and "left on the server" not in done.stdout
    assert [ask(f"{external}/{kind}?_summary=count")["total"] for kind in ("Patient", "Observation")] == [0, 0]
