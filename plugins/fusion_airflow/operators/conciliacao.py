"""Conciliação: compare and repair, ask a person before a mass cancellation, cancel, and raise one alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from fusion_airflow.operators.base import HubOperator, IntegracaoOperator
from include.fusion.settings import Integracao, read_file

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.fusion.wiring.names import ReplayRequest, Runtime

YES, NO = "Cancelar no Fusion", "Não cancelar"


def reconciled() -> tuple[Integracao, ...]:
    """Installed entries that take part."""
    return tuple(e for e in read_file().entries if e.habilitada and e.conciliacao.habilitado)


class IntegracoesOperator(HubOperator):
    """The integrations of a run, as keyword arguments of the mapped tasks: the one of the form, those of this hour, or all."""

    def execute(self, context: Context) -> list[dict[str, str]]:
        form, run = context["params"], context["dag_run"]
        entries = reconciled()
        if asked := form.get("integracao"):
            entries = tuple(e for e in entries if e.id == asked)
        elif any(form.get(field) for field in ("atendimento", "paciente", "data_inicial", "data_final")):
            raise AirflowFailException("Pedido recusado, nada foi alterado: escolha a integração do atendimento, paciente ou período.")
        elif run.run_type == "scheduled" and run.logical_date is not None:
            entries = tuple(e for e in entries if e.reconciled_at == run.logical_date.hour)
        self.log.info("%d integrações", len(entries))
        return [{"integracao": e.id, "nome": e.nome} for e in entries]


class ConciliacaoOperator(IntegracaoOperator):
    """Compares one integration and repairs it. Returns counts and some keys; ``retidos``: cancellations that wait for a yes.

    ``aprovados``: how many cancellations a person agreed to; then it only cancels, and nothing when there are more by now.
    """

    template_fields: Sequence[str] = ("integracao", "nome")

    def __init__(self, *, nome: str, aprovados: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.nome = nome
        self.aprovados = aprovados

    def process(self, context: Context, runtime: Runtime, request: ReplayRequest) -> dict[str, Any]:
        from include.fusion.wiring.names import NOTICES, has_contents, reconcile

        result = {"integracao": self.integracao, "nome": self.nome, "simulacao": request.simular}
        if not has_contents(runtime):
            self.log.info("%s: %s", self.nome, NOTICES)
            return result | {"retidos": 0, "duplicados": 0, "encontrado": []}
        found = reconcile(runtime, request, approved=self.aprovados)
        held = sum(f.retidos for f in found)
        if held:
            self.log.warning("%s: %d cancelamentos retidos: acima do que se cancela sem perguntar", self.nome, held)
        return result | {"retidos": held, "duplicados": sum(f.duplicado for f in found), "encontrado": [f.told() for f in found]}


class RetidosOperator(HubOperator):
    """The integrations whose cancellations wait for a person. ``comparados``: results of the comparisons."""

    template_fields: Sequence[str] = ("comparados",)

    def __init__(self, *, comparados: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.comparados = comparados

    def execute(self, context: Context) -> list[dict[str, Any]]:
        held = [r for r in self.comparados or () if r["retidos"] and not r["simulacao"]]
        if not held:
            raise AirflowSkipException("Nenhum cancelamento espera por confirmação")
        return [{name: r[name] for name in ("integracao", "nome", "retidos")} for r in held]


class AprovacaoOperator(HITLOperator):
    """Asks in the UI whether so many records may be cancelled. No answer in time is a no."""

    def __init__(self, *, integracao: str, nome: str, retidos: int, **kwargs: Any) -> None:
        super().__init__(
            subject=f"{nome}: cancelar {retidos} registros no Fusion?",
            body=(
                f"{retidos} registros estão vivos no Fusion e não existem (ou estão cancelados) na origem de **{nome}**. Uma origem que está sendo "
                "restaurada, ou que perdeu uma permissão, também parece vazia: confirme com o responsável pelo banco antes de responder. As "
                f"primeiras chaves estão no log da tarefa *Comparar*. Sem resposta, nada é cancelado (`{integracao}`)."
            ),
            options=[YES, NO],
            defaults=NO,
            **kwargs,
        )
        self.integracao = integracao
        self.nome = nome
        self.retidos = retidos

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Keyword arguments of the cancellation."""
        chosen = super().execute_complete(context, event)["chosen_options"]
        approved = self.retidos if chosen == [YES] else 0
        self.log.info("%s: %s", self.nome, "confirmado por uma pessoa" if approved else "sem um sim: nada será cancelado")
        return {"integracao": self.integracao, "nome": self.nome, "aprovados": approved}


class AlarmeOperator(HubOperator):
    """Last step: fails with one sentence where a difference stays unrepaired. ``comparados``, ``cancelados``: results of the steps before."""

    template_fields: Sequence[str] = ("comparados", "cancelados")

    def __init__(self, *, comparados: Any, cancelados: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.comparados = comparados
        self.cancelados = cancelados

    def execute(self, context: Context) -> dict[str, int]:
        from include.fusion.wiring.names import alarm

        compared, cancelled = list(self.comparados or ()), list(self.cancelados or ())
        parts = [f for r in [*compared, *cancelled] for f in r["encontrado"]]
        counts = {name: sum(f[name] for f in parts) for name in ("ausente", "defasado", "enfileirados")}
        counts["fantasma"] = sum(f["fantasma"] for r in compared for f in r["encontrado"])
        self.log.info("Conciliação: %s", counts)
        real = [r for r in compared if not r["simulacao"]]
        names = [r["nome"] for r in [*real, *cancelled] if r["duplicados"] or (r in cancelled and r["retidos"])]
        if text := alarm(sum(r["retidos"] for r in cancelled), sum(r["duplicados"] for r in real)):
            raise AirflowFailException(f"{', '.join(dict.fromkeys(names))}: {text}")
        return counts
