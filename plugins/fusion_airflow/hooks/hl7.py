"""Target of HL7 messages by Airflow connection: type ``http`` is Fusion's HL7 controller, any other an MLLP receiver."""

from __future__ import annotations

import math
import ssl
from typing import Any

from airflow.sdk import BaseHook

from fusion_airflow.hooks.fusion import FusionHook
from include.fusion.hl7.wire.mllp import MllpAddress
from include.fusion.hl7.wire.transport import HttpTransport, MllpTransport, Transport
from include.fusion.wiring.names import InvalidConfiguration

PATH = "/api/HL7"


class Hl7Hook(BaseHook):
    """Transport of messages.

    Type ``http``: like :class:`FusionHook`; ``extra.hl7_rota`` is the controller's path (default ``/api/HL7``), the integration's number
    follows it. Else MLLP: host and port; in extra ``tls`` (true, or the path of a CA bundle), ``client_cert`` (path of a PEM with key and
    certificate), ``connect_timeout`` and ``timeout`` (seconds), ``window`` (messages without an answer yet; 1 is plain MLLP, more only
    for a receiver that answers in order).
    """

    def __init__(self, hl7_conn_id: str, integracao_id: int | None = None) -> None:
        super().__init__()
        self.hl7_conn_id = hl7_conn_id
        self.integracao_id = integracao_id

    def transport(self, connections: int = 8) -> Transport:
        """Transport for one run, over HTTP with at most ``connections`` messages at once. :raises InvalidConfiguration:"""
        connection = self.get_connection(self.hl7_conn_id)
        if connection.conn_type == "http":
            if self.integracao_id is None:
                raise InvalidConfiguration(f"connection '{self.hl7_conn_id}': over HTTP the integration's number (integracao_id) is needed")
            path = f"{str(connection.extra_dejson.get('hl7_rota', PATH)).rstrip('/')}/{self.integracao_id}"
            return HttpTransport(FusionHook(self.hl7_conn_id).client(connections), path)
        return MllpTransport(_address(self.hl7_conn_id, connection))


def _address(conn_id: str, connection: Any) -> MllpAddress:
    if not connection.host or not 0 < (connection.port or 0) < 65536:
        raise InvalidConfiguration(f"connection '{conn_id}': MLLP needs host and port")
    extra = connection.extra_dejson
    try:
        return MllpAddress(
            connection.host,
            int(connection.port),
            tls=_tls(extra),
            connect_timeout=_seconds(extra.get("connect_timeout", 10)),
            answer_timeout=_seconds(extra.get("timeout", 30)),
            window=_window(extra.get("window", 1)),
        )
    except (ValueError, TypeError, OSError):
        detail = "extra.tls and client_cert need readable PEM files; connect_timeout, timeout and window need numbers above zero"
        raise InvalidConfiguration(f"connection '{conn_id}': {detail}") from None


def _seconds(value: Any) -> float:
    """:raises ValueError: not above zero, or infinite."""
    seconds = float(value)
    if not 0 < seconds < math.inf:
        raise ValueError
    return seconds


def _window(value: Any) -> int:
    """:raises ValueError: less than one."""
    if (number := int(value)) < 1:
        raise ValueError
    return number


def _tls(extra: dict[str, Any]) -> ssl.SSLContext | None:
    tls = extra.get("tls", False)
    if tls is False:
        return None
    context = ssl.create_default_context(cafile=tls if isinstance(tls, str) else None)
    if certificate := extra.get("client_cert"):
        context.load_cert_chain(certificate)
    return context
