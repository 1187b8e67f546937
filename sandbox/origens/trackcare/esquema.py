"""Creates the sandbox TrakCare: schema, code tables, PacienteSES with its upkeep, and an empty hospital."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.origens.base import conectar, copiar
from sandbox.origens.pessoas import MUNICIPIOS, GeradorPessoas
from sandbox.origens.trackcare import textos as t

AQUI = Path(__file__).parent
FUSO = "America/Sao_Paulo"
SEQUENCIAS = {"pa_person": "paper_rowid", "pa_adm": "paadm_rowid", "oe_order": "oeord_rowid", "rb_operatingroom": "rbop_rowid",
              "pa_mergepatient": "mrg_rowid"}  # fmt: skip
"""Table → its key, counted by a sequence ``sqluser.seq_<table>``. A person's PA_PatMas and an episode's MR_Adm have the same key."""
VIGIADAS = {
    "pa_person": ("pessoa", "", ""), "pa_patmas": ("papmi", "papmi_rowid1", ""), "pa_mergepatient": ("papmi", "mrg_papmi_from_dr", ""),
    "pa_adm": ("papmi", "paadm_papmi_dr", "clinico"), "pa_admtransaction": ("adm", "trans_parref", "clinico"),
    "pa_allergy": ("papmi", "alg_papmi_parref", "clinico"), "mr_diagnos": ("mradm", "mrdia_mradm_parref", "clinico"),
    "mr_observations": ("mradm", "obs_parref", "clinico"), "mr_nursingnotes": ("mradm", "not_parref", "clinico"),
    "mr_procedures": ("mradm", "proc_parref", "clinico"), "oe_orditem": ("order", "oeori_oeord_parref", "clinico"),
    "rb_operatingroom": ("adm", "rbop_paadm_dr", "clinico"),
}  # fmt: skip
"""Table → how its trigger finds the patient."""


def _catalogos() -> dict[str, tuple[str, Any]]:
    pessoas = GeradorPessoas(88, borda=0)
    return {
        "ct_sex": ("ctsex_rowid, ctsex_code, ctsex_desc, ctsex_hl7code", t.SEXOS),
        "ct_city": ("ctcit_rowid, ctcit_code, ctcit_desc", [(n, m[0], m[1]) for n, m in enumerate(MUNICIPIOS, 1)]),
        "ct_zip": ("ctzip_rowid, ctzip_code", [(n, f"{70000 + n}000") for n in range(1, 200)]),
        "ct_careprov": (
            "ctpcp_rowid1, ctpcp_code, ctpcp_desc",
            [(n, f"M{1000 + n}", pessoas.nome("FM"[n % 2])) for n in range(1, t.PROFISSIONAIS + 1)],
        ),
        "ct_loc": ("ctloc_rowid, ctloc_code, ctloc_desc", t.SETORES),
        "ct_hospital": ("hosp_rowid, hosp_code, hosp_desc", t.HOSPITAIS),
        "pac_ward": ("ward_rowid, ward_code, ward_desc", t.ALAS),
        "pac_room": ("room_rowid, room_code, room_desc", t.QUARTOS),
        "pac_bed": ("bed_ward_parref, bed_childsub, bed_rowid, bed_code", t.LEITOS),
        "pac_allergy": ("alg_rowid, alg_code, alg_desc", t.ALERGENOS),
        "mrc_icddx": ("mrcid_rowid, mrcid_code, mrcid_desc", t.CIDS),
        "ct_uom": ("ctuom_rowid, ctuom_code, ctuom_desc", t.UNIDADES),
        "mrc_observationitem": ("itm_rowid, itm_code, itm_desc, itm_ctuom_dr", [s[:4] for s in t.SINAIS]),
        "arc_itemcat": ("arcic_rowid, arcic_code, arcic_desc", t.CATEGORIAS_ITEM),
        "arc_itmmast": ("arcim_rowid, arcim_code, arcim_desc, arcim_itemcat_dr", [i[:4] for i in t.ITENS]),
        "oec_orderstatus": ("ostat_rowid, ostat_code, ostat_desc", t.STATUS_PEDIDO),
        "orc_operation": ("oper_rowid, oper_code, oper_desc", t.OPERACOES),
    }


def _instrucoes(horolog: bool) -> list[str]:
    tipos = ("integer", "integer") if horolog else ("date", "time")
    esquema = (AQUI / "esquema.sql").read_text(encoding="utf-8").replace(" DATA", f" {tipos[0]}").replace(" HORA", f" {tipos[1]}")
    gatilhos = [
        f"create trigger tocar after insert or update or delete on sqluser.{tabela} for each row execute function"
        f" sqluser.tocar('{fonte}', '{coluna}', '{natureza}')"
        for tabela, (fonte, coluna, natureza) in VIGIADAS.items()
    ]
    upkeep = (AQUI / "paciente_ses.sql").read_text(encoding="utf-8").replace("FUSO", FUSO)
    return [esquema, (AQUI / "indices.sql").read_text(encoding="utf-8"), upkeep, *gatilhos]


def criar(dsn: str, *, horolog: bool = False) -> None:
    """Everything in one transaction; nothing happens where it is already there. ``horolog``: integers instead of dates and times."""
    con = conectar(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('sqluser.pa_person')")
            if cur.fetchone()[0] is not None:
                return
            for instrucao in _instrucoes(horolog):
                cur.execute(instrucao)
            for tabela in SEQUENCIAS:
                cur.execute(f"create sequence sqluser.seq_{tabela}")
            for tabela, (colunas, linhas) in _catalogos().items():
                copiar(con, f"sqluser.{tabela}", colunas.split(", "), linhas)
    finally:
        con.close()
