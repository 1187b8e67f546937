"""What asks a settings object for something that no section has does not pass mypy."""

from __future__ import annotations

from pathlib import Path

from mypy import api

from tests import ROOT

SNIPPET = """
from include.fusion.settings import Importacao, obtain

entry = obtain("mv")
importacao = Importacao.of(entry.delivery_of("abertura"))
importacao.max_records
importacao.max_recordz
entry.search.pagina
entry.search.paginas
entry.delivery.lote
entry.delivery.lot
entry.delivery_of("alta").habilitado
entry.delivery_of("alta").max_records
entry.initial_load.habilitado
entry.conexoes.database
entry.conexoes.bank
"""


def test_a_misspelt_setting_does_not_pass_mypy(tmp_path: Path) -> None:
    file = tmp_path / "trecho.py"
    file.write_text(SNIPPET)
    options = ["--config-file", str(ROOT / "pyproject.toml"), "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache")]
    output, errors, code = api.run([*options, str(file)])
    assert code == 1, output + errors
    rows = {int(row.split("trecho.py:")[1].split(":")[0]) for row in output.splitlines() if "trecho.py:" in row and ": error:" in row}
    # Line 13: of a process of which nothing more is said, only what all have may be asked. Line 14: an entry may have no initial load.
    assert rows == {7, 9, 11, 13, 14, 16}, output
