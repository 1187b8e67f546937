"""The report on FHIR sees what is lost, doubled or different, on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens.plataforma.ehr import ServidorEhr, nossos
from sandbox.report.base import Linha, Relatorio
from sandbox.report.fhir import PULL, PUSH, somar
from sandbox.simulador import criar_registro
from tests.integration.fhir_apoio import BancadaFhir, so_sandbox

pytestmark = so_sandbox


@pytest.fixture
def bancada(banco: str, tmp_path: Path) -> Iterator[BancadaFhir]:
    """Six observations that were sent, two of the hospital's that were pulled; a server of its own, since all of it is counted."""
    servidor = ServidorFhir(tmp_path / "fhir").iniciar()
    feita = BancadaFhir(banco, tmp_path, servidor)
    criar_registro(banco)
    feita.observar(6)
    feita.enviar()
    for _ in range(2):
        ehr(feita).observar(paciente(feita), 60)
    feita.buscar()
    yield feita
    feita.fechar()
    servidor.parar()


def ehr(b: BancadaFhir) -> ServidorEhr:
    assert b.servidor is not None
    return ServidorEhr(b.servidor.url, b.servidor.segredo)


def paciente(b: BancadaFhir) -> str:
    return str(b.sql('select "ehrPatientId" from patients where "ehrPatientId" is not null order by id limit 1')[0][0])


def linhas(b: BancadaFhir) -> dict[str, Linha]:
    assert b.servidor is not None
    relatorio = Relatorio()
    somar(relatorio, {"plataforma": b.dsn, "simulador": b.dsn, "ehr": b.servidor.url.replace("://", f"://:{b.servidor.segredo}@", 1)})
    return relatorio.integrations


def test_two_sides_that_agree(bancada: BancadaFhir) -> None:
    push, pull = linhas(bancada)[PUSH], linhas(bancada)[PULL]
    assert (push.delivered, push.missing, push.doubled, push.pending) == (6, 0, 0, 0)
    assert (pull.delivered, pull.missing, pull.doubled) == (2, 0, 0)


def test_a_reading_that_differs_or_is_gone_is_missing(bancada: BancadaFhir) -> None:
    ids = [i for (i,) in bancada.sql("select \"fhirResourceId\" from observations where source <> 'ehr' order by id")]
    ehr(bancada).pedir("DELETE", f"Observation/{ids[0]}")
    bancada.sql('update observations set value = value + 1, systolic = systolic + 1 where "fhirResourceId" = %s', ids[1])
    assert linhas(bancada)[PUSH].missing == 2


def test_a_second_resource_with_our_identifier_is_doubled(bancada: BancadaFhir) -> None:
    um = next(r for r in ehr(bancada).observacoes() if nossos(r))
    ehr(bancada).pedir("POST", "Observation", {k: v for k, v in um.items() if k not in ("id", "meta")})
    assert linhas(bancada)[PUSH].doubled == 1


def test_what_waits_and_what_was_refused_are_told_apart(bancada: BancadaFhir) -> None:
    [ruim, _] = bancada.observar(2)
    bancada.sql("update observations set type = 'nada' where id = %s", ruim)
    bancada.enviar(observacoes=[ruim])
    push = linhas(bancada)[PUSH]
    assert (push.refused, push.pending, push.missing) == (1, 1, 0)


def test_what_the_hospital_wrote_or_amended_since_is_missing(bancada: BancadaFhir) -> None:
    recurso = bancada.sql("select \"fhirResourceId\" from observations where source = 'ehr' limit 1")[0][0]
    ehr(bancada).corrigir(recurso)
    ehr(bancada).observar(paciente(bancada), 61)
    assert linhas(bancada)[PULL].missing == 2


def test_what_the_pull_refused_is_neither_missing_nor_the_pushs(bancada: BancadaFhir) -> None:
    ehr(bancada).observar(paciente(bancada), 62, note=[{"text": "a\x00"}])
    bancada.buscar()
    push, pull = linhas(bancada)[PUSH], linhas(bancada)[PULL]
    assert (pull.refused, pull.missing, push.refused, push.pending) == (1, 0, 0, 0)
