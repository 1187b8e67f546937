"""What asks a settings object for something that no section has does not pass mypy."""

from __future__ import annotations

from pathlib import Path

from mypy import api

RAIZ = Path(__file__).resolve().parents[2]
SNIPPET = """
from include.fusion.settings import Importacao, obter

entry = obter("mv")
importacao = Importacao.of(entry.entrega_de("abertura"))
importacao.max_records
importacao.max_recordz
entry.busca.pagina
entry.busca.paginas
entry.entrega.lote
entry.entrega.lot
entry.entrega_de("alta").habilitado
entry.entrega_de("alta").max_records
entry.initial_load.habilitado
entry.conexoes.banco
entry.conexoes.bank
"""


def test_a_misspelt_setting_does_not_pass_mypy(tmp_path: Path) -> None:
    arquivo = tmp_path / "trecho.py"
    arquivo.write_text(SNIPPET)
    opcoes = ["--config-file", str(RAIZ / "pyproject.toml"), "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache")]
    saida, erros, codigo = api.run([*opcoes, str(arquivo)])
    assert codigo == 1, saida + erros
    linhas = {
        int(linha.split("trecho.py:")[1].split(":")[0]) for linha in saida.splitlines() if "trecho.py:" in linha and ": error:" in linha
    }
    # Line 13: of a process of which nothing more is said, only what all have may be asked. Line 14: an entry may have no initial load.
    assert linhas == {7, 9, 11, 13, 14, 16}, saida
