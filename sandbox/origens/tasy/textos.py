"""Catalogues and plausible clinical content of the sandbox hospital. Codes are invented site codes: every Tasy site has its own."""

from __future__ import annotations

import random

from sandbox.origens.consulfarma.textos import ALERGIAS, DIAGNOSTICOS
from sandbox.origens.mv import textos as mv

CIDS = tuple((code.replace(".", ""), description) for code, description in DIAGNOSTICOS)
COLOURS = ((1, "Branca"), (2, "Preta"), (3, "Parda"), (4, "Amarela"), (5, "Indígena"))
COLOUR = {"BRANCA": 1, "PRETA": 2, "PARDA": 3, "AMARELA": 4, "INDIGENA": 5, "IGNORADA": None}
CONVENIOS = ((1, "SUS"), (2, "Particular"), (3, "Plano Exemplo Saúde"), (4, "Cooperativa Exemplo"))
ALTA_REASONS = ((1, "Alta melhorada", "N"), (2, "Alta a pedido", "N"), (3, "Transferência", "N"), (4, "Óbito", "S"))
ALERGIA_KINDS = ((1, "Medicamentosa"), (2, "Alimentar"), (3, "Ambiental"))
REACTIONS = ((1, "Urticária"), (2, "Edema de glote"), (3, "Broncoespasmo"))
UNREGISTERED = tuple(name for name, kind in ALERGIAS if kind != "A")
# Code and name; nothing but the name tells an ICU.
SECTORS = (
    *((n, f"Enfermaria {n}") for n in range(1, 8)), (8, "Pronto-socorro"), (9, "UTI adulto"), (10, "UTI neonatal"), (11, "Ambulatório"),
)  # fmt: skip
INPATIENT, EMERGENCY, UTIS, OUTPATIENTS = tuple(range(1, 8)), 8, (9, 10), 11
# Code, name, unit of the dose, route, dose.
MATERIALS = tuple((p[0], p[1], p[2][:30], p[3], p[4]) for p in mv.PRODUCTS)
PROCEDIMENTOS = (
    (1, "Hemograma completo", 40304361),
    (2, "Creatinina", 40301630),
    (3, "Radiografia de tórax", 40805018),
    (4, "Tomografia de crânio", 41001010),
)
INTERVALS = ("6/6", "8/8", "12/12", "1XD", "SN")
EVOLUCOES = ("E", "EV", "RA", "AN")
"""IE_EVOLUCAO_CLINICA: codes of the site's own."""
_HEADER = (
    r"{\rtf1\ansi\ansicpg1252\deff0\deflang1046{\fonttbl{\f0\fnil\fcharset0 Arial;}{\f1\fnil\fcharset2 Symbol;}}"
    r"{\colortbl ;\red0\green0\blue0;}{\*\generator Msftedit 5.41.21.2510;}\viewkind4\uc1\pard\f0\fs20 "
)
IMAGE = r"{\pict\wmetafile8\picw661\pich661 0100090000032a0000000000}"
TABLE = r"\trowd\cellx2000\cellx4000 PA\cell 120x80\cell\row\trowd\cellx2000\cellx4000 FC\cell 80\cell\row\pard "


def _escapar(text: str) -> str:
    """RTF as the vendor's editor writes it: cp1252 in hex, what lies beyond it as Unicode with a stand-in."""
    output = []
    for c in text:
        if c in "\\{}":
            output.append("\\" + c)
        elif c < "\x80":
            output.append(c)
        else:
            try:
                output.append(f"\\'{c.encode('cp1252')[0]:02x}")
            except UnicodeEncodeError:
                # Signed 16-bit units: what lies beyond the basic plane takes two.
                utf16 = c.encode("utf-16-le")
                output += [f"\\u{int.from_bytes(utf16[i : i + 2], 'little', signed=True)}?" for i in range(0, len(utf16), 2)]
    return "".join(output)


def rtf(*rows: str, decoration: str = "") -> str:
    """A document of these lines, with a picture or a table (``decoration``, RTF) between them."""
    body = r"\par ".join((rf"\b {_escapar(rows[0])}\b0", *map(_escapar, rows[1:])))
    return f"{_HEADER}{decoration}{body}\\par }}\r\n"


def evolucao(rng: random.Random) -> str:
    """A note of a few lines, mostly RTF."""
    rows = mv.evolucao_lines(rng)
    luck = rng.random()
    if luck < 0.25:
        return "\r\n".join(rows)
    return rtf(*rows, decoration=IMAGE if luck < 0.35 else TABLE if luck < 0.45 else "")
