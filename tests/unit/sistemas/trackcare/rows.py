"""Rows of one TrakCare patient as the reader gives them, for tests without a database."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.wire.parser import Message, read
from include.fusion.model.depara import DePara
from include.fusion.sistemas.trackcare.context import TrackCareContext
from include.fusion.sistemas.trackcare.system import MessagePlan, plan, state, to_send
from include.fusion.store.ledger import LedgerEntry

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2024, 3, 2, 9, tzinfo=ZONE)
DAY, HOUR = date(2024, 3, 1), time(10, 30)
PHYSICIAN = {"ctpcp_code": "M1", "ctpcp_desc": "João d'Ávila"}
PACIENTE = {
    "chave": 77, "paper_name": "Conceição Souza", "paper_name2": "Maria", "paper_name3": None, "paper_dob": date(1980, 2, 29), "paper_id": "529.982.247-25",
    "paper_passportnumber": None, "paper_governcardno": "700000000000005", "paper_mothername": "Ana de Souza", "paper_mobphone": "61999998888",
    "paper_telh": None, "paper_email": None, "paper_stname": "Rua das Acácias 10", "paper_deceased": "N", "paper_deceased_date": None,
    "paper_updatedate": DAY, "paper_updatetime": HOUR, "papmi_no": "100077", "papmi_id": None, "papmi_medicare": None, "papmi_active": "Y",
    "ctsex_code": "F", "ctsex_hl7code": "F", "ctzip_code": "70000000", "ctcit_code": "5300108", "ctcit_desc": "Brasília",
}  # fmt: skip
ADMISSION = {
    "chave": 77, "paadm_rowid": 9, "paadm_admno": "I9", "paadm_type": "I", "paadm_visitstatus": "A", "paadm_admdate": DAY, "paadm_admtime": HOUR,
    "paadm_dischgdate": None, "paadm_dischgtime": None, **PHYSICIAN, "ctloc_code": "DEP01", "ctloc_desc": "Clínica", "hosp_code": "HBDF", "ward_code": "ALA02",
    "room_code": "Q1", "bed_code": "ALA02-01",
}  # fmt: skip
MOVEMENTS = [
    {"chave": 77, "paadm_rowid": 9, "trans_rowid": f"9||{n}", "trans_childsub": n, "trans_startdate": DAY, "trans_starttime": time(10 + n), "ward_code": f"ALA0{n}",
     "bed_code": f"ALA0{n}-01"} for n in (1, 2)
]  # fmt: skip
SINAL = {"chave": 77, "paadm_rowid": 9, "mradm_rowid": 9, "obs_rowid": "9||1", "obs_childsub": 1, "obs_value": "36,5", "obs_date": DAY, "obs_time": HOUR,
         "obs_errorreason_dr": None, "itm_code": "TEMP", "itm_desc": "Temperatura axilar", "ctuom_code": "C"}  # fmt: skip
NOTE = {"chave": 77, "paadm_rowid": 9, "not_rowid": "9||1", "not_childsub": 1, "not_clinnotestype_dr": 12, "not_date": DAY, "not_time": HOUR,
        "not_createdate": DAY, "not_status_dr": None, "not_errorreason_dr": None, **PHYSICIAN, "not_notes": "Evolução: PA 120|80"}  # fmt: skip
MEDICATION = {
    "chave": 77, "paadm_rowid": 9, "oeord_rowid": 5, "oeori_rowid": "5||1", "oeori_childsub": 1, "oeori_doseqty": "0,5", "oeori_phfreq_dr": 1,
    "oeori_route_dr": 1, "oeori_phqtyord": 3.0, "oeori_date": DAY, "oeori_timeord": HOUR, "oeori_sttdat": DAY, "oeori_stttim": HOUR, "oeori_enddate": None,
    "arcim_code": "MED501", "arcim_desc": "DIPIRONA", "arcic_code": "MED", "ctuom_code": "AMP", "ctuom_desc": "ampola", "ostat_code": "V", **PHYSICIAN,
}  # fmt: skip
CIRURGIA = {"chave": 77, "paadm_rowid": 9, "rbop_rowid": 3, "rbop_dateoper": DAY, "rbop_timeoper": HOUR, "rbop_status": "P", "rbop_procedure": None,
            "rbop_resource_dr": 1, "oper_code": "0407", "oper_desc": "Apendicectomia", **PHYSICIAN}  # fmt: skip
ALERGIA = {"chave": 77, "alg_rowid": "77||1", "alg_category_dr": 1, "alg_severity_dr": 1, "alg_desc": None, "alg_freetextallergy": None, "alg_comments": None,
           "alg_reaction": "Urticária", "alg_onsetdate": None, "alg_date": DAY, "alg_time": HOUR, "alg_status": "A", "alg_entrystatus": "C",
           "alg_inactivedate": None, "tipo_codigo": "DIP", "tipo_descricao": "Dipirona"}  # fmt: skip
DIAGNOSTICO = {"chave": 77, "paadm_rowid": 9, "mrdia_rowid": "9||1", "mrdia_childsub": 1, "mrdia_desc": None, "mrdia_principle": "Y",
               "mrdia_diagnosistype_dr": 3, "mrdia_diagstat_dr": None, "mrdia_date": DAY, "mrdia_time": HOUR, "mrdia_entrystatus": "C", "mrcid_code": "E119", "mrcid_desc": "Diabetes",
               **PHYSICIAN}  # fmt: skip


def context(hl7: dict[str, Any] | None = None, **options: Any) -> TrackCareContext:
    settings = Hl7Profile(integracao=2, zone=ZONE, **(hl7 or {}))
    return TrackCareContext(depara=DePara.load("trackcare", "trackcare"), zone=ZONE, hl7=settings, **options)


CTX = context()


class Conversation:
    """A patient over time: each ``say`` sends what is missing and remembers it."""

    def __init__(self, ctx: TrackCareContext = CTX) -> None:
        self.ctx = ctx
        self.ledger: dict[str, LedgerEntry] = {}

    def say(self, paciente: dict[str, Any] | None = None, **data: Any) -> list[Message]:
        read_item = read_plan(paciente, self.ctx, **data)
        done = []
        for item in to_send(read_item, self.ledger):
            sequence = self.ledger[item.entidade].sequencia + 1 if item.entidade in self.ledger else 1
            done.append(read(item.build(state(item, self.ledger, sequence, NOW, known=item.entidade in self.ledger)).body))
            self.ledger[item.entidade] = LedgerEntry(item.versao, sequence, "alteracao" if item.ativo else "exclusao")
        return done


def read_plan(paciente: dict[str, Any] | None = None, ctx: TrackCareContext = CTX, **data: Any) -> MessagePlan:
    """Plan of the patient; a kind of rows may be one dict (over the usual admission) or a list."""
    rows = {name: value if isinstance(value, list) else [value] for name, value in data.items()}
    return plan({"paciente": [PACIENTE | (paciente or {})], **rows}, ctx)


def events(messages: list[Message]) -> list[str]:
    return [str(m.valor("MSH", 9, 2)) for m in messages]
