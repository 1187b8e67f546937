"""Operators of the integrations: find changes, deliver them, load the whole history."""

from fusion_airflow.operators.carga import CargaOperator
from fusion_airflow.operators.carga_inicial import CargaInicialOperator, ProcessamentoInicialOperator
from fusion_airflow.operators.importacao import ImportacaoOperator

__all__ = ["CargaInicialOperator", "CargaOperator", "ImportacaoOperator", "ProcessamentoInicialOperator"]
