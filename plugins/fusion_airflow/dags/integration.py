"""What the DAG of every integration has in common: schedule, form, retries, labels."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, AssetWatcher, DeltaTriggerTimetable, Param

from fusion_airflow.operators import CargaInicialOperator, ProcessamentoInicialOperator
from fusion_airflow.retry import RETENTATIVA
from fusion_airflow.triggers.work import TrabalhoPendenteTrigger
from include.fusion.reading.form import FORM
from include.fusion.settings import Integracao, como_dados
from include.fusion.settings.registry import own_module

INICIO = datetime(2026, 1, 1)


def padrao(integracao: Integracao) -> dict[str, Any]:
    """Default arguments of every task. The retries are for systems that are down; records have their own tries in the queue."""
    r = integracao.retentativas
    return {
        "owner": integracao.owner,
        "pool": integracao.pool,
        "retries": r.maximo,
        "retry_delay": r.espera,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": r.espera_max,
        "retry_policy": RETENTATIVA,
    }


def trabalho(integracao: Integracao) -> Asset:
    """The wake-up of one integration: its watcher sees changes at the source and due rows in the queue."""
    gatilho = TrabalhoPendenteTrigger(ajustes=como_dados(integracao))
    return Asset(f"trabalho/{integracao.id}", group="fusion", watchers=[AssetWatcher(name=f"vigia_{integracao.id}", trigger=gatilho)])


def dag_de_integracao(integracao: Integracao, doc_md: str) -> DAG:
    """Live DAG: runs as soon as the watcher sees work, and by the clock as a safety net; never beside itself."""
    formulario = {nome: Param(**campo) for nome, campo in own_module(integracao.sistema, "system").SISTEMA.form.items()}
    return DAG(
        integracao.id,
        dag_display_name=integracao.nome,
        description=f"{integracao.nome} → Fusion",
        schedule=AssetOrTimeSchedule(timetable=DeltaTriggerTimetable(integracao.rede_de_seguranca), assets=[trabalho(integracao)]),
        **_comum(integracao, doc_md, integracao.dagrun_timeout, formulario),
    )


RECOMECAR = Param(False, type="boolean", title="Recomeçar", description="Esquece o ponto de parada e percorre o histórico desde o início.")


def dag_inicial(integracao: Integracao, doc_md: str, duracao: timedelta, formulario: dict[str, Param]) -> DAG:
    """DAG of a whole history, started by hand."""
    return DAG(
        integracao.dag_id_carga_inicial,
        dag_display_name=f"{integracao.nome} – carga inicial",
        description=f"{integracao.nome}: todo o histórico → Fusion, uma única vez",
        schedule=None,
        **_comum(integracao, doc_md, duracao, formulario),
    )


def carga_inicial(integracao: Any, doc_md: str) -> None:
    """One-off DAG of the whole history, started by hand; resumes from its checkpoint. None where the settings have no such section."""
    inicial = integracao.carga_inicial
    if inicial is None:
        return
    formulario = {"recomecar": RECOMECAR, "reenviar_erros": Param(**FORM["reenviar_erros"])}
    with dag_inicial(integracao, doc_md, inicial.dagrun_timeout, formulario):
        carga = CargaInicialOperator(integracao=integracao.id, task_id="carga", task_display_name="Carga")
        carga >> ProcessamentoInicialOperator(integracao=integracao.id, task_id="processamento", task_display_name="Processamento")


def _comum(integracao: Integracao, doc_md: str, duracao: timedelta, formulario: dict[str, Param]) -> dict[str, Any]:
    return {
        "start_date": INICIO,
        "catchup": False,
        "max_active_runs": 1,
        "dagrun_timeout": duracao,
        "default_args": padrao(integracao),
        "params": formulario,
        "tags": ["integração", integracao.sistema, f"impacto:{integracao.impacto}"],
        "rerun_with_latest_version": True,
        "doc_md": doc_md,
    }
