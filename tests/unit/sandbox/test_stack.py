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

from include.fusion.settings import load
from sandbox.processos import start_run
from sandbox.stack import ambiente
from sandbox.stack.estado import ROOT, StackState
from sandbox.stack.filhos import WATERMARK, belonging, card, end_process, live

OWN = f"m{os.getpid()}"
"""Mark of this process's own children: tests of this file may run in another process, too."""

# A component with a grandchild in a process group of its own, as a task runner is; both ignore SIGTERM.
FAMILY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
open(sys.argv[1] + str(os.getpid()), "w").close()
time.sleep(60)
"""


@pytest.fixture
def estado(tmp_path: Path) -> StackState:
    state = StackState(tmp_path / "com espaço").create()
    state.choose_ports({})
    return state


@pytest.fixture
def family(tmp_path: Path) -> Iterator[list[int]]:
    folder = tmp_path / "pids"
    folder.mkdir()
    leader = start_run([sys.executable, "-c", FAMILY, f"{folder}/"], log=tmp_path / "log", env={**os.environ, WATERMARK: OWN})
    while len(pids := [int(p.name) for p in folder.iterdir()]) < 2:
        time.sleep(0.05)
    yield sorted(pids, key=lambda p: p != leader.pid)
    for pid in pids:
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
    leader.wait()


def parked(pids: list[int]) -> bool:
    return all(not psutil.pid_exists(p) or psutil.Process(p).status() == psutil.STATUS_ZOMBIE for p in pids)


def test_ending_a_component_ends_its_grandchildren(family: list[int]) -> None:
    assert end_process({"x": card(family[0])}, OWN, wait=0.3) == 2
    assert parked(family)


def test_a_dead_leader_s_children_are_found_by_their_mark(family: list[int]) -> None:
    data = card(family[0])
    os.kill(family[0], signal.SIGKILL)
    time.sleep(0.2)
    assert [p.pid for p in belonging([data], OWN, everything=False)] == [family[1]]


def test_children_that_hide_their_environment_are_found_by_their_session(family: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow's workers hide theirs from an ordinary account; to root, which runs this in CI, nothing is hidden."""

    def deny(self: psutil.Process) -> dict[str, str]:
        raise psutil.AccessDenied(self.pid)

    monkeypatch.setattr(psutil.Process, "environ", deny)
    data = card(family[0])
    os.kill(family[0], signal.SIGKILL)
    time.sleep(0.2)
    assert [p.pid for p in belonging([data], OWN)] == [family[1]]
    assert belonging([{**data, "inicio": time.time()}], OWN) == []


def test_a_recycled_pid_is_nobody_of_ours(family: list[int]) -> None:
    velha = {**card(family[0]), "inicio": 1.0}
    assert not live(velha)
    assert belonging([velha], "another mark") == []


def test_guard_ends_what_a_killed_supervisor_left(family: list[int], estado: StackState, monkeypatch: pytest.MonkeyPatch) -> None:
    estado.write_processes({"filhos": {"x": card(family[0])}})
    code = "from sandbox.stack import guarda; import sys; guarda.WAIT = 0.3; guarda.main(sys.argv[1])"
    upsert = subprocess.Popen([sys.executable, "-c", code, str(estado.folder)], stdin=subprocess.PIPE, cwd=ROOT)
    assert upsert.stdin is not None
    upsert.stdin.close()
    assert upsert.wait(20) == 0
    assert parked(family)


def test_folder_is_taken_by_one_at_a_time(estado: StackState) -> None:
    assert estado.lock()
    assert StackState(estado.folder).in_use()
    estado.unlock()
    assert not StackState(estado.folder).in_use()


def test_secrets_stay_and_are_private(estado: StackState) -> None:
    assert estado.secrets == estado.secrets
    assert (estado.folder / "segredos.json").stat().st_mode & 0o077 == 0


def test_two_folders_share_neither_secrets_nor_ports(estado: StackState, tmp_path: Path) -> None:
    other = StackState(tmp_path / "outro").create()
    other.choose_ports({})
    assert not set(estado.secrets.values()) & set(other.secrets.values())
    assert not set(estado.ports.values()) & set(other.ports.values())


def test_ports_are_kept_between_starts(estado: StackState) -> None:
    assert estado.choose_ports({}) == estado.ports


def test_a_port_taken_meanwhile_is_replaced(estado: StackState) -> None:
    with socket.create_server(("127.0.0.1", estado.ports["ui"])) as listening_socket:
        assert estado.choose_ports({})["ui"] != listening_socket.getsockname()[1]


def test_a_busy_port_that_was_asked_for_is_refused(estado: StackState) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening_socket, pytest.raises(SystemExit, match="FUSION_UI_PORT"):
        estado.choose_ports({"FUSION_UI_PORT": str(listening_socket.getsockname()[1])})


def test_every_airflow_setting_exists(estado: StackState) -> None:
    description = retrieve_configuration_description(include_providers=True)
    existentes = {f"AIRFLOW__{s}__{o}".upper() for s, d in description.items() for o in d["options"]}
    usadas = {v for v in ambiente.airflow(estado, "s", {}) if v.startswith("AIRFLOW__")}
    assert usadas and usadas <= existentes


def test_settings_of_another_airflow_do_not_leak_in(estado: StackState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "Other")
    monkeypatch.setenv("AIRFLOW_CONN_X", "Other")
    assert "Other" not in ambiente.airflow(estado, "s", {}).values()


def test_the_stack_has_the_examples_installations_unless_others_are_named(estado: StackState, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FUSION_SETTINGS")
    assert ambiente.base(estado)["FUSION_SETTINGS"] == str(ROOT / "examples" / "integracoes.yaml")
    monkeypatch.setenv("FUSION_SETTINGS", "other.yaml")
    assert ambiente.base(estado)["FUSION_SETTINGS"] == "other.yaml"


def test_connections_of_the_settings_are_there(estado: StackState) -> None:
    connections = {
        f"AIRFLOW_CONN_{getattr(i.conexoes, c)}".upper() for i in load(ambiente.EXAMPLE) for c in ("origem", "fusion_db", "fusion_api")
    }
    assert connections <= set(ambiente.connections(estado, "s"))


def test_down_with_nothing_running_is_fine(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.stack", "--pasta", str(tmp_path / "nada"), "down"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing was running" in done.stdout


def test_make_help_lists_every_target() -> None:
    ajuda = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(
        f"make {target}" in ajuda
        for target in ("demo", "up", "down", "status", "test", "lint", "new-system", "bench", "requirements", "help")
    )


@pytest.mark.parametrize("module", ["sandbox.simulador", "sandbox.stack.report"])
def test_what_needs_a_running_stack_says_so(module: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--pasta", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "nothing is running: make up" in done.stderr and "Traceback" not in done.stderr
