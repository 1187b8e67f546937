"""Operators of the integrations: find changes, deliver them, load the whole history."""

from fusion_airflow.operators.carga import CargaOperator, PedidosOperator
from fusion_airflow.operators.carga_inicial import CargaInicialOperator, CargaPacientesOperator, ProcessamentoInicialOperator
from fusion_airflow.operators.hl7 import EnvioArquivoOperator, HL7SendOperator, PendenciaBuscaOperator
from fusion_airflow.operators.importacao import AcompanhamentoOperator, ImportacaoOperator

__all__ = [
    "AcompanhamentoOperator",
    "CargaInicialOperator",
    "CargaOperator",
    "CargaPacientesOperator",
    "EnvioArquivoOperator",
    "HL7SendOperator",
    "ImportacaoOperator",
    "PedidosOperator",
    "PendenciaBuscaOperator",
    "ProcessamentoInicialOperator",
]
