"""Order within a batch. The client here only scripts answers; sending over real HTTP is in tests/integration/test_entrega.py."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from include.fusion.delivery.sender import Envio, Remessa
from include.fusion.delivery.work import Parametros
from include.fusion.errors import FusionError, FusionIndisponivel, FusionNaoAutorizado
from include.fusion.store.filas import Registro


class Roteiro:
    """Answers by route: an exception is raised, anything else accepted; notes what was sent and how many at once per patient."""

    def __init__(self, **respostas: Exception) -> None:
        self.respostas = respostas
        self.enviados: list[str] = []
        self.em_voo: list[str] = []
        self.juntos = 0

    async def enviar(self, metodo: str, rota: str, corpo: Any, *, chave: str) -> dict[str, Any]:
        self.enviados.append(rota)
        self.em_voo.append(rota[0])
        self.juntos = max(self.juntos, self.em_voo.count(rota[0]))
        await asyncio.sleep(0.001)
        self.em_voo.remove(rota[0])
        if rota in self.respostas:
            raise self.respostas[rota]
        return {}

    async def saude(self) -> None:
        return None


def enviar(cliente: Roteiro, *rotas: str) -> dict[str, str]:
    """Send ``rotas`` (patient's letter, number) and return the outcome of each."""
    lote = [Envio(Registro(n, rota, rota[0], "alteracao", 5, 0, datetime.now(UTC)), rota=rota, chave=rota) for n, rota in enumerate(rotas)]
    asyncio.run(Remessa(cliente, Parametros(concorrencia=8)).enviar(lote))  # type: ignore[arg-type]
    return {e.rota: e.desfecho.situacao for e in lote if e.desfecho}


def test_a_patients_records_leave_one_after_another_and_in_order():
    cliente = Roteiro()
    assert set(enviar(cliente, "p1", "q1", "p2", "p3", "q2").values()) == {"concluido"}
    assert cliente.juntos == 1
    assert [r for r in cliente.enviados if r[0] == "p"] == ["p1", "p2", "p3"]


@pytest.mark.parametrize("status", [0, 503, 429])
def test_nothing_overtakes_a_record_that_must_wait(status):
    cliente = Roteiro(p1=FusionIndisponivel(status, "p1", 0.001))
    desfechos = enviar(cliente, "p1", "p2", "p3", "q1")
    assert desfechos == {"p1": "adiado", "p2": "devolvido", "p3": "devolvido", "q1": "concluido"}
    assert "p2" not in cliente.enviados


def test_a_forbidden_record_waits_and_counts_while_others_get_through():
    cliente = Roteiro(p1=FusionNaoAutorizado(403, "p1"))
    assert enviar(cliente, "p1", "q1", "r1") == {"p1": "adiado", "q1": "concluido", "r1": "concluido"}
    assert cliente.enviados.count("p1") == 1


@pytest.mark.parametrize("status", [401, 403])
def test_where_nobody_gets_through_the_credentials_are_to_blame_and_no_try_is_counted(status):
    cliente = Roteiro(p1=FusionNaoAutorizado(status, "p1"), q1=FusionNaoAutorizado(status, "q1"))
    assert enviar(cliente, "p1", "q1") == {"p1": "devolvido", "q1": "devolvido"}


def test_a_refused_record_does_not_hold_back_its_patient():
    assert enviar(Roteiro(p1=FusionError(422, "p1")), "p1", "p2") == {"p1": "erro", "p2": "concluido"}
