"""Rows of one TrakCare patient as the reader gives them, for tests without a database."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.wire.parser import Mensagem, ler
from include.fusion.model.depara import DePara
from include.fusion.sistemas.trackcare.context import ContextoTrackCare
from include.fusion.sistemas.trackcare.system import Plano, a_enviar, estado, plano
from include.fusion.store.ledger import Entrega

FUSO = ZoneInfo("America/Sao_Paulo")
AGORA = datetime(2024, 3, 2, 9, tzinfo=FUSO)
DIA, HORA = date(2024, 3, 1), time(10, 30)
MEDICO = {"ctpcp_code": "M1", "ctpcp_desc": "João d'Ávila"}
PACIENTE = {
    "chave": 77, "paper_name": "Conceição Souza", "paper_name2": "Maria", "paper_name3": None, "paper_dob": date(1980, 2, 29), "paper_id": "529.982.247-25",
    "paper_passportnumber": None, "paper_governcardno": "700000000000005", "paper_mothername": "Ana de Souza", "paper_mobphone": "61999998888",
    "paper_telh": None, "paper_email": None, "paper_stname": "Rua das Acácias 10", "paper_deceased": "N", "paper_deceased_date": None,
    "paper_updatedate": DIA, "paper_updatetime": HORA, "papmi_no": "100077", "papmi_id": None, "papmi_medicare": None, "papmi_active": "Y",
    "ctsex_code": "F", "ctsex_hl7code": "F", "ctzip_code": "70000000", "ctcit_code": "5300108", "ctcit_desc": "Brasília",
}  # fmt: skip
ADMISSAO = {
    "chave": 77, "paadm_rowid": 9, "paadm_admno": "I9", "paadm_type": "I", "paadm_visitstatus": "A", "paadm_admdate": DIA, "paadm_admtime": HORA,
    "paadm_dischgdate": None, "paadm_dischgtime": None, **MEDICO, "ctloc_code": "DEP01", "ctloc_desc": "Clínica", "hosp_code": "HBDF", "ward_code": "ALA02",
    "room_code": "Q1", "bed_code": "ALA02-01",
}  # fmt: skip
MOVIMENTOS = [
    {"chave": 77, "paadm_rowid": 9, "trans_rowid": f"9||{n}", "trans_childsub": n, "trans_startdate": DIA, "trans_starttime": time(10 + n), "ward_code": f"ALA0{n}",
     "bed_code": f"ALA0{n}-01"} for n in (1, 2)
]  # fmt: skip
SINAL = {"chave": 77, "paadm_rowid": 9, "mradm_rowid": 9, "obs_rowid": "9||1", "obs_childsub": 1, "obs_value": "36,5", "obs_date": DIA, "obs_time": HORA,
         "obs_errorreason_dr": None, "itm_code": "TEMP", "itm_desc": "Temperatura axilar", "ctuom_code": "C"}  # fmt: skip
NOTA = {"chave": 77, "paadm_rowid": 9, "not_rowid": "9||1", "not_childsub": 1, "not_clinnotestype_dr": 12, "not_date": DIA, "not_time": HORA,
        "not_createdate": DIA, "not_status_dr": None, "not_errorreason_dr": None, **MEDICO, "not_notes": "Evolução: PA 120|80"}  # fmt: skip
REMEDIO = {
    "chave": 77, "paadm_rowid": 9, "oeord_rowid": 5, "oeori_rowid": "5||1", "oeori_childsub": 1, "oeori_doseqty": "0,5", "oeori_phfreq_dr": 1,
    "oeori_route_dr": 1, "oeori_phqtyord": 3.0, "oeori_date": DIA, "oeori_timeord": HORA, "oeori_sttdat": DIA, "oeori_stttim": HORA, "oeori_enddate": None,
    "arcim_code": "MED501", "arcim_desc": "DIPIRONA", "arcic_code": "MED", "ctuom_code": "AMP", "ctuom_desc": "ampola", "ostat_code": "V", **MEDICO,
}  # fmt: skip
CIRURGIA = {"chave": 77, "paadm_rowid": 9, "rbop_rowid": 3, "rbop_dateoper": DIA, "rbop_timeoper": HORA, "rbop_status": "P", "rbop_procedure": None,
            "rbop_resource_dr": 1, "oper_code": "0407", "oper_desc": "Apendicectomia", **MEDICO}  # fmt: skip
ALERGIA = {"chave": 77, "alg_rowid": "77||1", "alg_category_dr": 1, "alg_severity_dr": 1, "alg_desc": None, "alg_freetextallergy": None, "alg_comments": None,
           "alg_reaction": "Urticária", "alg_onsetdate": None, "alg_date": DIA, "alg_time": HORA, "alg_status": "A", "alg_entrystatus": "C",
           "alg_inactivedate": None, "tipo_codigo": "DIP", "tipo_descricao": "Dipirona"}  # fmt: skip
DIAGNOSTICO = {"chave": 77, "paadm_rowid": 9, "mrdia_rowid": "9||1", "mrdia_childsub": 1, "mrdia_desc": None, "mrdia_principle": "Y",
               "mrdia_diagnosistype_dr": 3, "mrdia_diagstat_dr": None, "mrdia_date": DIA, "mrdia_time": HORA, "mrdia_entrystatus": "C", "mrcid_code": "E119", "mrcid_desc": "Diabetes",
               **MEDICO}  # fmt: skip


def contexto(hl7: dict[str, Any] | None = None, **opcoes: Any) -> ContextoTrackCare:
    ajustes = AjustesHl7(integracao=2, fuso=FUSO, **(hl7 or {}))
    return ContextoTrackCare(depara=DePara.carregar("trackcare", "trackcare"), fuso=FUSO, hl7=ajustes, **opcoes)


CTX = contexto()


class Conversa:
    """A patient over time: each ``dizer`` sends what is missing and remembers it."""

    def __init__(self, ctx: ContextoTrackCare = CTX) -> None:
        self.ctx = ctx
        self.livro: dict[str, Entrega] = {}

    def dizer(self, paciente: dict[str, Any] | None = None, **dados: Any) -> list[Mensagem]:
        lido = ler_plano(paciente, self.ctx, **dados)
        feitas = []
        for item in a_enviar(lido, self.livro):
            sequencia = self.livro[item.entidade].sequencia + 1 if item.entidade in self.livro else 1
            feitas.append(ler(item.montar(estado(item, self.livro, sequencia, AGORA)).corpo))
            self.livro[item.entidade] = Entrega(item.versao, sequencia, "alteracao" if item.ativo else "exclusao")
        return feitas


def ler_plano(paciente: dict[str, Any] | None = None, ctx: ContextoTrackCare = CTX, **dados: Any) -> Plano:
    """Plan of the patient; a kind of rows may be one dict (over the usual admission) or a list."""
    linhas = {nome: valor if isinstance(valor, list) else [valor] for nome, valor in dados.items()}
    return plano({"paciente": [PACIENTE | (paciente or {})], **linhas}, ctx)


def eventos(mensagens: list[Mensagem]) -> list[str]:
    return [str(m.valor("MSH", 9, 2)) for m in mensagens]
