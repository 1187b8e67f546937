"""Creates the sandbox Tasy: schema, catalogues, and the professionals of an empty hospital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.origens.base import connect, copy
from sandbox.origens.pessoas import PersonGenerator, cns_de, cpf_de
from sandbox.origens.povoamento import indexes_of
from sandbox.origens.tasy import textos as t

HERE = Path(__file__).parent
ZONE = "America/Bahia"
PROFISSIONAIS = 120
FIRST_PACIENTE = 1001
"""CD_PESSOA_FISICA of the first patient: people share one table with the staff."""
SEQUENCES = {
    "pessoa_fisica": "cd_pessoa_fisica", "atendimento_paciente": "nr_atendimento", "atend_paciente_unidade": "nr_seq_interno",
    "paciente_alergia": "nr_sequencia", "atendimento_sinal_vital": "nr_sequencia", "prescr_medica": "nr_prescricao",
    "evolucao_paciente": "cd_evolucao",
}  # fmt: skip
"""Table → its key, which the application takes from a sequence ``tasy.seq_<table>``."""
_CREATION = datetime(2023, 1, 1)
_CATALOGS: dict[str, tuple[str, Iterable[Sequence[Any]]]] = {
    "setor_atendimento": ("cd_setor_atendimento, ds_setor_atendimento", t.SECTORS),
    "motivo_alta": ("cd_motivo_alta, ds_motivo_alta, ie_obito", t.ALTA_REASONS),
    "cor_pele": ("nr_sequencia, ds_cor_pele", t.COLOURS),
    "convenio": ("cd_convenio, ds_convenio", t.CONVENIOS),
    "cid_doenca": ("cd_doenca_cid, ds_doenca_cid", t.CIDS),
    "tipo_alergia": ("nr_sequencia, ds_tipo_alergia", t.ALERGIA_KINDS),
    "med_reacao_alergica": ("nr_sequencia, ds_reacao", t.REACTIONS),
    "material": ("cd_material, ds_material, ds_reduzida", [(m[0], m[1], m[1].split()[0].title()) for m in t.MATERIALS]),
    "proc_interno": ("nr_sequencia, ds_proc_exame", [p[:2] for p in t.PROCEDIMENTOS]),
}


INDEXES = indexes_of(HERE / "indices.sql")


def create(dsn: str) -> None:
    """Everything in one transaction; nothing happens where it is already there."""
    con = connect(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('tasy.atendimento_paciente')")
            if cur.fetchone()[0] is not None:
                return
            for file in ("esquema.sql", "indices.sql"):
                cur.execute((HERE / file).read_text(encoding="utf-8"))
            for table in SEQUENCES:
                cur.execute(f"create sequence tasy.seq_{table}" + (f" start {FIRST_PACIENTE}" if table == "pessoa_fisica" else ""))
            for table, (columns, rows) in _CATALOGS.items():
                copy(con, f"tasy.{table}", (*columns.split(", "), "dt_atualizacao"), [(*row, _CREATION) for row in rows])
            _profissionais(con)
    finally:
        con.close()


def _profissionais(con: Any) -> None:
    """Staff are persons, too; of five, three are physicians."""
    persons, rows, physicians = PersonGenerator(78, edge=0), [], []
    for n in range(1, PROFISSIONAIS + 1):
        complete = n % 10 != 0
        rows.append((str(n), persons.nome("F" if n % 2 else "M"), "F" if n % 2 else "M", cpf_de(600_000_000 + n * 997) if complete else None,
                       cns_de(500_000_000 + n * 991) if complete else None, _CREATION))  # fmt: skip
        if n % 5 < 3:
            physicians.append((str(n), str(20_000 + n), "BA", _CREATION))
    copy(
        con,
        "tasy.pessoa_fisica",
        ("cd_pessoa_fisica", "nm_pessoa_fisica", "ie_sexo", "nr_cpf", "nr_cartao_nac_sus", "dt_atualizacao"),
        rows,
    )
    copy(con, "tasy.medico", ("cd_pessoa_fisica", "nr_crm", "uf_crm", "dt_atualizacao"), physicians)
