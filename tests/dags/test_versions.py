"""An image and a Git version that do not belong together: every DAG runs, or its import error says what to do."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from fusion_airflow import FACE
from include.fusion import wiring
from tests import ROOT

LAST_RELEASE = "829f06f"
_READ = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1] + "/dags", bundle_path=sys.argv[1], bundle_name="fusion")
print(json.dumps([sorted(bag.dags), bag.import_errors]))
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last release before the face had a number."""
    folder = tmp_path_factory.mktemp("release")
    packed = subprocess.run(["git", "archive", LAST_RELEASE, "dags", "include", "plugins"], cwd=ROOT, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def read(home: Path, *, git: Path, image: Path) -> tuple[list[str], dict[str, str]]:
    """DAG ids and import errors by file, where Git has brought ``git`` and the image holds the plugins of ``image``."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "PYTHONPATH"))}
    env |= {"AIRFLOW_HOME": str(home), "PYTHONPATH": os.pathsep.join((str(git), str(image / "plugins")))}
    done = subprocess.run([sys.executable, "-c", _READ, str(git)], cwd=home, env=env, capture_output=True, text=True, check=True)
    dags, errors = json.loads(done.stdout.splitlines()[-1])
    return dags, errors


@pytest.mark.parametrize("newer", ["Git", "image"])
def test_versions_that_do_not_fit_say_what_to_do(release: Path, tmp_path: Path, newer: str) -> None:
    git, image = (ROOT, release) if newer == "Git" else (release, ROOT)
    dags, errors = read(tmp_path, git=git, image=image)
    plugins, engine = (1, wiring.FACE) if newer == "Git" else (FACE, 1)
    said = f"rebuild the image: its plugins speak {plugins}, this engine speaks {engine}"
    # One file holds no DAG: it only tells what is wrong with the settings.
    assert dags == [] and {Path(name).name for name in errors} == {a.name for a in (git / "dags").glob("*.py")} - {"configuracao.py"}
    assert [error for error in errors.values() if f"ImportError: {said}" not in error] == []


def test_plugins_and_engine_of_one_version_speak_the_same() -> None:
    assert wiring.FACE == FACE


def test_plugins_load_where_no_engine_is(tmp_path: Path) -> None:
    """The scheduler sees none: its executor must not depend on one."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(ROOT / "plugins"), "AIRFLOW_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", "import fusion_airflow.executor"], cwd=tmp_path, env=env, check=True, capture_output=True)
