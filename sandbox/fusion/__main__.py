"""Command line: ``serve`` runs the server, ``falhas`` sets, shows or clears its faults. Secrets come from ``FUSION_*`` variables."""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import urllib.error
import urllib.request
from dataclasses import fields
from pathlib import Path
from typing import Any

import uvicorn

from sandbox.fusion.ajustes import do_ambiente
from sandbox.fusion.app import criar
from sandbox.fusion.falhas import Falhas, ProtocoloComTransporte


class ServidorComPorta(uvicorn.Server):
    """Says its port in a file once it answers."""

    def __init__(self, config: uvicorn.Config, arquivo: Path | None, porta: int) -> None:
        super().__init__(config)
        self._arquivo = arquivo
        self._porta = porta

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._arquivo is not None:
            parcial = self._arquivo.with_suffix(".tmp")
            parcial.write_text(str(self._porta))
            parcial.replace(self._arquivo)


def _servir(args: argparse.Namespace) -> int:
    ajustes = do_ambiente(**({"dsn": args.dsn} if args.dsn else {}))
    if not ajustes.dsn:
        sys.exit("give --dsn or set FUSION_DSN")
    config = uvicorn.Config(
        criar(ajustes), host="127.0.0.1", port=args.porta, http=ProtocoloComTransporte, loop="uvloop", ws="none", lifespan="on",
        access_log=False, log_level="warning", timeout_keep_alive=75, timeout_graceful_shutdown=10, server_header=False,
    )  # fmt: skip
    tomada = config.bind_socket()
    porta = int(tomada.getsockname()[1])
    print(f"Fusion: http://127.0.0.1:{porta}", flush=True)
    ServidorComPorta(config, args.porta_arquivo, porta).run(sockets=[tomada])
    return 0


def pedir_falhas(url: str, token: str, metodo: str, dados: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call ``/_sandbox/falhas``; :raises urllib.error.HTTPError: when the server refuses."""
    pedido = urllib.request.Request(
        f"{url}/_sandbox/falhas",
        method=metodo,
        data=None if dados is None else json.dumps(dados).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(pedido, timeout=10) as resposta:
        lido: dict[str, Any] = json.load(resposta)
    return lido


def _falhas(args: argparse.Namespace) -> int:
    dados = {c.name: v for c in fields(Falhas) if (v := getattr(args, c.name)) is not None}
    metodo = "DELETE" if args.limpar else "PUT" if dados else "GET"
    token = os.environ.get("FUSION_TOKEN_ADMIN") or os.environ.get("FUSION_TOKEN", "")
    try:
        print(json.dumps(pedir_falhas(args.url.rstrip("/"), token, metodo, dados or None), indent=2))
    except urllib.error.HTTPError as erro:
        sys.exit(f"refused: HTTP {erro.code} {erro.read().decode()}")
    except OSError as erro:
        sys.exit(f"{args.url} does not answer: {erro}")
    return 0


def _argumentos() -> argparse.ArgumentParser:
    raiz = argparse.ArgumentParser(prog="python -m sandbox.fusion", description=__doc__)
    comandos = raiz.add_subparsers(required=True)
    serve = comandos.add_parser(
        "serve", help="run the server until SIGTERM", description="Needs FUSION_TOKEN (or FUSION_SENHA, FUSION_SEGREDO)."
    )
    serve.add_argument("--dsn", help="libpq URL of the database 'fusion' (or FUSION_DSN)")
    serve.add_argument("--porta", type=int, default=0, help="TCP port on loopback; 0 picks a free one")
    serve.add_argument("--porta-arquivo", type=Path, help="file that gets the port once the server answers")
    serve.set_defaults(tarefa=_servir)
    falhas = comandos.add_parser(
        "falhas",
        help="set, show or clear injected faults",
        description="Fault options replace all faults, --limpar clears them, neither shows them. Token: FUSION_TOKEN_ADMIN or FUSION_TOKEN.",
    )
    falhas.add_argument("--url", required=True, help="address of the server, such as http://127.0.0.1:8080")
    falhas.add_argument("--limpar", action="store_true", help="clear all faults")
    falhas.add_argument("--atraso-ms", type=float, help="delay of every request, milliseconds")
    falhas.add_argument("--parcela-429", type=float, help="share (0..1) answered 429 with Retry-After")
    falhas.add_argument("--retry-after", type=int, help="seconds in Retry-After (default 1)")
    falhas.add_argument("--parcela-500", type=float, help="share answered 500, nothing applied")
    falhas.add_argument("--parcela-reset", type=float, help="share whose connection is cut without an answer")
    falhas.add_argument("--reset-depois-de-aplicar", action="store_true", default=None, help="cut after applying instead of before")
    falhas.add_argument("--parcela-meia-resposta", type=float, help="share that is applied and answered by half")
    falhas.add_argument("--semente", type=int, help="seed of the draw")
    falhas.set_defaults(tarefa=_falhas)
    return raiz


if __name__ == "__main__":
    args = _argumentos().parse_args()
    sys.exit(args.tarefa(args))
