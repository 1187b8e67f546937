"""Creates the sandbox Sotech: the public tables, the contract's, what both have in every table, and the catalogues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.origens.base import conectar, copiar
from sandbox.origens.pessoas import MUNICIPIOS, GeradorPessoas
from sandbox.origens.sotech import textos as t

AQUI = Path(__file__).parent
CONTRATO = AQUI.parents[2] / "include" / "contracts" / "sotech" / "ddl.sql"
FUSO = "America/Bahia"


def _catalogos() -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
    pessoas = GeradorPessoas(78, borda=0)
    quartos = range(1, 1 + t.LEITOS // 4)
    return {
        "tbl_tipoatendimento": ("pktipoatendimento, tipoatendimento", list(t.TIPOS)),
        "tbl_sexo": ("pksexo, sexo", list(t.SEXOS)),
        "tbn_uf": ("pkuf, uf", list(enumerate(t.UFS, 1))),
        "tbn_municipio": ("pkmunicipio, municipio", [(n, m[1]) for n, m in enumerate(MUNICIPIOS, 1)]),
        "tbn_bairro": ("pkbairro, bairro", list(enumerate(t.BAIRROS, 1))),
        "tbn_cid": ("pkcid, codcid, cid, agravo", [(*c, "0") for c in t.CIDS]),
        "tbn_procedimento": ("pkprocedimento, codprocedimento, procedimento", list(t.PROCEDIMENTOS)),
        "tbl_procedimento": ("pkprocedimento, codprocedimento, procedimento", list(t.PROCEDIMENTOS)),
        "tbn_especialidade": ("pkespecialidade, especialidade", list(t.ESPECIALIDADES)),
        "cdg_unidadesaude": ("pkunidadesaude, unidadesaude", [(n, f"Unidade de Saúde {n}") for n in range(1, t.UNIDADES + 1)]),
        "cdg_setor": ("pksetor, setor", [(1, "Ambulatório"), (2, "Internação")]),
        "cdg_posto": ("pkposto, posto", list(enumerate(t.POSTOS, 1))),
        "cdg_enfermaria": ("pkenfermaria, enfermaria, fkposto", [(n, f"Enfermaria {n}", t.posto_do_leito(n * 4)) for n in quartos]),
        "cdg_leito": ("pkleito, codleito, fkenfermaria", [t.leito(n) for n in range(1, t.LEITOS + 1)]),
        "cdg_interveniente": (
            "pkinterveniente, interveniente",
            [(n, pessoas.nome("F" if n % 2 else "M")) for n in range(1, t.PROFISSIONAIS + 1)],
        ),
    }


def criar(dsn: str) -> None:
    """Everything in one transaction; nothing happens where it is already there."""
    con = conectar(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('sotech.ate_atendimento')")
            if cur.fetchone()[0] is not None:
                return
            for arquivo in (AQUI / "esquema.sql", CONTRATO, AQUI / "versao.sql"):
                cur.execute(arquivo.read_text(encoding="utf-8"))
            for tabela, (colunas, linhas) in _catalogos().items():
                copiar(con, f"sotech.{tabela}", colunas.split(", "), linhas)
    finally:
        con.close()
