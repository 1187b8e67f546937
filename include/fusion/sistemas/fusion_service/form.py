"""The form where a record is a surgical booking."""

from __future__ import annotations

from include.fusion.reading.form import FORM, code, day

BOOKINGS = {
    **FORM,
    "atendimento": code("Agendamento", "Código de um agendamento cirúrgico na origem (CD_AGE_CIR)."),
    "paciente": code("Paciente", "Código de um paciente na origem: todos os seus agendamentos."),
    "data_inicial": day("De", "Primeiro dia do período (início da cirurgia)."),
}
