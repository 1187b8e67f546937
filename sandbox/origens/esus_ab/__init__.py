"""Sandbox e-SUS PEC: the real schema in both its versions, a seeded history and a clinic that works.

``criar(dsn, versao)`` makes the schema in an empty database, ``gerar`` fills it, ``mudar`` and ``mudar_invalido`` change one
thing (the caller commits), ``chaves`` lists every visit. Timestamps are local time of ``FUSO``, as the PEC keeps them.
"""

from __future__ import annotations

from typing import Literal

from sandbox.origens.base import conectar
from sandbox.origens.esus_ab.gerador import AQUI, FUSO, gerar, indices
from sandbox.origens.esus_ab.invalidos import CASOS, ESTRANHOS, INVALIDOS, mudar_invalido
from sandbox.origens.esus_ab.simulador import chaves, mudar

__all__ = ["CASOS", "ESTRANHOS", "FUSO", "INVALIDOS", "chaves", "criar", "gerar", "mudar", "mudar_invalido"]

Versao = Literal["nova", "antiga"]


def criar(dsn: str, versao: Versao = "nova") -> None:
    """Schema and code tables, in one transaction; nothing happens where they are already there."""
    nova = versao == "nova"
    con = conectar(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('public.tb_atend')")
            if cur.fetchone()[0] is not None:
                return
            for arquivo in ("esquema.sql", "catalogos.sql", "auditoria.sql" if nova else "versao_antiga.sql"):
                cur.execute((AQUI / arquivo).read_text(encoding="utf-8"))
            for comando in indices(nova):
                cur.execute(comando)
    finally:
        con.close()
