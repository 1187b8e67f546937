"""What every Oracle session of ours has beyond what the provider's hook sets: who asks, how long it may take, rows per round trip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowException
from sqlalchemy import Engine, event

MODULO = "fusion"
_LINHAS = 1000
_ETIQUETA_MAX = 64
"""Bytes of MODULE, ACTION and CLIENT_IDENTIFIER in V$SESSION since 12.2; an older server cuts the action to 32 itself."""


@dataclass(frozen=True)
class Ajustes:
    """Of one Airflow connection; what the hook itself reads (``thick_mode`` and so on) stays the hook's."""

    arraysize: int
    prefetchrows: int
    call_timeout: int
    """Milliseconds that one round trip may take; 0 is no limit."""
    modulo: str

    @classmethod
    def de(cls, conn_id: str, extra: Mapping[str, Any], tempo_limite: float | None = None) -> Ajustes:
        """From the connection's extra; of its ``call_timeout`` and ``tempo_limite`` (seconds) the shorter counts."""
        arraysize = _inteiro(conn_id, extra, "arraysize", _LINHAS, minimo=1)
        limites = [_inteiro(conn_id, extra, "call_timeout", 0), math.ceil((tempo_limite or 0) * 1000)]
        return cls(
            arraysize=arraysize,
            # One row more than a fetch brings: a result of exactly arraysize rows then ends in its first round trip.
            prefetchrows=_inteiro(conn_id, extra, "prefetchrows", arraysize + 1),
            call_timeout=min((limite for limite in limites if limite), default=0),
            modulo=str(extra.get("module") or MODULO),
        )

    def na_conexao(self, con: Any, aplicacao: str) -> None:
        """Set on a new session; nothing travels before its first statement does."""
        con.module = _etiqueta(self.modulo)
        con.action = con.client_identifier = _etiqueta(aplicacao)
        con.call_timeout = self.call_timeout

    def no_motor(self, engine: Engine) -> None:
        """Set on every cursor that ``engine`` opens: SQLAlchemy has a parameter for arraysize, none for prefetchrows."""

        @event.listens_for(engine, "before_cursor_execute")
        def no_cursor(_con: Any, cursor: Any, _sql: str, _binds: Any, _contexto: Any, _varios: bool) -> None:
            cursor.arraysize, cursor.prefetchrows = self.arraysize, self.prefetchrows


def _inteiro(conn_id: str, extra: Mapping[str, Any], nome: str, padrao: int, minimo: int = 0) -> int:
    valor = extra.get(nome, padrao)
    try:
        numero = int(valor)
    except (TypeError, ValueError):
        numero = minimo - 1
    if numero < minimo or isinstance(valor, bool):
        raise AirflowException(f"connection '{conn_id}': extra.{nome} must be a whole number of at least {minimo}")
    return numero


def _etiqueta(texto: str) -> str:
    return texto.encode()[:_ETIQUETA_MAX].decode(errors="ignore")
