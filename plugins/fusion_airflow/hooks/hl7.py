"""Where HL7 messages go, told by an Airflow connection: type ``http`` is Fusion's HL7 controller, any other an MLLP receiver."""

from __future__ import annotations

import math
import ssl
from typing import Any

from airflow.sdk import BaseHook

from fusion_airflow.hooks.fusion import FusionHook
from include.fusion.hl7.wire.mllp import EnderecoMllp
from include.fusion.hl7.wire.transport import Transporte, TransporteHttp, TransporteMllp
from include.fusion.wiring.names import ConfiguracaoInvalida

ROTA = "/api/HL7"


class Hl7Hook(BaseHook):
    """A transport of messages.

    Type ``http``: as :class:`FusionHook` reads it; ``extra.hl7_rota`` is the controller's path, without the integration's number, which
    follows it (default ``/api/HL7``). Else MLLP: host and port, and in extra ``tls`` (true, or the path of a CA bundle), ``client_cert``
    (path of a PEM with key and certificate), ``connect_timeout`` and ``timeout`` (seconds), ``window`` (messages without an answer yet; 1
    is plain MLLP, more only for a receiver that answers in order).
    """

    def __init__(self, hl7_conn_id: str, integracao_id: int | None = None) -> None:
        super().__init__()
        self.hl7_conn_id = hl7_conn_id
        self.integracao_id = integracao_id

    def transporte(self, conexoes: int = 8) -> Transporte:
        """Transport for one run; over HTTP at most ``conexoes`` messages travel at once. :raises ConfiguracaoInvalida:"""
        conexao = self.get_connection(self.hl7_conn_id)
        if conexao.conn_type == "http":
            if self.integracao_id is None:
                raise ConfiguracaoInvalida(f"connection '{self.hl7_conn_id}': over HTTP the integration's number (integracao_id) is needed")
            rota = f"{str(conexao.extra_dejson.get('hl7_rota', ROTA)).rstrip('/')}/{self.integracao_id}"
            return TransporteHttp(FusionHook(self.hl7_conn_id).cliente(conexoes), rota)
        return TransporteMllp(_endereco(self.hl7_conn_id, conexao))


def _endereco(conn_id: str, conexao: Any) -> EnderecoMllp:
    if not conexao.host or not 0 < (conexao.port or 0) < 65536:
        raise ConfiguracaoInvalida(f"connection '{conn_id}': MLLP needs host and port")
    extra = conexao.extra_dejson
    try:
        return EnderecoMllp(
            conexao.host,
            int(conexao.port),
            tls=_tls(extra),
            tempo_conexao=_segundos(extra.get("connect_timeout", 10)),
            tempo_resposta=_segundos(extra.get("timeout", 30)),
            janela=_inteiro(extra.get("window", 1)),
        )
    except (ValueError, TypeError, OSError):
        detalhe = "extra.tls and client_cert need readable PEM files; connect_timeout, timeout and window need numbers above zero"
        raise ConfiguracaoInvalida(f"connection '{conn_id}': {detalhe}") from None


def _segundos(valor: Any) -> float:
    """:raises ValueError: no time that ends."""
    segundos = float(valor)
    if not 0 < segundos < math.inf:
        raise ValueError
    return segundos


def _inteiro(valor: Any) -> int:
    """:raises ValueError: less than one."""
    if (numero := int(valor)) < 1:
        raise ValueError
    return numero


def _tls(extra: dict[str, Any]) -> ssl.SSLContext | None:
    tls = extra.get("tls", False)
    if tls is False:
        return None
    contexto = ssl.create_default_context(cafile=tls if isinstance(tls, str) else None)
    if certificado := extra.get("client_cert"):
        contexto.load_cert_chain(certificado)
    return contexto
