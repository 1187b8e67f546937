"""Launcher of the TNS stand-in ``seerdb-mirror`` over PostgreSQL 15; runs in the stand-in's own environment, not in ours.

The package is a preview that imitates Oracle and is written for newer PostgreSQL and orafce than Debian 12 has: two of its constants
are put right before it starts. A constant that no longer looks as expected ends the launcher instead of starting something else.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def _replace_match(module: Any, name: str, old: str, new: str) -> None:
    text = getattr(module, name)
    if old not in text:
        raise SystemExit(f"seerdb: {name} has no {old!r}; this launcher was written for seerdb 3.3.0")
    setattr(module, name, text.replace(old, new))


def main() -> None:
    postgres = importlib.import_module("seerdb.server.backends.postgres")
    # orafce 4.1 reserves its prefix and refuses a setting that only later versions have.
    _replace_match(postgres, "_ORAFCE_SESSION_SETTINGS", f"{postgres._ORAFCE_SESSION_SETTINGS_BASE}; ", "")
    # IS JSON came with PostgreSQL 16; the cast raises where the condition would be false, which nothing here asks for.
    _replace_match(postgres, "_HELPER_FUNCTIONS_DDL", "ELSE $1 IS JSON END", "ELSE ($1::text::jsonb IS NOT NULL) END")
    importlib.import_module("seerdb.server.launcher").main(sys.argv[1:])


if __name__ == "__main__":
    main()
