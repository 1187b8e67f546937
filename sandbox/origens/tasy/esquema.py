"""Creates the sandbox Tasy: schema, catalogues, and the professionals of an empty hospital."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.origens.base import conectar, copiar
from sandbox.origens.pessoas import GeradorPessoas, cns_de, cpf_de
from sandbox.origens.povoamento import indices_de
from sandbox.origens.tasy import textos as t

AQUI = Path(__file__).parent
FUSO = "America/Bahia"
PROFISSIONAIS = 120
PRIMEIRO_PACIENTE = 1001
"""CD_PESSOA_FISICA of the first patient: people share one table with the staff."""
SEQUENCIAS = {
    "pessoa_fisica": "cd_pessoa_fisica", "atendimento_paciente": "nr_atendimento", "atend_paciente_unidade": "nr_seq_interno",
    "paciente_alergia": "nr_sequencia", "atendimento_sinal_vital": "nr_sequencia", "prescr_medica": "nr_prescricao",
    "evolucao_paciente": "cd_evolucao",
}  # fmt: skip
"""Table → its key, which the application takes from a sequence ``tasy.seq_<table>``."""
_CRIACAO = datetime(2023, 1, 1)
_CATALOGOS: dict[str, tuple[str, Iterable[Sequence[Any]]]] = {
    "setor_atendimento": ("cd_setor_atendimento, ds_setor_atendimento", t.SETORES),
    "motivo_alta": ("cd_motivo_alta, ds_motivo_alta, ie_obito", t.MOTIVOS_ALTA),
    "cor_pele": ("nr_sequencia, ds_cor_pele", t.CORES),
    "convenio": ("cd_convenio, ds_convenio", t.CONVENIOS),
    "cid_doenca": ("cd_doenca_cid, ds_doenca_cid", t.CIDS),
    "tipo_alergia": ("nr_sequencia, ds_tipo_alergia", t.TIPOS_ALERGIA),
    "med_reacao_alergica": ("nr_sequencia, ds_reacao", t.REACOES),
    "material": ("cd_material, ds_material, ds_reduzida", [(m[0], m[1], m[1].split()[0].title()) for m in t.MATERIAIS]),
    "proc_interno": ("nr_sequencia, ds_proc_exame", [p[:2] for p in t.PROCEDIMENTOS]),
}


INDICES = indices_de(AQUI / "indices.sql")


def criar(dsn: str) -> None:
    """Everything in one transaction; nothing happens where it is already there."""
    con = conectar(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('tasy.atendimento_paciente')")
            if cur.fetchone()[0] is not None:
                return
            for arquivo in ("esquema.sql", "indices.sql"):
                cur.execute((AQUI / arquivo).read_text(encoding="utf-8"))
            for tabela in SEQUENCIAS:
                cur.execute(f"create sequence tasy.seq_{tabela}" + (f" start {PRIMEIRO_PACIENTE}" if tabela == "pessoa_fisica" else ""))
            for tabela, (colunas, linhas) in _CATALOGOS.items():
                copiar(con, f"tasy.{tabela}", (*colunas.split(", "), "dt_atualizacao"), [(*linha, _CRIACAO) for linha in linhas])
            _profissionais(con)
    finally:
        con.close()


def _profissionais(con: Any) -> None:
    """Staff are persons, too; of five, three are physicians."""
    pessoas, linhas, medicos = GeradorPessoas(78, borda=0), [], []
    for n in range(1, PROFISSIONAIS + 1):
        completo = n % 10 != 0
        linhas.append((str(n), pessoas.nome("F" if n % 2 else "M"), "F" if n % 2 else "M", cpf_de(600_000_000 + n * 997) if completo else None,
                       cns_de(500_000_000 + n * 991) if completo else None, _CRIACAO))  # fmt: skip
        if n % 5 < 3:
            medicos.append((str(n), str(20_000 + n), "BA", _CRIACAO))
    copiar(
        con,
        "tasy.pessoa_fisica",
        ("cd_pessoa_fisica", "nm_pessoa_fisica", "ie_sexo", "nr_cpf", "nr_cartao_nac_sus", "dt_atualizacao"),
        linhas,
    )
    copiar(con, "tasy.medico", ("cd_pessoa_fisica", "nr_crm", "uf_crm", "dt_atualizacao"), medicos)
