"""Creates the sandbox TrakCare: schema, code tables, PacienteSES with its upkeep, and an empty hospital."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.origens.base import connect, copy
from sandbox.origens.pessoas import MUNICIPALITIES, PersonGenerator
from sandbox.origens.trackcare import textos as t

HERE = Path(__file__).parent
ZONE = "America/Sao_Paulo"
SEQUENCES = {"pa_person": "paper_rowid", "pa_adm": "paadm_rowid", "oe_order": "oeord_rowid", "rb_operatingroom": "rbop_rowid",
              "pa_mergepatient": "mrg_rowid"}  # fmt: skip
"""Table → its key, counted by a sequence ``sqluser.seq_<table>``. A person's PA_PatMas and an episode's MR_Adm have the same key."""
WATCHED = {
    "pa_person": ("pessoa", "", ""), "pa_patmas": ("papmi", "papmi_rowid1", ""), "pa_mergepatient": ("papmi", "mrg_papmi_from_dr", ""),
    "pa_adm": ("papmi", "paadm_papmi_dr", "clinico"), "pa_admtransaction": ("adm", "trans_parref", "clinico"),
    "pa_allergy": ("papmi", "alg_papmi_parref", "clinico"), "mr_diagnos": ("mradm", "mrdia_mradm_parref", "clinico"),
    "mr_observations": ("mradm", "obs_parref", "clinico"), "mr_nursingnotes": ("mradm", "not_parref", "clinico"),
    "mr_procedures": ("mradm", "proc_parref", "clinico"), "oe_orditem": ("order", "oeori_oeord_parref", "clinico"),
    "rb_operatingroom": ("adm", "rbop_paadm_dr", "clinico"),
}  # fmt: skip
"""Table → how its trigger finds the patient."""


def _catalogs() -> dict[str, tuple[str, Any]]:
    persons = PersonGenerator(88, edge=0)
    return {
        "ct_sex": ("ctsex_rowid, ctsex_code, ctsex_desc, ctsex_hl7code", t.SEXES),
        "ct_city": ("ctcit_rowid, ctcit_code, ctcit_desc", [(n, m[0], m[1]) for n, m in enumerate(MUNICIPALITIES, 1)]),
        "ct_zip": ("ctzip_rowid, ctzip_code", [(n, f"{70000 + n}000") for n in range(1, 200)]),
        "ct_careprov": (
            "ctpcp_rowid1, ctpcp_code, ctpcp_desc",
            [(n, f"M{1000 + n}", persons.nome("FM"[n % 2])) for n in range(1, t.PROFISSIONAIS + 1)],
        ),
        "ct_loc": ("ctloc_rowid, ctloc_code, ctloc_desc", t.SECTORS),
        "ct_hospital": ("hosp_rowid, hosp_code, hosp_desc", t.HOSPITALS),
        "pac_ward": ("ward_rowid, ward_code, ward_desc", t.WARDS),
        "pac_room": ("room_rowid, room_code, room_desc", t.ROOMS),
        "pac_bed": ("bed_ward_parref, bed_childsub, bed_rowid, bed_code", t.LEITOS),
        "pac_allergy": ("alg_rowid, alg_code, alg_desc", t.ALLERGENS),
        "mrc_icddx": ("mrcid_rowid, mrcid_code, mrcid_desc", t.CIDS),
        "ct_uom": ("ctuom_rowid, ctuom_code, ctuom_desc", t.UNITS),
        "mrc_observationitem": ("itm_rowid, itm_code, itm_desc, itm_ctuom_dr", [s[:4] for s in t.SINAIS]),
        "arc_itemcat": ("arcic_rowid, arcic_code, arcic_desc", t.ITEM_CATEGORIES),
        "arc_itmmast": ("arcim_rowid, arcim_code, arcim_desc, arcim_itemcat_dr", [i[:4] for i in t.ITEMS]),
        "oec_orderstatus": ("ostat_rowid, ostat_code, ostat_desc", t.ORDER_STATUS),
        "orc_operation": ("oper_rowid, oper_code, oper_desc", t.OPERATIONS),
    }


def _instructions(horolog: bool) -> list[str]:
    kinds = ("integer", "integer") if horolog else ("date", "time")
    schema = (HERE / "esquema.sql").read_text(encoding="utf-8").replace(" DATA", f" {kinds[0]}").replace(" HORA", f" {kinds[1]}")
    triggers = [
        f"create trigger tocar after insert or update or delete on sqluser.{table} for each row execute function"
        f" sqluser.tocar('{source_items}', '{column}', '{nature}')"
        for table, (source_items, column, nature) in WATCHED.items()
    ]
    upkeep = (HERE / "paciente_ses.sql").read_text(encoding="utf-8").replace("FUSO", ZONE)
    return [schema, (HERE / "indices.sql").read_text(encoding="utf-8"), upkeep, *triggers]


def create(dsn: str, *, horolog: bool = False) -> None:
    """Everything in one transaction; nothing happens where it is already there. ``horolog``: integers instead of dates and times."""
    con = connect(dsn)
    try:
        with con, con.cursor() as cur:
            cur.execute("select to_regclass('sqluser.pa_person')")
            if cur.fetchone()[0] is not None:
                return
            for statement in _instructions(horolog):
                cur.execute(statement)
            for table in SEQUENCES:
                cur.execute(f"create sequence sqluser.seq_{table}")
            for table, (columns, rows) in _catalogs().items():
                copy(con, f"sqluser.{table}", columns.split(", "), rows)
    finally:
        con.close()
