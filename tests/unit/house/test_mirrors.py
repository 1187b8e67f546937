"""A test lies where what it tests lies: ``tests/unit/store/test_ledger.py`` for ``include/fusion/store/ledger.py``, and so below ``integration``."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests import ROOT

FREE = ("conformance", "e2e", "oracle", "unit/house", "integration/house")
"""What every system is asked, the whole stack, Oracle's protocol, and the repository itself: no single module is theirs."""
OF_ALL_DAGS = ("policy", "versions")
PARTS = {"plugins": "plugins/fusion_airflow", "sandbox": "sandbox", "contracts": "include/contracts"}
"""Folder of tests → folder of the product, where it is not the room of that name in ``include/fusion``."""
FILES = sorted(str(file.relative_to(ROOT / "tests")) for file in (ROOT / "tests").rglob("test_*.py"))


def subject_of(file: str) -> str | None:
    """The module, package or data file that a test file (below ``tests``) is named after; ``None`` if there is none.

    Words may follow its name: ``test_fila_concurrency`` is about ``fila``.
    """
    kind, *folders = PurePosixPath(file).parts[:-1]
    words = PurePosixPath(file).stem.removeprefix("test_").split("_")
    if kind == "dags" and not folders:
        folder = ROOT / "dags"
    elif kind in ("unit", "integration") and folders:
        folder = ROOT.joinpath(PARTS.get(folders[0], f"include/fusion/{folders[0]}"), *folders[1:])
    else:
        return None
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    candidates = (path for name in names for path in (folder / name, *folder.glob(f"{name}.*")))
    return next((str(path.relative_to(ROOT)) for path in candidates if path.exists()), None)


def test_every_test_file_is_named_after_what_it_tests() -> None:
    free = (*(f"{folder}/" for folder in FREE), *(f"dags/test_{name}.py" for name in OF_ALL_DAGS))
    assert [file for file in FILES if not file.startswith(free) and subject_of(file) is None] == []


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("unit/store/test_ledger.py", "include/fusion/store/ledger.py"),
        ("integration/store/filas/test_fila_concurrency.py", "include/fusion/store/filas/fila.py"),
        ("unit/sistemas/mv/test_sql.py", "include/fusion/sistemas/mv/sql"),
        ("unit/plugins/hooks/test_iris.py", "plugins/fusion_airflow/hooks/iris.py"),
        ("unit/store/test_livro.py", None),
        ("unit/test_ledger.py", None),
        ("other/store/test_ledger.py", None),
    ],
)
def test_a_name_leads_to_its_module(file: str, expected: str | None) -> None:
    assert subject_of(file) == expected
