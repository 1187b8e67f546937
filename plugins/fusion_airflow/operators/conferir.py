"""Conferir instalação: the check-up of installations, before their first load or after a change at the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from fusion_airflow.operators.base import HubOperator, IntegracaoOperator
from include.fusion.settings import Integracao, read_file

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

PAGE = "/conferencia"
"""Where the API server shows reports; an entry's id follows."""


def installed() -> tuple[Integracao, ...]:
    """Installed entries."""
    return tuple(e for e in read_file().entries if e.habilitada)


class InstalacoesOperator(HubOperator):
    """The installations of a run, as keyword arguments of the mapped tasks: the one of the form, or all."""

    def execute(self, context: Context) -> list[dict[str, str]]:
        form = context["params"]
        entries = installed()
        if asked := form.get("integracao"):
            entries = tuple(e for e in entries if e.id == asked)
        elif form.get("aceitar"):
            raise AirflowFailException("Pedido recusado, nada foi alterado: Aceitar o que falta exige uma instalação.")
        self.log.info("%d instalações", len(entries))
        return [{"integracao": e.id, "nome": e.nome} for e in entries]


class ConferenciaOperator(IntegracaoOperator):
    """Checks one installation. Returns counts; the report is in the log and, as a page, in the API server.

    Fails when something will not travel, without a retry; with one when something did not answer.
    """

    template_fields: Sequence[str] = ("integracao", "nome")

    def __init__(self, *, nome: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nome = nome

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from fusion_airflow.hooks.hl7 import Hl7Hook
        from include.fusion.wiring.names import as_lines, check_installation

        entry = runtime.integracao
        report = check_installation(
            runtime,
            lambda: Hl7Hook(entry.conexoes.hl7, entry.integracao_id).transport(1),
            accept_losses=bool(context["params"].get("aceitar")),
        )
        for line in as_lines(report):
            self.log.info("%s", line)
        where = f"{report.summary}. Relatório: {PAGE}/{entry.id}"
        context["ti"].xcom_push("return_value", report.counts)
        if report.exit_code == 1:
            raise AirflowFailException(where)
        if report.exit_code:
            raise AirflowException(where)
        self.log.info("%s", where)
        return report.counts
