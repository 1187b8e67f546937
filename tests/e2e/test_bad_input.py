"""Records as hospitals really have them: each arrives or says why not, and the others go on."""

from __future__ import annotations

from contextlib import suppress

import psycopg2
from sqlalchemy import create_engine

from include.fusion.reading.reader import ABSENT
from include.fusion.store.filas import Fila, FilaItem
from sandbox.origens.consulfarma import remove
from sandbox.sources import sources
from tests.e2e.hub import SYSTEMS, Hub, integracao

EXPECTED = {
    name: dict.fromkeys(sources()[name].module.INVALID, "erro") | dict.fromkeys(sources()[name].module.STRANGE, "concluido")
    for name in SYSTEMS
}


def test_every_kind_of_bad_record_ends_where_it_should(hub: Hub) -> None:
    keys: dict[tuple[str, str], str] = {}
    for system in SYSTEMS:
        # The good ones first: an edit of a bad record's patient may mend it.
        hub.change(system, 30)
        keys |= {(system, kind): hub.change(system, invalid=kind)[0].chave for kind in EXPECTED[system]}
    expected = {(system, kind): end for system, kinds in EXPECTED.items() for kind, end in kinds.items()}

    def ends() -> dict[tuple[str, str], str | None]:
        return {caso: hub.fila(caso[0], key).get("situacao") for caso, key in keys.items()}

    with suppress(AssertionError):
        hub.wait(lambda: ends() == expected)
    assert ends() == expected
    assert all(hub.fila(caso[0], keys[caso])["motivo"] for caso, end in expected.items() if end == "erro")
    hub.reconcile()


def test_a_row_deleted_between_queue_and_read_says_so(hub: Hub) -> None:
    with hub.paused("consulfarma"):
        (change,) = hub.change("consulfarma", invalid="emoji")
        enqueue(hub, change.chave)
        con = psycopg2.connect(hub.url("consulfarma"))
        remove(con, change.chave)
        con.commit()
        con.close()
    hub.wait(lambda: hub.fila("consulfarma", change.chave)["motivo"] == ABSENT)
    hub.reconcile()


def enqueue(hub: Hub, key: str) -> None:
    engine = create_engine(hub.url("fusion_integracao").replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as con:
        Fila(engine, integracao("consulfarma").integracao_id, "importacao").enqueue(con, [FilaItem(key, "x")])
    engine.dispose()
