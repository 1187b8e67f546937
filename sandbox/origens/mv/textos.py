"""Catalogues and plausible clinical content of the sandbox hospital. Codes are invented site codes: every MV site has its own."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.origens.consulfarma.textos import ALERGIAS, CIRURGIAS, DIAGNOSTICOS

# MV keeps ICD-10 without its dot.
CIDS = tuple((code.replace(".", ""), description) for code, description in DIAGNOSTICOS)
CIRURGIAS_MV = tuple((n, name, code) for n, (code, name) in enumerate(CIRURGIAS, 1))
COLOUR = {"BRANCA": "B", "PRETA": "N", "PARDA": "P", "AMARELA": "A", "INDIGENA": "I", "IGNORADA": None}
SUBSTANCES = tuple((n, name) for n, (name, kind) in enumerate(ALERGIAS, 1) if kind != "A")
FOODS = tuple((n, name) for n, (name, kind) in enumerate(ALERGIAS, 1) if kind == "A")
CONVENIOS = ((1, "SUS - internação"), (2, "SUS - ambulatório"), (3, "Particular"), (4, "Plano Exemplo Saúde"))
SPECIALTIES = (
    (1, "Clínica médica"),
    (2, "Cirurgia geral"),
    (3, "Pediatria"),
    (4, "Ortopedia"),
    (5, "Ginecologia e obstetrícia"),
    (6, "Terapia intensiva"),
)
ORIGINS = ((1, "Pronto-socorro", 101), (2, "Ambulatório", 102), (3, "Centro cirúrgico", 103), (4, "Transferência externa", None))
ALTA_REASONS = (
    (1, "Alta melhorada", "A"),
    (2, "Alta a pedido", "A"),
    (3, "Transferência para outro hospital", "T"),
    (4, "Óbito", "O"),
    (5, "Alta do RN", "D"),
)
UTI, SEMI = (9, 10), (11,)
# Code, name, sector, kind, semi-ICU, active.
UNITS = (
    *((n, f"Enfermaria {n}", 200 + n, "I", "N", "S") for n in range(1, 8)),
    (8, "Maternidade", 208, "I", None, "S"), (9, "UTI adulto", 209, "U", "N", "S"), (10, "UTI neonatal", 210, "U", None, "S"),
    (11, "Unidade semi-intensiva", 211, "I", "S", "S"), (12, "Hospital-dia", 212, "I", "N", "S"), (13, "Ala desativada", 213, "I", "N", "N"),
)  # fmt: skip
JOB_TITLES = (("225125", 1), ("223505", 2), ("225250", 1), ("223405", 3), ("225225", 1))
SCHEMA_KINDS = (
    ("MED", "Medicamentos", "N", "N"),
    ("LAB", "Exames laboratoriais", "N", "S"),
    ("IMG", "Exames de imagem", "S", "N"),
    ("DIE", "Dietas", None, None),
)
FREQUENCIES = ((1, "6/6 h"), (2, "8/8 h"), (3, "12/12 h"), (4, "1 vez ao dia"), (5, "Se necessário"))
ROUTES = (("VO", "Via oral"), ("EV", "Endovenosa"), ("SC", "Subcutânea"), ("IM", "Intramuscular"), ("INAL", "Inalatória"))
# Product, name, unit, route, quantity.
PRODUCTS = (
    (501, "DIPIRONA 500 MG/ML AMP 2 ML", "ampola", "EV", "1.0000"), (502, "PARACETAMOL 500 MG COMP", "comprimido", "VO", "1.0000"),
    (503, "CEFTRIAXONA 1 G FA", "frasco-ampola", "EV", "2.0000"), (504, "ENOXAPARINA 40 MG SER", "seringa", "SC", "1.0000"),
    (505, "LOSARTANA 50 MG COMP", "comprimido", "VO", "1.0000"), (506, "INSULINA NPH 100 UI/ML", "UI", "SC", "12.5000"),
    (507, "SALBUTAMOL 100 MCG/DOSE", "jato", "INAL", "2.0000"), (508, "CLORETO DE SODIO 0,9% 500 ML", "frasco", "EV", "0.5000"),
)  # fmt: skip
# Prescription type, description, scheme, product, route, unit, quantity.
PRESCRICAO_KINDS = (
    *((100 + n, p[1].title(), "MED", p[0], p[3], p[0], p[4]) for n, p in enumerate(PRODUCTS)),
    (200, "Hemograma completo", "LAB", None, None, None, "1.0000"), (201, "Creatinina", "LAB", None, None, None, "1.0000"),
    (210, "Radiografia de tórax", "IMG", None, None, None, "1.0000"), (300, "Dieta branda", "DIE", None, None, None, None),
)  # fmt: skip
THEATRE_CENTRES, OPERATING_ROOMS = (
    ((1, "Centro cirúrgico geral"), (2, "Centro obstétrico")),
    tuple((n, f"Sala {n:02d}", 1 if n <= 6 else 2) for n in range(1, 9)),
)
# Kind, name, object.
DOCUMENTS = ((11, "EVOLUÇÃO MÉDICA", 401), (12, "EVOLUÇÃO DE ENFERMAGEM", 402), (13, "ANAMNESE", 403), (14, "SUMÁRIO DE ALTA", 404))
MEASUREMENTS = ((1, "°C"), (2, "bpm"), (3, "irpm"), (4, "mmHg"), (5, "kg"), (6, "cm"), (7, "%"), (8, "mg/dL"))
# Code, name, unit, value as it was typed.
SINAIS: tuple[tuple[int, str, int | None, Callable[[random.Random], str]], ...] = (
    (1, "TEMPERATURA AXILAR", 1, lambda r: f"{34 + r.random() * 6:.1f}".replace(".", ",")),
    (2, "FREQUÊNCIA CARDÍACA", 2, lambda r: str(45 + int(r.random() * 100))),
    (3, "FREQUÊNCIA RESPIRATÓRIA", 3, lambda r: str(10 + int(r.random() * 25))),
    (4, "PRESSÃO ARTERIAL SISTÓLICA", 4, lambda r: str(85 + int(r.random() * 100))),
    (5, "PRESSÃO ARTERIAL DIASTÓLICA", 4, lambda r: str(45 + int(r.random() * 38))),
    (6, "PRESSÃO ARTERIAL", 4, lambda r: f"{95 + int(r.random() * 90)}/{50 + int(r.random() * 40)}"),
    (9, "PESO", 5, lambda r: f"{40 + r.random() * 70:.2f}".replace(".", ",")),
    (10, "ALTURA", 6, lambda r: str(145 + int(r.random() * 50))),
    (11, "SATURAÇÃO DE O2", 7, lambda r: str(85 + int(r.random() * 16))),
    (13, "GLICEMIA CAPILAR", 8, lambda r: str(60 + int(r.random() * 300))),
    (64, "ESCALA DE DOR", None, lambda r: str(int(r.random() * 11))),
    (900, "DIURESE", None, lambda r: r.choice(("presente", "ausente", "300 mL em SVD"))),
)  # fmt: skip
UNKNOWN = 900
"""A sign that no code table knows."""
_STATE = ("Paciente em bom estado geral", "Paciente lúcido e orientado", "REG, hipocorado +/4+", "Paciente sonolento, desperta ao chamado")
_COMPLAINT = (
    "sem queixas álgicas",
    "refere dor abdominal leve",
    "com dispneia aos esforços",
    "nega febre nas últimas 24 h",
    "aceitando a dieta",
)
_EXAME = ("MV+ sem RA; BNF em 2T", "abdome flácido, indolor", "PA controlada; diurese > 0,5 mL/kg/h", "ferida operatória limpa & seca")
_PLAN = (
    "manter prescrição",
    "solicitar exames de controle",
    "programar alta se estável",
    "avaliação da fisioterapia",
    "desmame de O2 se SatO2 >= 94%",
)


def evolucao_lines(rng: random.Random) -> list[str]:
    return [f"{rng.choice(_STATE)}, {rng.choice(_COMPLAINT)}.", f"Ao exame: {rng.choice(_EXAME)}.", f"CD: {rng.choice(_PLAN)}."]


def evolucao(rng: random.Random) -> str:
    """A note of a few lines: sometimes with HTML or RTF, as an editor keeps it."""
    rows = evolucao_lines(rng)
    luck = rng.random()
    if luck < 0.3:
        return "".join(f"<p>{row.replace('&', '&amp;').replace('>', '&gt;')}</p>" for row in rows)
    if luck < 0.4:
        return r"{\rtf1\ansi\ansicpg1252 " + r"\par ".join(row.encode("ascii", "ignore").decode() for row in rows) + "}"
    return "\r\n".join(rows)
