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

from tests.integration.plugins.fhir_api.helpers import observe, sql

sem_statsd = pytest.mark.skipif(importlib.util.find_spec("statsd") is None, reason="the package statsd is none of the pins")


@contextmanager
def otlp_collector() -> Iterator[tuple[int, list[bytes]]]:
    """Port of an OpenTelemetry collector (HTTP, protobuf), and the bodies that it got."""
    bodies: list[bytes] = []

    class OtlpCollector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), OtlpCollector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, bodies
    server.shutdown()
    server.server_close()


@contextmanager
def udp_collector() -> Iterator[tuple[int, socket.socket]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening_socket:
        listening_socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        listening_socket.bind(("127.0.0.1", 0))
        listening_socket.setblocking(False)
        yield listening_socket.getsockname()[1], listening_socket


def packages(listening_socket: socket.socket) -> list[str]:
    read_items: list[str] = []
    while True:
        try:
            read_items += listening_socket.recv(65536).decode().splitlines()
        except BlockingIOError:
            return read_items


def two_and_one_refused(world: Any) -> None:
    sql(world, 'update observations set "syncedToEHR" = true')
    sql(world, "delete from SincronizacaoFhir")
    ids = [observe(world, world.a) for _ in range(3)]
    sql(world, "update observations set type = 'nada' where id = %s", ids[0])


def secrets(world: Any) -> list[str]:
    """What no metric may carry."""
    return [v for row in sql(world, 'select name, cpf, cns, phone, email, id, "ehrPatientId" from patients') for v in row if v]


def test_opentelemetry_gets_the_counts_of_a_push_with_the_tenant(world: Any, config: dict[str, Any]) -> None:
    two_and_one_refused(world)
    with otlp_collector() as (port, bodies):
        world.airflow.run_task("fhir_push", {"tenant": world.a}, AIRFLOW__METRICS__OTEL_ON="True",
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")  # fmt: skip
    pontos: dict[str, Any] = {}
    for body in bodies:
        for group in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metrica in (m for scope in group.scope_metrics for m in scope.metrics if ".fhir." in m.name):
                for checkpoint in metrica.sum.data_points or metrica.exponential_histogram.data_points or metrica.gauge.data_points:
                    tags = {a.key: a.value.string_value for a in checkpoint.attributes}
                    pontos[metrica.name] = (tags, checkpoint.as_int or checkpoint.as_double if metrica.HasField("sum") else None)
    assert pontos["airflow.fhir.push.enviados"] == ({"tenant": world.a}, 2)
    assert pontos["airflow.fhir.push.falhas"] == ({"tenant": world.a}, 1)
    assert "airflow.fhir.push.inalterados" not in pontos  # Nothing is no news.
    assert pontos["airflow.fhir.push.duration"][0] == {"tenant": world.a}
    assert not [s for s in secrets(world) if any(s.encode() in c for c in bodies)]


@sem_statsd
def test_statsd_gets_the_counts_of_a_push(world: Any, config: dict[str, Any]) -> None:
    """As Airflow ships: without the tags, which the test of OpenTelemetry sees."""
    two_and_one_refused(world)
    with udp_collector() as (port, listening_socket):
        world.airflow.run_task("fhir_push", {"tenant": world.a}, AIRFLOW__METRICS__STATSD_ON="True", AIRFLOW__METRICS__STATSD_HOST="127.0.0.1",
            AIRFLOW__METRICS__STATSD_PORT=str(port))  # fmt: skip
        read_items = packages(listening_socket)
    assert {"airflow.fhir.push.enviados:2|c", "airflow.fhir.push.falhas:1|c"} <= set(read_items)
    assert any(x.startswith("airflow.fhir.push.duration:") and x.endswith("|ms") for x in read_items)
    assert not [s for s in secrets(world) if any(s in x for x in read_items)]
