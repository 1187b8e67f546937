"""The form of a run, as plain data: what a person may ask of an integration's DAG.

A field holds the keyword arguments of Airflow's ``Param``: default, title, description and JSON Schema keywords.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Field = Mapping[str, Any]
Form = Mapping[str, Field]


def code(title: str, description: str) -> Field:
    """A code of the source: one word. A name, which has several, is refused before Airflow stores it."""
    text = {"type": ["null", "string"], "minLength": 1, "maxLength": 200, "pattern": r"^\s*\S+\s*$"}
    return {"default": None, "title": title, "description": description, **text}


def day(title: str, description: str) -> Field:
    return {"default": None, "title": title, "description": description, "type": ["null", "string"], "format": "date"}


def switch(title: str, description: str) -> Field:
    return {"default": False, "type": "boolean", "title": title, "description": description}


FORM: Form = {
    "atendimento": code("Atendimento", "Código de um atendimento na origem, para trazê-lo de novo."),
    "paciente": code("Paciente", "Código de um paciente na origem: todos os seus atendimentos."),
    "data_inicial": day("De", "Primeiro dia do período (início do atendimento)."),
    "data_final": day("Até", "Último dia do período, incluído."),
    "reenviar_erros": switch(
        "Reenviar erros", "Põe de novo na fila os registros em erro: todos ou, com um filtro acima, só os que ele acha."
    ),
    "forcar": switch("Forçar envio", "Envia mesmo sem mudança desde a última entrega (exige um filtro acima)."),
    "simular": switch("Simular", "Lê e monta, mas nada envia nem altera; o resumo diz o que seria enviado."),
}
"""The usual form: the records are attendances."""
