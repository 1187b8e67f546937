"""Records as hospitals really have them: each arrives or says why not, and the others go on."""

from __future__ import annotations

from contextlib import suppress

import psycopg2
import pytest
from sqlalchemy import create_engine

from include.fusion.entrega import AUSENTE
from include.fusion.filas import Fila, ItemFila
from sandbox.origens import mv, sotech, tasy
from sandbox.origens.consulfarma import ESTRANHOS, INVALIDOS, remover
from sandbox.origens.esus_ab import CASOS
from tests.e2e.hub import SISTEMAS, Hub, integracao

ESPERADOS = {
    "consulfarma": dict.fromkeys(INVALIDOS, "erro") | dict.fromkeys(ESTRANHOS, "concluido"),
    "esus_ab": {tipo: "erro" if campo else "concluido" for tipo, (_, campo) in CASOS.items()},
    "mv": dict.fromkeys(mv.INVALIDOS, "erro") | dict.fromkeys(mv.ESTRANHOS, "concluido"),
    "sotech": dict.fromkeys(sotech.INVALIDOS, "erro") | dict.fromkeys(sotech.ESTRANHOS, "concluido"),
    "tasy": dict.fromkeys(tasy.INVALIDOS, "erro") | dict.fromkeys(tasy.ESTRANHOS, "concluido"),
}


@pytest.mark.parametrize("sistema", SISTEMAS)
def test_every_kind_of_bad_record_ends_where_it_should(hub: Hub, sistema: str) -> None:
    # The good ones first: an edit of a bad record's patient may mend it.
    hub.mudar(sistema, 30)
    chaves = {tipo: hub.mudar(sistema, invalido=tipo)[0].chave for tipo in ESPERADOS[sistema]}

    def fins() -> dict[str, str | None]:
        return {tipo: hub.fila(sistema, chave).get("situacao") for tipo, chave in chaves.items()}

    with suppress(AssertionError):
        hub.esperar(lambda: fins() == ESPERADOS[sistema], 40)
    assert fins() == ESPERADOS[sistema]
    assert all(hub.fila(sistema, chaves[tipo])["motivo"] for tipo, fim in ESPERADOS[sistema].items() if fim == "erro")
    hub.reconciliar()


def test_a_row_deleted_between_queue_and_read_says_so(hub: Hub) -> None:
    with hub.pausada("consulfarma"):
        (mudanca,) = hub.mudar("consulfarma", invalido="emoji")
        enfileirar(hub, mudanca.chave)
        con = psycopg2.connect(hub.url("consulfarma"))
        remover(con, mudanca.chave)
        con.commit()
        con.close()
    hub.esperar(lambda: hub.fila("consulfarma", mudanca.chave)["motivo"] == AUSENTE, 40)
    hub.reconciliar()


def enfileirar(hub: Hub, chave: str) -> None:
    motor = create_engine(hub.url("fusion_integracao").replace("postgresql://", "postgresql+psycopg2://"))
    with motor.begin() as con:
        Fila(motor, integracao("consulfarma").integracao_id, "importacao").enfileirar(con, [ItemFila(chave, "x")])
    motor.dispose()
