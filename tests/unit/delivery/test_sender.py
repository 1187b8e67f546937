"""Order within a batch. The client here only scripts answers; sending over real HTTP is in tests/integration/delivery/test_loop.py."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from include.fusion.delivery.sender import Outgoing, Sender
from include.fusion.delivery.work import DeliveryParameters
from include.fusion.errors import FusionError, FusionUnauthorized, FusionUnavailable
from include.fusion.store.filas import FilaRow


class Script:
    """Answers by route: an exception is raised, anything else accepted; notes what was sent and how many at once per patient."""

    def __init__(self, **answers: Exception) -> None:
        self.answers = answers
        self.enviados: list[str] = []
        self.in_flight: list[str] = []
        self.concurrent = 0

    async def send(self, method: str, path: str, body: Any, *, key: str, sequence: int) -> dict[str, Any]:
        self.enviados.append(path)
        self.in_flight.append(path[0])
        self.concurrent = max(self.concurrent, self.in_flight.count(path[0]))
        await asyncio.sleep(0.001)
        self.in_flight.remove(path[0])
        if path in self.answers:
            raise self.answers[path]
        return {}

    async def prove(self, path: str) -> bool:
        return False


def send(client: Script, *routes: str) -> dict[str, str]:
    """Send ``routes`` (patient's letter, number) and return the outcome of each."""
    batch = [
        Outgoing(FilaRow(n, path, path[0], "alteracao", 5, 0, datetime.now(UTC)), path=path, chave=path) for n, path in enumerate(routes)
    ]
    asyncio.run(Sender(client, DeliveryParameters(concorrencia=8)).send(batch))  # type: ignore[arg-type]
    return {e.path: e.outcome.situacao for e in batch if e.outcome}


def test_a_patients_records_leave_one_after_another_and_in_order() -> None:
    client = Script()
    assert set(send(client, "p1", "q1", "p2", "p3", "q2").values()) == {"concluido"}
    assert client.concurrent == 1
    assert [r for r in client.enviados if r[0] == "p"] == ["p1", "p2", "p3"]


@pytest.mark.parametrize("status", [0, 503, 429])
def test_nothing_overtakes_a_record_that_must_wait(status: int) -> None:
    client = Script(p1=FusionUnavailable(status, "p1", 0.001))
    outcomes = send(client, "p1", "p2", "p3", "q1")
    assert outcomes == {"p1": "adiado", "p2": "devolvido", "p3": "devolvido", "q1": "concluido"}
    assert "p2" not in client.enviados


def test_a_forbidden_record_waits_and_counts_while_others_get_through() -> None:
    client = Script(p1=FusionUnauthorized(403, "p1"))
    assert send(client, "p1", "q1", "r1") == {"p1": "adiado", "q1": "concluido", "r1": "concluido"}
    assert client.enviados.count("p1") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_where_nobody_gets_through_the_credentials_are_to_blame_and_no_try_is_counted(status: int) -> None:
    client = Script(p1=FusionUnauthorized(status, "p1"), q1=FusionUnauthorized(status, "q1"))
    assert send(client, "p1", "q1") == {"p1": "devolvido", "q1": "devolvido"}


def test_a_refused_record_does_not_hold_back_its_patient() -> None:
    assert send(Script(p1=FusionError(422, "p1")), "p1", "p2") == {"p1": "erro", "p2": "concluido"}
