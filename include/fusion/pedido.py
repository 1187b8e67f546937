"""What a person asks of a run through the form: checked whole before anything is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from include.fusion.erros import PedidoInvalido
from include.fusion.sistemas.base import Sistema

PERIODO_MAX = timedelta(days=366)


@dataclass(frozen=True)
class Pedido:
    """Form of one run. Keys are the source's own codes, never a name or a document."""

    atendimento: str | None = None
    paciente: str | None = None
    inicio: date | None = None
    fim: date | None = None
    reenviar_erros: bool = False
    comparar_tudo: bool = False
    simular: bool = False
    forcar: bool = False

    @property
    def filtra(self) -> bool:
        """Whether the run is about chosen records instead of what changed."""
        return any((self.atendimento, self.paciente, self.inicio, self.fim))

    @classmethod
    def de_params(cls, params: Mapping[str, Any], sistema: Sistema) -> Pedido:
        """Build from a run's params; raises :class:`PedidoInvalido` with all problems found."""
        problemas: list[str] = []

        def data(campo: str) -> date | None:
            valor = params.get(campo)
            try:
                return date.fromisoformat(str(valor)) if valor else None
            except ValueError:
                problemas.append(f"'{campo}' não é uma data (AAAA-MM-DD)")
                return None

        def chave(campo: str, tipo_chave: Callable[[str], Any]) -> str | None:
            valor = str(params.get(campo) or "").strip()
            if not valor:
                return None
            try:
                tipo_chave(valor)
            except ValueError:
                problemas.append(f"'{campo}' não tem o formato de um código deste sistema")
            return valor

        pedido = cls(
            atendimento=chave("atendimento", sistema.tipo_chave),
            paciente=chave("paciente", sistema.tipo_chave_paciente or sistema.tipo_chave),
            inicio=data("data_inicial"),
            fim=data("data_final"),
            reenviar_erros=bool(params.get("reenviar_erros")),
            comparar_tudo=bool(params.get("comparar_tudo")),
            simular=bool(params.get("simular")),
            forcar=bool(params.get("forcar")),
        )
        if (pedido.inicio is None) != (pedido.fim is None):
            problemas.append("informe 'data_inicial' e 'data_final' juntas")
        elif pedido.inicio and pedido.fim:
            if pedido.fim < pedido.inicio:
                problemas.append("'data_final' é anterior a 'data_inicial'")
            elif pedido.fim - pedido.inicio > PERIODO_MAX:
                problemas.append(f"o período passa de {PERIODO_MAX.days} dias; divida em pedidos menores")
        if pedido.forcar and not pedido.filtra:
            problemas.append("'forcar' exige um atendimento, um paciente ou um período")
        if pedido.simular and pedido.reenviar_erros:
            problemas.append("'simular' e 'reenviar_erros' não combinam: simular não muda nada")
        if problemas:
            raise PedidoInvalido("Pedido recusado, nada foi alterado: " + "; ".join(problemas) + ".")
        return pedido

    def filtros(self, sistema: Sistema) -> dict[str, Any]:
        """Binds of the system's keys statement; ``fim`` is exclusive (the day after the last)."""
        return {
            "atendimento": sistema.tipo_chave(self.atendimento) if self.atendimento else None,
            "paciente": (sistema.tipo_chave_paciente or sistema.tipo_chave)(self.paciente) if self.paciente else None,
            "inicio": datetime.combine(self.inicio, time()) if self.inicio else None,
            "fim": datetime.combine(self.fim + timedelta(days=1), time()) if self.fim else None,
        }
