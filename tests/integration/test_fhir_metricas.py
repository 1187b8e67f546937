"""What leaves Airflow as metrics while a DAG runs: packets of StatsD and of OpenTelemetry, caught on the wire."""

from __future__ import annotations

import gzip
import importlib.util
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.integration.fhir_api_apoio import observar, sql

sem_statsd = pytest.mark.skipif(importlib.util.find_spec("statsd") is None, reason="the package statsd is none of the pins")


@contextmanager
def coletor_otlp() -> Iterator[tuple[int, list[bytes]]]:
    """Port of an OpenTelemetry collector (HTTP, protobuf), and the bodies that it got."""
    corpos: list[bytes] = []

    class Coletor(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            corpo = self.rfile.read(int(self.headers["Content-Length"]))
            corpos.append(gzip.decompress(corpo) if self.headers.get("Content-Encoding") == "gzip" else corpo)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    servidor = ThreadingHTTPServer(("127.0.0.1", 0), Coletor)
    threading.Thread(target=servidor.serve_forever, daemon=True).start()
    yield servidor.server_port, corpos
    servidor.shutdown()
    servidor.server_close()


@contextmanager
def coletor_udp() -> Iterator[tuple[int, socket.socket]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tomada:
        tomada.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        tomada.bind(("127.0.0.1", 0))
        tomada.setblocking(False)
        yield tomada.getsockname()[1], tomada


def pacotes(tomada: socket.socket) -> list[str]:
    lidos: list[str] = []
    while True:
        try:
            lidos += tomada.recv(65536).decode().splitlines()
        except BlockingIOError:
            return lidos


def duas_e_uma_recusada(mundo: Any) -> None:
    sql(mundo, 'update observations set "syncedToEHR" = true')
    sql(mundo, "delete from SincronizacaoFhir")
    ids = [observar(mundo, mundo.a) for _ in range(3)]
    sql(mundo, "update observations set type = 'nada' where id = %s", ids[0])


def segredos(mundo: Any) -> list[str]:
    """What no metric may carry."""
    return [v for linha in sql(mundo, 'select name, cpf, cns, phone, email, id, "ehrPatientId" from patients') for v in linha if v]


def test_opentelemetry_gets_the_counts_of_a_push_with_the_tenant(mundo: Any, config: dict[str, Any]) -> None:
    duas_e_uma_recusada(mundo)
    with coletor_otlp() as (porta, corpos):
        mundo.airflow.rodar("fhir_push", {"tenant": mundo.a}, AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{porta}", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")  # fmt: skip
    pontos: dict[str, Any] = {}
    for corpo in corpos:
        for grupo in ExportMetricsServiceRequest.FromString(corpo).resource_metrics:
            for metrica in (m for escopo in grupo.scope_metrics for m in escopo.metrics if ".fhir." in m.name):
                for ponto in metrica.sum.data_points or metrica.exponential_histogram.data_points or metrica.gauge.data_points:
                    tags = {a.key: a.value.string_value for a in ponto.attributes}
                    pontos[metrica.name] = (tags, ponto.as_int or ponto.as_double if metrica.HasField("sum") else None)
    assert pontos["airflow.fhir.push.enviados"] == ({"tenant": mundo.a}, 2)
    assert pontos["airflow.fhir.push.falhas"] == ({"tenant": mundo.a}, 1)
    assert "airflow.fhir.push.inalterados" not in pontos  # Nothing is no news.
    assert pontos["airflow.fhir.push.duration"][0] == {"tenant": mundo.a}
    assert not [s for s in segredos(mundo) if any(s.encode() in c for c in corpos)]


@sem_statsd
def test_statsd_gets_the_counts_of_a_push(mundo: Any, config: dict[str, Any]) -> None:
    """As Airflow ships: without the tags, which the test of OpenTelemetry sees."""
    duas_e_uma_recusada(mundo)
    with coletor_udp() as (porta, tomada):
        mundo.airflow.rodar("fhir_push", {"tenant": mundo.a}, AIRFLOW__METRICS__STATSD_ON="True", AIRFLOW__METRICS__STATSD_HOST="127.0.0.1",
            AIRFLOW__METRICS__STATSD_PORT=str(porta))  # fmt: skip
        lidos = pacotes(tomada)
    assert {"airflow.fhir.push.enviados:2|c", "airflow.fhir.push.falhas:1|c"} <= set(lidos)
    assert any(x.startswith("airflow.fhir.push.duration:") and x.endswith("|ms") for x in lidos)
    assert not [s for s in segredos(mundo) if any(s in x for x in lidos)]
