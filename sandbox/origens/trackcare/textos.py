"""Catalogues of the sandbox TrakCare. Row ids and codes are invented: every site has its own, which is what De/Para is for."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.origens.consulfarma.textos import ALERGIAS, CIRURGIAS, DIAGNOSTICOS
from sandbox.origens.mv.textos import evolucao

SEXES = ((1, "F", "Feminino", "F"), (2, "M", "Masculino", "M"), (3, "I", "Indeterminado", "U"))
HOSPITALS = ((1, "HBDF", "Hospital de Base"), (2, "HRAN", "Hospital Regional da Asa Norte"))
SECTORS = tuple(
    (n, f"DEP{n:02d}", name) for n, name in enumerate(("Clínica médica", "Cirurgia geral", "Pediatria", "Pronto-socorro", "Ambulatório"), 1)
)
WARDS = (*((n, f"ALA{n:02d}", f"Enfermaria {n}") for n in range(1, 9)), (9, "UTI01", "UTI adulto"))
ROOMS = tuple((n, f"Q{n:03d}", f"Quarto {n}") for n in range(1, 41))
LEITOS = tuple((ward[0], sub, f"{ward[0]}||{sub}", f"{ward[1]}-{sub:02d}") for ward in WARDS for sub in range(1, 13))
CIDS = tuple((n, code, name) for n, (code, name) in enumerate(DIAGNOSTICOS, 1))
ALLERGENS = tuple((n, f"ALG{n:02d}", name) for n, (name, _) in enumerate(ALERGIAS, 1))
CATEGORIES = tuple({"M": 1, "A": 2, "B": 3}.get(kind or "", 4) for _, kind in ALERGIAS)
OPERATIONS = tuple((n, code, name) for n, (code, name) in enumerate(CIRURGIAS, 1))
ORDER_STATUS = ((1, "V", "Verificado"), (4, "D", "Descontinuado"), (6, "E", "Executado"), (9, "C", "Cancelado"))
UNITS = ((1, "mmHg", "milímetros de mercúrio"), (2, "bpm", "batimentos"), (3, "irpm", "incursões"), (4, "C", "graus"), (5, "%", "por cento"),
            (6, "kg", "quilograma"), (7, "cm", "centímetro"), (8, "mg/dL", "miligrama"), (20, "AMP", "ampola"), (21, "CP", "comprimido"),
            (22, "FA", "frasco-ampola"), (23, "UI", "unidade"))  # fmt: skip
ITEM_CATEGORIES = ((1, "MED", "Medicamentos"), (2, "LAB", "Laboratório"))
# Item, code, name, category, unit, route, frequency.
ITEMS = (
    ("501||1", "MED501", "DIPIRONA 500 MG/ML AMP 2 ML", 1, 20, 1, 1), ("502||1", "MED502", "PARACETAMOL 500 MG COMP", 1, 21, 2, 1),
    ("503||1", "MED503", "CEFTRIAXONA 1 G FA", 1, 22, 1, 3), ("504||1", "MED504", "INSULINA NPH 100 UI/ML", 1, 23, 3, 4),
    ("505||1", "MED505", "LOSARTANA 50 MG COMP", 1, 21, 2, 3), ("900||1", "LAB900", "HEMOGRAMA COMPLETO", 2, None, None, None),
)  # fmt: skip
# Item, code, name, unit, value as typed.
SINAIS: tuple[tuple[int, str, str, int | None, Callable[[random.Random], str]], ...] = (
    (1, "PAS", "Pressão arterial sistólica", 1, lambda r: str(85 + int(r.random() * 100))),
    (2, "PAD", "Pressão arterial diastólica", 1, lambda r: str(45 + int(r.random() * 38))),
    (3, "FC", "Frequência cardíaca", 2, lambda r: str(45 + int(r.random() * 100))),
    (4, "FR", "Frequência respiratória", 3, lambda r: str(10 + int(r.random() * 25))),
    (5, "TEMP", "Temperatura axilar", 4, lambda r: f"{34 + r.random() * 6:.1f}".replace(".", ",")),
    (6, "SATO2", "Saturação de O2", 5, lambda r: str(85 + int(r.random() * 16))),
    (7, "PESO", "Peso", 6, lambda r: f"{40 + r.random() * 70:.2f}"),
    (8, "HGT", "Glicemia capilar", 8, lambda r: str(60 + int(r.random() * 300))),
    (90, "DIURESE", "Diurese", None, lambda r: r.choice(("presente", "ausente", "300 mL"))),
)  # fmt: skip
ANAMNESE, EVOLUCAO, OTHER = 11, 12, 13
"""Row ids of note types: admission history, progress note, and one that no De/Para names."""
ERROR = 3
"""OBS_ErrorReason_DR, NOT_ErrorReason_DR: entered in error, wrong patient."""
PROFISSIONAIS = 80

__all__ = ["evolucao"]
