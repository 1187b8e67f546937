"""Replay requests: what a person asks for in a run's form. The whole request is checked before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Engine

from include.fusion.errors import InvalidRequest
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem, Outcome
from include.fusion.store.ledger import Ledger

PERIOD_MAX = timedelta(days=366)


@dataclass(frozen=True)
class ReplayRequest:
    """Form of one run. Keys are codes of the source, never a name or a document."""

    atendimento: str | None = None
    paciente: str | None = None
    inicio: date | None = None
    fim: date | None = None
    reenviar_erros: bool = False
    comparar_tudo: bool = False
    simular: bool = False
    forcar: bool = False

    @property
    def narrows(self) -> bool:
        """Whether the run takes chosen records instead of changed ones."""
        return any((self.atendimento, self.paciente, self.inicio, self.fim))

    @classmethod
    def from_params(cls, params: Mapping[str, Any], system: SystemSpec) -> ReplayRequest:
        """Build from a run's params. Raises :class:`InvalidRequest` with all problems."""
        problems: list[str] = []

        def day(field: str) -> date | None:
            value = params.get(field)
            try:
                return date.fromisoformat(str(value)) if value else None
            except ValueError:
                problems.append(f"'{field}' não é uma data (AAAA-MM-DD)")
                return None

        def key(field: str, key_type: Callable[[str], Any]) -> str | None:
            value = str(params.get(field) or "").strip()
            if not value:
                return None
            try:
                key_type(value)
            except ValueError:
                problems.append(f"'{field}' não tem o formato de um código deste sistema")
            return value

        request = cls(
            atendimento=key("atendimento", system.key_type),
            paciente=key("paciente", system.paciente_key_type or system.key_type),
            inicio=day("data_inicial"),
            fim=day("data_final"),
            reenviar_erros=bool(params.get("reenviar_erros")),
            comparar_tudo=bool(params.get("comparar_tudo")),
            simular=bool(params.get("simular")),
            forcar=bool(params.get("forcar")),
        )
        if (request.inicio is None) != (request.fim is None):
            problems.append("informe 'data_inicial' e 'data_final' juntas")
        elif request.inicio and request.fim:
            if request.fim < request.inicio:
                problems.append("'data_final' é anterior a 'data_inicial'")
            elif request.fim - request.inicio > PERIOD_MAX:
                problems.append(f"o período passa de {PERIOD_MAX.days} dias; divida em pedidos menores")
        if request.forcar and not request.narrows:
            problems.append("'forcar' exige um atendimento, um paciente ou um período")
        if request.simular and request.reenviar_erros:
            problems.append("'simular' e 'reenviar_erros' não combinam: simular não muda nada")
        if problems:
            raise InvalidRequest("Pedido recusado, nada foi alterado: " + "; ".join(problems) + ".")
        return request

    def filters(self, system: SystemSpec) -> dict[str, Any]:
        """Binds of the system's keys statement; ``fim`` is the day after the last day."""
        return {
            "atendimento": system.key_type(self.atendimento) if self.atendimento else None,
            "paciente": (system.paciente_key_type or system.key_type)(self.paciente) if self.paciente else None,
            "inicio": datetime.combine(self.inicio, time()) if self.inicio else None,
            "fim": datetime.combine(self.fim + timedelta(days=1), time()) if self.fim else None,
        }


def serve_requests(
    queries: SystemQueries, fusion: Engine, requests: Fila, destination: Fila, ledger: Ledger, owner: str, *, page: int, lease: timedelta
) -> tuple[int, int]:
    """For each row of ``requests`` (a patient that Fusion asks for), queue all attendances of that patient.

    Returns (patients looked up, attendances queued). The row of a patient without attendances at the source ends as ``erro``.
    """
    pacientes = enqueued = 0
    while records := requests.reserve(100, owner, lease):
        outcomes = []
        for record in records:
            try:
                found = enqueue_request(queries, fusion, destination, ledger, ReplayRequest(paciente=record.chave), page=page)
            except ValueError:
                outcomes.append(Outcome(record, "erro", "código de paciente em formato inesperado"))
                continue
            enqueued += found
            outcomes.append(Outcome(record, "concluido") if found else Outcome(record, "erro", "paciente sem atendimentos na origem"))
        with fusion.begin() as con:
            requests.record(con, owner, outcomes)
        pacientes += len(records)
    return pacientes, enqueued


def enqueue_request(
    queries: SystemQueries, fusion: Engine, fila: Fila, ledger: Ledger, request: ReplayRequest, *, page: int, priority: int = 5
) -> int:
    """Queue the records that a form asks for (one attendance, one patient, a period); returns how many.

    With ``request.forcar`` the ledger forgets them, so that unchanged content is sent again.
    """
    total = 0
    for rows in _asked(queries, request, page):
        items = [FilaItem(str(x["chave"]), str(x["chave_paciente"] or ""), x["operacao"], priority) for x in rows]
        with fusion.begin() as con:
            if request.forcar:
                ledger.forget(con, [item.chave for item in items])
            total += fila.enqueue(con, items)
    return total


def resend_errors(queries: SystemQueries, filas: Iterable[tuple[str, Fila]], request: ReplayRequest, *, page: int) -> int:
    """Make pending again what a form asks for and is in ``erro``; ``filas``: (kind of record, queue). Returns how many rows."""
    main = {request.atendimento} - {None}
    pacientes = {request.paciente} - {None}
    for rows in _asked(queries, request, page):
        main |= {str(x["chave"]) for x in rows}
        pacientes |= {str(x["chave_paciente"]) for x in rows if x["chave_paciente"]}
    by_kind: dict[str, set[Any]] = {"paciente": pacientes, queries.sistema.entidade: main}
    return sum(fila.reenviar_erros(keys=by_kind[kind]) for kind, fila in filas if kind in by_kind)


def _asked(queries: SystemQueries, request: ReplayRequest, page: int) -> Iterator[list[dict[str, Any]]]:
    """Pages of the source's keys (chave, chave_paciente, operacao) that a form asks for."""
    key = None
    with queries.engine.connect() as con:
        while True:
            rows = queries.rows(con, queries.sistema.sql_keys, chave=key, limite=page, **request.filters(queries.sistema))
            con.rollback()
            if rows:
                yield rows
            if len(rows) < page:
                return
            key = rows[-1]["chave"]
