"""Creates the sandbox MV: schema, journals with their triggers, catalogues and an empty hospital with its beds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.origens.base import connect, copy
from sandbox.origens.mv import textos as t
from sandbox.origens.pessoas import MUNICIPALITIES, PersonGenerator, cns_de, cpf_de
from sandbox.origens.povoamento import indexes_of

HERE = Path(__file__).parent
ZONE = "America/Bahia"
PROVIDERS = 120
LEITOS = 120
SEQUENCES = {
    "paciente": "cd_paciente", "atendime": "cd_atendimento", "mov_int": "cd_mov_int", "diagnostico_atendime": "cd_diagnostico_atendime",
    "pw_problema": "cd_problema", "pw_documento_clinico": "cd_documento_clinico", "pw_editor_registro": "cd_editor_registro",
    "pre_med": "cd_pre_med", "itpre_med": "cd_itpre_med", "coleta_sinal_vital": "cd_coleta_sinal_vital", "aviso_cirurgia": "cd_aviso_cirurgia",
    "cirurgia_aviso": "cd_cirurgia_aviso", "age_cir": "cd_age_cir",
}  # fmt: skip
"""Table → its key, which the application takes from a sequence ``dbamv.seq_<table>``."""
_CATALOGS: dict[str, tuple[str, Any]] = {
    "cidade": ("cd_cidade, nm_cidade, cd_uf, cd_ibge", [(n, m[1], m[2], m[0]) for n, m in enumerate(MUNICIPALITIES, 1)]),
    "cid": ("cd_cid, ds_cid", t.CIDS),
    "convenio": ("cd_convenio, nm_convenio", t.CONVENIOS),
    "especialid": ("cd_especialid, ds_especialid", t.SPECIALTIES),
    "ori_ate": ("cd_ori_ate, ds_ori_ate, cd_setor", t.ORIGINS),
    "mot_alt": ("cd_mot_alt, ds_mot_alt, tp_mot_alta", t.ALTA_REASONS),
    "unid_int": ("cd_unid_int, ds_unid_int, cd_setor, tp_unid_int, sn_semi_uti, sn_ativo", t.UNITS),
    "substancia": ("cd_substancia, ds_substancia", t.SUBSTANCES),
    "pw_alimento": ("cd_alimento, ds_alimento", t.FOODS),
    "tip_esq": ("cd_tip_esq, ds_tip_esq, sn_exa_rx, sn_exa_lab", t.SCHEMA_KINDS),
    "tip_presc": ("cd_tip_presc, ds_tip_presc, cd_tip_esq", [p[:3] for p in t.PRESCRICAO_KINDS]),
    "tip_fre": ("cd_tip_fre, ds_tip_fre", t.FREQUENCIES),
    "for_apl": ("cd_for_apl, ds_for_apl", t.ROUTES),
    "produto": ("cd_produto, ds_produto", [p[:2] for p in t.PRODUCTS]),
    "uni_pro": ("cd_uni_pro, cd_produto, ds_unidade", [(p[0], p[0], p[2]) for p in t.PRODUCTS]),
    "pw_unidade_afericao": ("cd_unidade_afericao, ds_unidade_afericao", t.MEASUREMENTS),
    "sinal_vital": ("cd_sinal_vital, ds_sinal_vital", [s[:2] for s in t.SINAIS]),
    "cen_cir": ("cd_cen_cir, ds_cen_cir", t.THEATRE_CENTRES),
    "sal_cir": ("cd_sal_cir, ds_sal_cir, cd_cen_cir", t.OPERATING_ROOMS),
    "cirurgia": ("cd_cirurgia, ds_cirurgia, cd_pro_fat", t.CIRURGIAS_MV),
}
LEITO_COLUMNS = "cd_leito, ds_leito, ds_resumo, ds_enfermaria, cd_unid_int, cd_tip_acom, tp_ocupacao, tp_situacao, sn_extra"


def leito(n: int, occupancy: str = "V") -> tuple[Any, ...]:
    """Bed ``n``; one in fifty is an extra bed that belongs to no unit."""
    extra = n % 50 == 0
    unit = None if extra else 1 + n % 12
    name = f"EXTRA {n:04d}" if extra else f"LEITO {n:04d}"
    return n, name, f"L{n:04d}", None if extra else f"Quarto {n // 3}", unit, 1 + n % 3, occupancy, "A", "S" if extra else "N"


def _providers() -> list[tuple[Any, ...]]:
    persons, rows = PersonGenerator(77, edge=0), []
    for n in range(1, PROVIDERS + 1):
        cbo, advice = t.JOB_TITLES[n % len(t.JOB_TITLES)]
        complete = n % 10 != 0
        rows.append((n, persons.nome("F" if n % 2 else "M"), str(10_000 + n), advice, cpf_de(500_000_000 + n * 997) if complete else None,
                       cns_de(400_000_000 + n * 991) if complete else None, cbo, "A", 1))  # fmt: skip
    return rows


INDEXES = indexes_of(HERE / "indices.sql")


def create(dsn: str) -> None:
    """Everything in one transaction; nothing happens where it is already there."""
    con = connect(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('dbamv.atendime')")
            if cur.fetchone()[0] is not None:
                return
            for file in ("esquema.sql", "diario.sql", "indices.sql"):
                cur.execute((HERE / file).read_text(encoding="utf-8"))
            for table in SEQUENCES:
                cur.execute(f"create sequence dbamv.seq_{table}")
            for table, (columns, rows) in _CATALOGS.items():
                copy(con, f"dbamv.{table}", columns.split(", "), rows)
            copy(con, "dbamv.prestador", ("cd_prestador", "nm_prestador", "ds_codigo_conselho", "cd_conselho", "nr_cpf_cgc", "nr_cns", "cd_cbos",
                                            "tp_situacao", "cd_multi_empresa"), _providers())  # fmt: skip
            copy(con, "dbamv.leito", LEITO_COLUMNS.split(", "), [leito(n) for n in range(1, LEITOS + 1)])
    finally:
        con.close()
