"""``.ci/ambiente``: an installation says how far it is, and why it failed. The installer here is a script of ours: the real one needs a registry."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

INSTALLER = """#!/bin/bash
if [[ $1 == --version ]]; then exit; fi
site=$(echo .venv/lib/python*/site-packages)
for n in $(seq 11); do echo "Collecting package$n"; mkdir "$site/package$n-1.dist-info"; sleep 0.3; done
{end}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment in which nothing is installed."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / ".ci" / "ambiente", tmp_path / ".ci")
    (tmp_path / "requirements.txt").write_text("".join(f"package{n}==1\n" for n in range(12)), encoding="utf-8")
    (tmp_path / "requirements-dev.txt").write_text("package0==1\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    return tmp_path


def _install(checkout: Path, end: str) -> subprocess.CompletedProcess[str]:
    installer = checkout / "bin" / "uv"
    installer.write_text(INSTALLER.replace("{end}", end), encoding="utf-8")
    installer.chmod(0o755)
    path = os.pathsep.join((str(installer.parent), os.environ["PATH"]))
    return subprocess.run(
        ["bash", ".ci/ambiente"], cwd=checkout, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )


def test_an_installation_says_how_far_it_is(checkout: Path) -> None:
    done = _install(checkout, "exit 0")
    assert done.returncode == 0 and (checkout / ".venv" / ".instalado").exists()
    assert "of about 12 packages found" in done.stdout and "environment ready" in done.stdout


def test_one_that_fails_says_why_and_is_no_installation(checkout: Path) -> None:
    done = _install(checkout, "echo 'ERROR: no such package' >&2; exit 3")
    assert done.returncode == 1 and not (checkout / ".venv" / ".instalado").exists()
    assert "ERROR: no such package" in done.stderr and ".venv/install.log" in done.stderr


@pytest.mark.parametrize(("target", "said"), [("status", "nothing is running"), ("down", "nothing was running")])
def test_looking_and_stopping_install_nothing(checkout: Path, target: str, said: str) -> None:
    shutil.copy(ROOT / "Makefile", checkout)
    shutil.rmtree(checkout / ".venv")
    done = subprocess.run(["make", target], cwd=checkout, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(said) and done.stdout.count("\n") == 1 and not (checkout / ".venv").exists()
