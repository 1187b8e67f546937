"""Records as hospitals really have them: each arrives or says why not, and the others go on."""

from __future__ import annotations

from contextlib import suppress

import psycopg2
from sqlalchemy import create_engine

from include.fusion.delivery.batch import AUSENTE
from include.fusion.store.filas import Fila, ItemFila
from sandbox.origens.consulfarma import remover
from sandbox.sources import sources
from tests.e2e.hub import SISTEMAS, Hub, integracao

ESPERADOS = {
    nome: dict.fromkeys(sources()[nome].module.INVALIDOS, "erro") | dict.fromkeys(sources()[nome].module.ESTRANHOS, "concluido")
    for nome in SISTEMAS
}


def test_every_kind_of_bad_record_ends_where_it_should(hub: Hub) -> None:
    chaves: dict[tuple[str, str], str] = {}
    for sistema in SISTEMAS:
        # The good ones first: an edit of a bad record's patient may mend it.
        hub.mudar(sistema, 30)
        chaves |= {(sistema, tipo): hub.mudar(sistema, invalido=tipo)[0].chave for tipo in ESPERADOS[sistema]}
    esperados = {(sistema, tipo): fim for sistema, tipos in ESPERADOS.items() for tipo, fim in tipos.items()}

    def fins() -> dict[tuple[str, str], str | None]:
        return {caso: hub.fila(caso[0], chave).get("situacao") for caso, chave in chaves.items()}

    with suppress(AssertionError):
        hub.esperar(lambda: fins() == esperados)
    assert fins() == esperados
    assert all(hub.fila(caso[0], chaves[caso])["motivo"] for caso, fim in esperados.items() if fim == "erro")
    hub.reconciliar()


def test_a_row_deleted_between_queue_and_read_says_so(hub: Hub) -> None:
    with hub.pausada("consulfarma"):
        (mudanca,) = hub.mudar("consulfarma", invalido="emoji")
        enfileirar(hub, mudanca.chave)
        con = psycopg2.connect(hub.url("consulfarma"))
        remover(con, mudanca.chave)
        con.commit()
        con.close()
    hub.esperar(lambda: hub.fila("consulfarma", mudanca.chave)["motivo"] == AUSENTE)
    hub.reconciliar()


def enfileirar(hub: Hub, chave: str) -> None:
    motor = create_engine(hub.url("fusion_integracao").replace("postgresql://", "postgresql+psycopg2://"))
    with motor.begin() as con:
        Fila(motor, integracao("consulfarma").integracao_id, "importacao").enfileirar(con, [ItemFila(chave, "x")])
    motor.dispose()
