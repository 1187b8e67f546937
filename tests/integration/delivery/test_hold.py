"""A worker that lost its rows puts no old content over newer, neither before nor after its requests left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.delivery.batch import Batch
from include.fusion.errors import OwnershipLost
from include.fusion.http.fusion import FusionClient
from sandbox.postgres import Postgres
from tests.harness import Harness

ZOMBIE, HEIR = "t/run/importacao#1|", "t/run/importacao#2|"


@pytest.fixture
def hub(postgres: Postgres, tmp_path: Path) -> Iterator[Harness]:
    harness = Harness(postgres, tmp_path, "consulfarma", atendimentos=20)
    harness.load()
    yield harness
    harness.close()


def take(hub: Harness, **settings: Any) -> tuple[Any, Batch]:
    """A worker that has reserved and read a batch, and not sent it."""
    delivery = hub.delivery(ZOMBIE, **settings)
    batch = delivery.batches.prepare(100)
    assert batch is not None and batch.outgoings
    return delivery, batch


def change_all(hub: Harness) -> None:
    hub.origem(
        "update dbo.Paciente set Nome = 'Novo ' || PacienteId, AtualizadoEm = (select max(AtualizadoEm) from dbo.Paciente) + interval '1 second'"
    )
    assert hub.load()


def send(delivery: Any, batch: Batch, client: FusionClient) -> None:
    async def run() -> None:
        delivery.batches.sender.client = client
        async with client:
            await delivery.batches.send(batch)

    asyncio.run(run())
    delivery.batches.write(batch)


class Late(FusionClient):
    """Lets the heir deliver while a request of the zombie is on its way."""

    def __init__(self, hub: Harness, heir: Any, *, numbered: bool) -> None:
        super().__init__(hub.client().api, 32)
        self._heir, self._numbered, self._once = heir, numbered, asyncio.Lock()

    async def send(self, method: str, path: str, body: bytes | None = None, *, key: str | None = None, sequence: int | None = None) -> Any:
        async with self._once:
            heir, self._heir = self._heir, None
            if heir is not None:
                await asyncio.to_thread(heir)
        return await super().send(method, path, body, key=key, sequence=sequence if self._numbered else None)


def inherit(hub: Harness) -> None:
    for route in hub.runtime.routes():
        route.fila.reclaim(ZOMBIE)
    change_all(hub)
    hub.deliver(HEIR)
    assert hub.divergent() == []


def test_a_worker_stopped_beyond_its_lease_sends_nothing_when_it_goes_on(hub: Harness) -> None:
    delivery, batch = take(hub, prazo_reserva=1.0)
    hub.fila("select pg_sleep(1.1)")
    change_all(hub)
    hub.deliver(HEIR)
    send(delivery, batch, hub.client())
    assert batch.hold.lost and hub.divergent() == [] and hub.duplicates() == []


def test_a_worker_whose_task_was_started_anew_sends_nothing_after_its_next_renewal(hub: Harness) -> None:
    delivery, batch = take(hub)
    inherit(hub)
    delivery.batches.renew()
    send(delivery, batch, hub.client())
    assert batch.hold.lost and hub.divergent() == []


def test_fusion_refuses_what_was_on_its_way_when_newer_content_came(hub: Harness) -> None:
    delivery, batch = take(hub)
    send(delivery, batch, Late(hub, lambda: inherit(hub), numbered=True))
    assert hub.divergent() == []


def test_a_fusion_that_knows_no_order_gets_it_once_more(hub: Harness) -> None:
    delivery, batch = take(hub)
    send(delivery, batch, Late(hub, lambda: inherit(hub), numbered=False))
    assert hub.divergent()
    hub.deliver(HEIR)
    assert hub.divergent() == []


@pytest.mark.parametrize("before", [True, False], ids=["the heir has sent", "the heir has not sent yet"])
def test_what_both_send_alike_is_not_said_once_more(hub: Harness, before: bool) -> None:
    delivery, batch = take(hub)

    def heir() -> None:
        for route in hub.runtime.routes():
            route.fila.reclaim(ZOMBIE)
        if before:
            hub.deliver(HEIR)

    send(delivery, batch, Late(hub, heir, numbered=True))
    hub.deliver(HEIR)
    assert (hub.duplicates(), hub.divergent()) == ([], [])


def test_a_loop_that_lost_its_rows_ends(hub: Harness) -> None:
    delivery = hub.delivery(ZOMBIE)

    def taken() -> None:
        inherit(hub)
        delivery.batches.renew()

    delivery.batches.sender.client = delivery.batches.client = Late(hub, taken, numbered=True)
    with pytest.raises(OwnershipLost):
        delivery.run()
    assert hub.divergent() == []


def test_what_others_have_taken_is_not_noted_as_ours(hub: Harness) -> None:
    delivery, batch = take(hub)
    hub.fila("update ImportacaoAtendimento set reservado_por = 'outro#1|' where situacao = 'reservado'")
    send(delivery, batch, hub.client())
    assert hub.fila("select count(*) from livro_entrega where versao_conteudo is not null and versao_tentada is null") == [(0,)]
    assert ("reservado",) in hub.fila("select distinct situacao from ImportacaoAtendimento")


def restore(hub: Harness, dump: list[tuple[Any, ...]]) -> None:
    hub.fila("delete from livro_entrega")
    for row in dump:
        hub.fila(f"insert into livro_entrega values ({', '.join(['%s'] * len(row))})", *row)


def test_after_a_restore_content_that_fusion_had_before_is_applied_again(hub: Harness) -> None:
    hub.deliver()
    dump = hub.fila("select * from livro_entrega")
    for name in ("B", "C", "B"):
        if name == "B" and len(hub.fusion("select 1 from aplicacao")) > 25:
            restore(hub, dump)
        hub.origem(
            f"update dbo.Paciente set Nome = 'Nome {name}', AtualizadoEm = (select max(AtualizadoEm) from dbo.Paciente) + interval '1 second'"
        )
        hub.load()
        hub.deliver()
    assert hub.divergent() == []


def test_a_route_that_is_gone_concludes_no_cancellation(hub: Harness) -> None:
    hub.deliver()
    hub.origem(
        "update dbo.Atendimento set Excluido = 1, AtualizadoEm = (select max(AtualizadoEm) from dbo.Atendimento) + interval '1 second'"
    )
    hub.load()
    delivery, batch = take(hub)
    api = hub.client().api
    gone = FusionClient(type(api)(api.url + "/antiga", api.headers), 32)
    send(delivery, batch, gone)
    assert {o.outcome.situacao for o in batch.outgoings if o.outcome} <= {"adiado", "devolvido"}
    for route in hub.runtime.routes():
        hub.fila(f"update {route.fila.scope.table.name} set proxima_tentativa_em = null")
    hub.deliver()
    assert hub.divergent() == []
