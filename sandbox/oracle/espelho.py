"""Launcher of the TNS stand-in ``seerdb-mirror`` over PostgreSQL 15; runs in the stand-in's own environment, not in ours.

The package is a preview that imitates Oracle and is written for newer PostgreSQL and orafce than Debian 12 has: two of its constants
are put right before it starts. A constant that no longer looks as expected ends the launcher instead of starting something else.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def _trocar(modulo: Any, nome: str, velho: str, novo: str) -> None:
    texto = getattr(modulo, nome)
    if velho not in texto:
        raise SystemExit(f"seerdb: {nome} has no {velho!r}; this launcher was written for seerdb 3.3.0")
    setattr(modulo, nome, texto.replace(velho, novo))


def main() -> None:
    postgres = importlib.import_module("seerdb.server.backends.postgres")
    # orafce 4.1 reserves its prefix and refuses a setting that only later versions have.
    _trocar(postgres, "_ORAFCE_SESSION_SETTINGS", f"{postgres._ORAFCE_SESSION_SETTINGS_BASE}; ", "")
    # IS JSON came with PostgreSQL 16; the cast raises where the condition would be false, which nothing here asks for.
    _trocar(postgres, "_HELPER_FUNCTIONS_DDL", "ELSE $1 IS JSON END", "ELSE ($1::text::jsonb IS NOT NULL) END")
    importlib.import_module("seerdb.server.launcher").main(sys.argv[1:])


if __name__ == "__main__":
    main()
