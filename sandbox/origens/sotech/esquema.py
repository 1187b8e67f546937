"""Creates the sandbox Sotech: the public tables, the contract's, what both have in every table, and the catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.origens.base import connect, copy
from sandbox.origens.pessoas import MUNICIPALITIES, PersonGenerator
from sandbox.origens.sotech import textos as t

HERE = Path(__file__).parent
CONTRACT = HERE.parents[2] / "include" / "contracts" / "sotech" / "ddl.sql"
ZONE = "America/Bahia"


def _catalogs() -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    persons = PersonGenerator(78, edge=0)
    rooms = range(1, 1 + t.LEITOS // 4)
    return {
        "tbl_tipoatendimento": ("pktipoatendimento, tipoatendimento", list(t.KINDS)),
        "tbl_sexo": ("pksexo, sexo", list(t.SEXES)),
        "tbn_uf": ("pkuf, uf", list(enumerate(t.UFS, 1))),
        "tbn_municipio": ("pkmunicipio, municipio", [(n, m[1]) for n, m in enumerate(MUNICIPALITIES, 1)]),
        "tbn_bairro": ("pkbairro, bairro", list(enumerate(t.DISTRICTS, 1))),
        "tbn_cid": ("pkcid, codcid, cid, agravo", [(*c, "0") for c in t.CIDS]),
        "tbn_procedimento": ("pkprocedimento, codprocedimento, procedimento", list(t.PROCEDIMENTOS)),
        "tbl_procedimento": ("pkprocedimento, codprocedimento, procedimento", list(t.PROCEDIMENTOS)),
        "tbn_especialidade": ("pkespecialidade, especialidade", list(t.SPECIALTIES)),
        "cdg_unidadesaude": ("pkunidadesaude, unidadesaude", [(n, f"Unidade de Saúde {n}") for n in range(1, t.UNITS + 1)]),
        "cdg_setor": ("pksetor, setor", [(1, "Ambulatório"), (2, "Internação")]),
        "cdg_posto": ("pkposto, posto", list(enumerate(t.NURSING_STATIONS, 1))),
        "cdg_enfermaria": ("pkenfermaria, enfermaria, fkposto", [(n, f"Enfermaria {n}", t.station_of_leito(n * 4)) for n in rooms]),
        "cdg_leito": ("pkleito, codleito, fkenfermaria", [t.leito(n) for n in range(1, t.LEITOS + 1)]),
        "cdg_interveniente": (
            "pkinterveniente, interveniente",
            [(n, persons.nome("F" if n % 2 else "M")) for n in range(1, t.PROFISSIONAIS + 1)],
        ),
    }


def create(dsn: str) -> None:
    """Everything in one transaction; nothing happens where it is already there."""
    con = connect(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('sotech.ate_atendimento')")
            if cur.fetchone()[0] is not None:
                return
            for file in (HERE / "esquema.sql", CONTRACT, HERE / "versao.sql"):
                cur.execute(file.read_text(encoding="utf-8"))
            for table, (columns, rows) in _catalogs().items():
                copy(con, f"sotech.{table}", columns.split(", "), rows)
    finally:
        con.close()
