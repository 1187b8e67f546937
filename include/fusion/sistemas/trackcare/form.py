"""The form where a patient's record becomes messages."""

from __future__ import annotations

from include.fusion.reading.form import FORM, code, switch

PATIENTS = {
    "paciente": code("Paciente", "Código de um paciente na origem (PAPER_RowId), para lê-lo de novo."),
    "comparar_tudo": switch("Comparar tudo", "Compara todos os pacientes com a cópia, não só os alterados."),
    "reenviar_erros": FORM["reenviar_erros"],
}
