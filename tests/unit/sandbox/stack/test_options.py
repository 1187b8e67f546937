"""What a person may set for a stack, and what a wrong value is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.stack.options import CHECKS, HELP, faults, forget_empty
from tests import ROOT


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("FUSION_UI_PORT", "abc", "a port from 1 to 65535"),
        ("FUSION_PG_PORT", "0", "a port from 1 to 65535"),
        ("FUSION_API_PORT", "65536", "a port from 1 to 65535"),
        ("FUSION_FHIR_PORT", "-1", "a port from 1 to 65535"),
        ("FUSION_TAXA", "rápido", "a number from 0 to 1000"),
        ("FUSION_TAXA", "nan", "a number from 0 to 1000"),
        ("FUSION_DEMO_SEGUNDOS", "0", "a number from 1 to 86400"),
        ("FUSION_ATENDIMENTOS", "3.5", "a whole number from 1 to 10000000"),
        ("FUSION_INVALIDOS", "2", "a number from 0 to 1"),
        ("FUSION_DAGS", "/nowhere/at/all", "a folder that exists"),
    ],
)
def test_a_wrong_value_gets_one_sentence_with_its_name(name: str, text: str, expected: str) -> None:
    assert faults({name: text}) == [f"{name}={text}: expected {expected}"]


def test_right_values_and_none_at_all_are_fine() -> None:
    right = {
        "FUSION_UI_PORT": " 8080 ",
        "FUSION_TAXA": "0",
        "FUSION_ATENDIMENTOS": "1",
        "FUSION_INVALIDOS": "0.5",
        "FUSION_DAGS": str(ROOT),
    }
    assert faults(right) == [] and faults({}) == []


def test_two_servers_on_one_port_are_told() -> None:
    assert faults({"FUSION_UI_PORT": "8080", "FUSION_PG_PORT": "8080"}) == [
        "port 8080 is asked for 2 times: each server needs one of its own"
    ]


def test_settings_that_cannot_be_read_are_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSION_SETTINGS", str(tmp_path / "integracoes.yaml"))
    (fault,) = faults({})
    assert fault.startswith("FUSION_SETTINGS: ") and "not found" in fault


def test_a_variable_that_is_set_to_nothing_is_not_set() -> None:
    environment = {"FUSION_TAXA": " ", "FUSION_SETTINGS": "", "FUSION_UI_PORT": "8080", "HOME": ""}
    forget_empty(environment)
    assert environment == {"FUSION_UI_PORT": "8080", "HOME": ""}


def test_help_names_all_of_them() -> None:
    assert all(name in HELP for name in (*CHECKS, "FUSION_SETTINGS"))


@pytest.mark.parametrize("command", ["up", "demo"])
def test_no_traceback_and_no_start_but_one_sentence_and_exit_code_2(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.stack", "--pasta", str(tmp_path / "p"), command],
        cwd=ROOT, env={**os.environ, "FUSION_UI_PORT": "abc"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "FUSION_UI_PORT=abc: expected a port from 1 to 65535\n")
    assert not (tmp_path / "p").exists()
