"""Sandbox e-SUS PEC: the real schema in both its versions, a seeded history and a clinic that works.

``create(dsn, versao)`` makes the schema in an empty database, ``generate`` fills it, ``change`` and ``change_invalid`` change one
thing (the caller commits), ``keys`` lists every visit. Timestamps are local time of ``ZONE``, as the PEC keeps them.
"""

from __future__ import annotations

from typing import Literal

from sandbox.origens.base import connect
from sandbox.origens.esus_ab.gerador import HERE, ZONE, generate, indexes
from sandbox.origens.esus_ab.invalidos import CASES, INVALID, ITEM_FAULTS, STRANGE, change_invalid
from sandbox.origens.esus_ab.simulador import change, keys

__all__ = ["CASES", "INVALID", "ITEM_FAULTS", "STRANGE", "ZONE", "change", "change_invalid", "create", "generate", "keys"]

Version = Literal["nova", "antiga"]


def create(dsn: str, version: Version = "nova") -> None:
    """Schema and code tables, in one transaction; nothing happens where they are already there."""
    new = version == "nova"
    con = connect(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('public.tb_atend')")
            if cur.fetchone()[0] is not None:
                return
            for file in ("esquema.sql", "catalogos.sql", "auditoria.sql" if new else "versao_antiga.sql"):
                cur.execute((HERE / file).read_text(encoding="utf-8"))
            for command in indexes(new):
                cur.execute(command)
    finally:
        con.close()
