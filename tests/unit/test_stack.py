"""The sandbox's stack without starting it: state folder, environment, who belongs to whom."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from airflow.configuration import retrieve_configuration_description

from include.fusion.settings import carregar
from sandbox.processos import iniciar
from sandbox.stack import ambiente
from sandbox.stack.estado import RAIZ, Estado
from sandbox.stack.filhos import MARCA, encerrar, ficha, pertencentes, vivo

NOSSA = f"m{os.getpid()}"
"""Mark of this process's own children: tests of this file may run in another process, too."""

# A component with a grandchild in a process group of its own, as a task runner is; both ignore SIGTERM.
FAMILIA = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
open(sys.argv[1] + str(os.getpid()), "w").close()
time.sleep(60)
"""


@pytest.fixture
def estado(tmp_path: Path) -> Estado:
    estado = Estado(tmp_path / "com espaço").criar()
    estado.escolher_portas({})
    return estado


@pytest.fixture
def familia(tmp_path: Path) -> Iterator[list[int]]:
    pasta = tmp_path / "pids"
    pasta.mkdir()
    lider = iniciar([sys.executable, "-c", FAMILIA, f"{pasta}/"], log=tmp_path / "log", env={**os.environ, MARCA: NOSSA})
    while len(pids := [int(p.name) for p in pasta.iterdir()]) < 2:
        time.sleep(0.05)
    yield sorted(pids, key=lambda p: p != lider.pid)
    for pid in pids:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
    lider.wait()


def parados(pids: list[int]) -> bool:
    return all(not psutil.pid_exists(p) or psutil.Process(p).status() == psutil.STATUS_ZOMBIE for p in pids)


def test_ending_a_component_ends_its_grandchildren(familia: list[int]) -> None:
    assert encerrar({"x": ficha(familia[0])}, NOSSA, espera=0.3) == 2
    assert parados(familia)


def test_a_dead_leader_s_children_are_found_by_their_mark(familia: list[int]) -> None:
    dados = ficha(familia[0])
    os.kill(familia[0], signal.SIGKILL)
    time.sleep(0.2)
    assert [p.pid for p in pertencentes([dados], NOSSA, todos=False)] == [familia[1]]


def test_children_that_hide_their_environment_are_found_by_their_session(familia: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow's workers hide theirs from an ordinary account; to root, which runs this in CI, nothing is hidden."""

    def negar(self: psutil.Process) -> dict[str, str]:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "environ", negar)
    dados = ficha(familia[0])
    os.kill(familia[0], signal.SIGKILL)
    time.sleep(0.2)
    assert [p.pid for p in pertencentes([dados], NOSSA)] == [familia[1]]
    assert pertencentes([{**dados, "inicio": time.time()}], NOSSA) == []


def test_a_recycled_pid_is_nobody_of_ours(familia: list[int]) -> None:
    velha = {**ficha(familia[0]), "inicio": 1.0}
    assert not vivo(velha)
    assert pertencentes([velha], "another mark") == []


def test_guard_ends_what_a_killed_supervisor_left(familia: list[int], estado: Estado, monkeypatch: pytest.MonkeyPatch) -> None:
    estado.gravar_processos({"filhos": {"x": ficha(familia[0])}})
    codigo = "from sandbox.stack import guarda; import sys; guarda.ESPERA = 0.3; guarda.main(sys.argv[1])"
    guarda = subprocess.Popen([sys.executable, "-c", codigo, str(estado.pasta)], stdin=subprocess.PIPE, cwd=RAIZ)
    assert guarda.stdin is not None
    guarda.stdin.close()
    assert guarda.wait(20) == 0
    assert parados(familia)


def test_folder_is_taken_by_one_at_a_time(estado: Estado) -> None:
    assert estado.travar()
    assert Estado(estado.pasta).em_uso()
    estado.destravar()
    assert not Estado(estado.pasta).em_uso()


def test_secrets_stay_and_are_private(estado: Estado) -> None:
    assert estado.segredos == estado.segredos
    assert (estado.pasta / "segredos.json").stat().st_mode & 0o077 == 0


def test_two_folders_share_neither_secrets_nor_ports(estado: Estado, tmp_path: Path) -> None:
    outro = Estado(tmp_path / "outro").criar()
    outro.escolher_portas({})
    assert not set(estado.segredos.values()) & set(outro.segredos.values())
    assert not set(estado.portas.values()) & set(outro.portas.values())


def test_ports_are_kept_between_starts(estado: Estado) -> None:
    assert estado.escolher_portas({}) == estado.portas


def test_a_port_taken_meanwhile_is_replaced(estado: Estado) -> None:
    with socket.create_server(("127.0.0.1", estado.portas["ui"])) as tomada:
        assert estado.escolher_portas({})["ui"] != tomada.getsockname()[1]


def test_a_busy_port_that_was_asked_for_is_refused(estado: Estado) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tomada, pytest.raises(SystemExit, match="FUSION_UI_PORT"):
        estado.escolher_portas({"FUSION_UI_PORT": str(tomada.getsockname()[1])})


def test_every_airflow_setting_exists(estado: Estado) -> None:
    descricao = retrieve_configuration_description(include_providers=True)
    existentes = {f"AIRFLOW__{s}__{o}".upper() for s, d in descricao.items() for o in d["options"]}
    usadas = {v for v in ambiente.airflow(estado, "s", {}) if v.startswith("AIRFLOW__")}
    assert usadas and usadas <= existentes


def test_settings_of_another_airflow_do_not_leak_in(estado: Estado, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "Other")
    monkeypatch.setenv("AIRFLOW_CONN_X", "Other")
    assert "Other" not in ambiente.airflow(estado, "s", {}).values()


def test_connections_of_the_settings_are_there(estado: Estado) -> None:
    conexoes = {
        f"AIRFLOW_CONN_{getattr(i.conexoes, c)}".upper() for i in carregar(ambiente.EXAMPLE) for c in ("origem", "fusion_db", "fusion_api")
    }
    assert conexoes <= set(ambiente.conexoes(estado, "s"))


def test_down_with_nothing_running_is_fine(tmp_path: Path) -> None:
    feito = subprocess.run(
        [sys.executable, "-m", "sandbox.stack", "--pasta", str(tmp_path / "nada"), "down"],
        cwd=RAIZ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing was running" in feito.stdout


def test_make_help_lists_every_target() -> None:
    ajuda = subprocess.run(["make"], cwd=RAIZ, capture_output=True, text=True, check=True).stdout
    assert all(f"make {alvo}" in ajuda for alvo in ("demo", "up", "down", "status", "test", "lint", "bench", "requirements", "help"))
