"""MDM^T02: anamnesis and evolution as documents. An edited note travels again under its identifier (TXA-12), a withdrawn one with TXA-19 CA."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from include.fusion.hl7.build import datatypes
from include.fusion.hl7.build.message import MensagemHl7, montar
from include.fusion.hl7.build.pid_pv1 import pid, pv1
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.build.values import Codigo, Nota, PacienteHl7, Visita

PARTE_MAX = 60_000
"""Characters, escapes counted, of one OBX-5: FT holds 65,536. A longer text goes on in the next OBX."""
_NOMES = {"HP": Codigo("HP", "History and physical examination"), "PN": Codigo("PN", "Progress note"), "DS": Codigo("DS", "Discharge summary"),
          "CN": Codigo("CN", "Consultation"), "OP": Codigo("OP", "Operative report")}  # fmt: skip


def partes(texto: str, maximo: int = PARTE_MAX) -> Iterator[str]:
    """An escaped text in pieces of at most ``maximo``, cut before a line break (``\\.br\\``) or else anywhere outside an escape.

    The pieces put together are the text: nothing is added or lost where it was cut.
    """
    while len(texto) > maximo:
        corte = texto.rfind("\\.br\\", maximo // 2, maximo)
        if corte < 0 or _em_escape(texto, corte):
            corte = maximo if not _em_escape(texto, maximo) else texto.rfind("\\", 0, maximo)
        yield texto[:corte]
        texto = texto[corte:]
    yield texto


def _em_escape(texto: str, corte: int) -> bool:
    # Escape characters come in pairs: an odd number before the cut means that it would fall into a sequence.
    return texto.count("\\", 0, corte) % 2 == 1


def mdm(aj: AjustesHl7, momento: datetime, paciente: PacienteHl7, visita: Visita, nota: Nota, versao: str | None = None) -> MensagemHl7:
    """One note with its text as FT, line breaks as ``\\.br\\``, in as many OBX as it takes; a withdrawn one without its text."""
    quando = datatypes.ts(aj, nota.quando or momento)
    txa = datatypes.segmento(
        "TXA", "1", nota.tipo, "FT", quando, datatypes.xcn(aj, nota.autor), quando, datatypes.ts(aj, momento), "", datatypes.xcn(aj, nota.autor), "", "", datatypes.ei(aj, nota.codigo),
        "", "", "", "", nota.completa, "", "CA" if nota.cancelada else "AV",
    )  # fmt: skip
    titulo = datatypes.ce(aj, nota.titulo or _NOMES.get(nota.tipo) or Codigo(nota.tipo))
    estado = "D" if nota.cancelada else "F"
    segmentos = [
        datatypes.segmento("EVN", "T02" if aj.versao != "2.7" else "", datatypes.ts(aj, momento)),
        pid(aj, paciente),
        pv1(aj, visita),
        txa,
    ]
    for n, parte in enumerate(partes("" if nota.cancelada else datatypes.st(aj, nota.texto)), 1):
        segmentos.append(datatypes.segmento("OBX", str(n), "FT", titulo, "1", parte, *[""] * 5, estado, "", "", quando))
    return montar(aj, "MDM", "T02", "MDM_T02", momento, f"nota {nota.codigo}", segmentos, versao)
