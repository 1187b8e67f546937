"""Order of the loop's steps. The work here only takes notes; real queues and receivers are in tests/integration."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from typing import Any

import pytest

from include.fusion.delivery.loop import Entrega
from include.fusion.delivery.result import MuitosErros, Resultado
from include.fusion.delivery.work import Parametros, Work


class Notas(Work[list[int], Resultado]):
    """So many batches of one record; ``lento``: seconds of each step by its name."""

    def __init__(self, lotes: int, limites: dict[str, Any] | None = None, **lento: float) -> None:
        super().__init__([], "eu", Parametros(permanencia=0, **(limites or {})), nullcontext(), Resultado())
        self.restam = lotes
        self.lento = lento
        self.ditos: list[str] = []
        self.cai_no = -1

    def _dizer(self, passo: str, n: int) -> float:
        self.ditos.append(f"{passo} {n}")
        return self.lento.get(passo, 0.0)

    def preparar(self, quantos: int) -> list[int] | None:
        if not self.restam:
            return None
        self.restam -= 1
        n = sum(d.startswith("le ") for d in self.ditos)
        time.sleep(self._dizer("le", n))
        self.ditos.append(f"leu {n}")
        return [n]

    async def enviar(self, lote: list[int]) -> None:
        await asyncio.sleep(self._dizer("envia", lote[0]))
        self.ditos.append(f"enviou {lote[0]}")
        if lote[0] == self.cai_no:
            self.fora_do_ar = ConnectionError("fora")

    def gravar(self, lote: list[int]) -> None:
        time.sleep(self._dizer("grava", lote[0]))
        self.resultado.erros += 1
        self.resultado.motivos["x"] += 1

    def renovar(self) -> None:
        self.ditos.append("renova")

    def devolver(self) -> None:
        self.ditos.append("devolve")


def rodar(lotes: Notas, **opcoes: Any) -> list[str]:
    asyncio.run(Entrega(lotes, **opcoes).run())
    return lotes.ditos


def antes(ditos: list[str], um: str, outro: str) -> bool:
    return ditos.index(um) < ditos.index(outro)


def test_the_first_batch_goes_alone_and_then_one_is_read_while_another_travels() -> None:
    ditos = rodar(Notas(3, {"minimo_para_parcela": 99}, envia=0.1))
    assert antes(ditos, "grava 0", "le 1") and antes(ditos, "le 2", "enviou 1")


def test_with_one_lane_batches_are_done_in_order() -> None:
    ditos = rodar(Notas(3, {"lanes": 1, "minimo_para_parcela": 99}, envia=0.02))
    assert [d for d in ditos if d.startswith(("le ", "envia", "grava"))] == [f"{p} {n}" for n in range(3) for p in ("le", "envia", "grava")]


def test_a_receiver_that_is_down_ends_it_after_the_outcomes_and_gives_the_rest_back() -> None:
    lotes = Notas(9)
    lotes.cai_no = 0
    with pytest.raises(ConnectionError):
        rodar(lotes)
    assert lotes.ditos[-2:] == ["grava 0", "devolve"] and lotes.restam == 8


def test_what_a_thread_was_still_reserving_when_the_loop_was_cancelled_is_given_back_after_it() -> None:
    lotes = Notas(1, le=0.3)

    async def cortar() -> None:
        tarefa = asyncio.create_task(Entrega(lotes).run())
        await asyncio.sleep(0.1)
        tarefa.cancel()
        with pytest.raises(asyncio.CancelledError):
            await tarefa

    asyncio.run(cortar())
    assert antes(lotes.ditos, "leu 0", "devolve")


def test_the_lease_of_what_takes_long_is_renewed() -> None:
    assert "renova" in rodar(Notas(1, {"prazo_reserva": 0.0, "minimo_para_parcela": 99}, grava=0.2))


def test_stop_is_asked_before_each_batch_and_too_many_refusals_end_it_at_once() -> None:
    lotes = Notas(9, {"lanes": 1, "minimo_para_parcela": 99})
    rodar(lotes, parar=lambda: lotes.resultado.erros >= 2)
    assert lotes.restam == 7
    lotes = Notas(9, {"lanes": 1, "minimo_para_parcela": 2, "stop_at_share": True})
    with pytest.raises(MuitosErros, match="2 de 2 registros recusados"):
        rodar(lotes)
    assert lotes.restam == 7


def test_a_pause_holds_the_next_batch_back_and_no_failure_waits_for_its_end() -> None:
    lotes = Notas(9, {"minimo_para_parcela": 99}, envia=0.05)
    lotes.cai_no = 1
    with pytest.raises(ConnectionError):
        rodar(lotes, pausado=lambda: sum(d.startswith("leu") for d in lotes.ditos) > 1)
    assert lotes.restam == 7
