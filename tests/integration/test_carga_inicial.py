"""The initial load goes on where it stopped and leaves live traffic a seamless start."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from include.fusion.change.initial_load import CargaInicial, Ponto
from include.fusion.store.filas import Desfecho, ItemFila
from tests.bancada import Bancada


@pytest.fixture
def bancada(postgres, tmp_path) -> Iterator[Bancada]:
    b = Bancada(postgres, tmp_path, "esus_ab", 45)
    yield b
    b.fechar()


def inicial(b: Bancada, pagina: int = 10) -> CargaInicial:
    m = b.montagem
    return CargaInicial(m.consultas, m.fusion, m.fila("carga_inicial"), m.marcas("carga_inicial"), pagina=pagina, prioridade=9)


def carregar(carga: CargaInicial, ate: int | None = None) -> list[int]:
    vistos: list[int] = []

    def esperar() -> None:
        if ate is not None and len(vistos) == ate:
            raise KeyboardInterrupt

    carga.executar(ao_avancar=lambda ponto: vistos.append(ponto.feitos), esperar=esperar)
    return vistos


def test_killed_load_resumes_behind_its_last_page(bancada):
    with pytest.raises(KeyboardInterrupt):
        carregar(inicial(bancada), ate=2)
    assert inicial(bancada).ponto().feitos == 20
    assert carregar(inicial(bancada)) == [30, 40, 45]
    assert bancada.fila("select count(*), count(distinct chave) from ImportacaoAtendimento") == [(45, 45)]


def test_complete_load_does_nothing_until_told_to_begin_anew(bancada):
    carregar(inicial(bancada))
    assert carregar(inicial(bancada)) == []
    inicial(bancada).recomecar()
    assert inicial(bancada).ponto() == Ponto()
    assert carregar(inicial(bancada))[-1] == 45


def test_history_then_live_traffic_equals_the_source(bancada):
    bancada.montagem.carga().marcar_inicio()
    with pytest.raises(KeyboardInterrupt):
        carregar(inicial(bancada), ate=2)
    bancada.mudar(15)
    carregar(inicial(bancada))
    bancada.entregar(processo="carga_inicial")
    bancada.carregar()
    bancada.entregar()
    assert bancada.divergentes() == []
    assert bancada.duplicados() == []


def test_live_change_overtakes_the_history_of_the_same_patient(bancada):
    bancada.montagem.carga().marcar_inicio()
    carregar(inicial(bancada))
    bancada.mudar(5)
    bancada.carregar()
    assert bancada.entregar().enviados > 0


def test_delivery_of_the_history_waits_for_rows_whose_patient_is_in_other_hands(bancada):
    carregar(inicial(bancada))
    fila = bancada.montagem.fila()
    paciente = bancada.fila("select chave, chave_paciente from ImportacaoAtendimento limit 1")[0]
    with bancada.montagem.fusion.begin() as con:
        fila.enfileirar(con, [ItemFila(*paciente)])
    presos = fila.reservar(1, "outra", timedelta(minutes=1))

    def soltar() -> None:
        with bancada.montagem.fusion.begin() as con:
            fila.registrar(con, "outra", [Desfecho(presos[0], "descartado")])

    solta = threading.Timer(1.5, soltar)
    solta.start()
    historico = bancada.montagem.integracao.carga_inicial
    bancada.montagem.entrega(historico, bancada.cliente(), "teste/run/processamento#1|", [bancada.montagem.via("carga_inicial")]).executar()
    solta.join()
    assert not bancada.montagem.fila("carga_inicial").tem_abertas()
