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

from sandbox.fusion.ajustes import from_environment
from sandbox.fusion.app import create
from sandbox.fusion.falhas import Faults, ProtocolWithTransport


class ServerWithPort(uvicorn.Server):
    """Says its port in a file once it answers."""

    def __init__(self, config: uvicorn.Config, file: Path | None, port: int) -> None:
        super().__init__(config)
        self._file = file
        self._port = port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._file is not None:
            partial = self._file.with_suffix(".tmp")
            partial.write_text(str(self._port))
            partial.replace(self._file)


def listening(config: uvicorn.Config) -> socket.socket:
    """A socket on the port of ``config``. It listens at once: until then another process may get the same port."""
    bound = config.bind_socket()
    bound.listen(config.backlog)
    return bound


def _serve_forever(args: argparse.Namespace) -> int:
    settings = from_environment(**({"dsn": args.dsn} if args.dsn else {}))
    if not settings.dsn:
        sys.exit("give --dsn or set FUSION_DSN")
    config = uvicorn.Config(
        create(settings), host="127.0.0.1", port=args.porta, http=ProtocolWithTransport, loop="uvloop", ws="none", lifespan="on",
        access_log=False, log_level="warning", timeout_keep_alive=75, timeout_graceful_shutdown=10, server_header=False,
    )  # fmt: skip
    listening_socket = listening(config)
    port = int(listening_socket.getsockname()[1])
    print(f"Fusion: http://127.0.0.1:{port}", flush=True)
    ServerWithPort(config, args.porta_arquivo, port).run(sockets=[listening_socket])
    return 0


def ask_faults(url: str, token: str, method: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
    """Call ``/_sandbox/falhas``; :raises urllib.error.HTTPError: when the server refuses."""
    request = urllib.request.Request(
        f"{url}/_sandbox/falhas",
        method=method,
        data=None if data is None else json.dumps(data).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        read_item: dict[str, Any] = json.load(response)
    return read_item


def _failures(args: argparse.Namespace) -> int:
    data = {c.name: v for c in fields(Faults) if (v := getattr(args, c.name)) is not None}
    method = "DELETE" if args.limpar else "PUT" if data else "GET"
    token = os.environ.get("FUSION_TOKEN_ADMIN") or os.environ.get("FUSION_TOKEN", "")
    try:
        print(json.dumps(ask_faults(args.url.rstrip("/"), token, method, data or None), indent=2))
    except urllib.error.HTTPError as error:
        sys.exit(f"refused: HTTP {error.code} {error.read().decode()}")
    except OSError as error:
        sys.exit(f"{args.url} does not answer: {error}")
    return 0


def _arguments() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="python -m sandbox.fusion", description=__doc__)
    commands = root.add_subparsers(required=True)
    serve = commands.add_parser(
        "serve", help="run the server until SIGTERM", description="Needs FUSION_TOKEN (or FUSION_PASSWORD, FUSION_SECRET)."
    )
    serve.add_argument("--dsn", help="libpq URL of the database 'fusion' (or FUSION_DSN)")
    serve.add_argument("--porta", type=int, default=0, help="TCP port on loopback; 0 picks a free one")
    serve.add_argument("--porta-arquivo", type=Path, help="file that gets the port once the server answers")
    serve.set_defaults(task=_serve_forever)
    failures = commands.add_parser(
        "falhas",
        help="set, show or clear injected faults",
        description="Fault options replace all faults, --limpar clears them, neither shows them. Token: FUSION_TOKEN_ADMIN or FUSION_TOKEN.",
    )
    failures.add_argument("--url", required=True, help="address of the server, such as http://127.0.0.1:8080")
    failures.add_argument("--limpar", action="store_true", help="clear all faults")
    failures.add_argument("--atraso-ms", type=float, help="delay of every request, milliseconds")
    failures.add_argument("--parcela-429", type=float, help="share (0..1) answered 429 with Retry-After")
    failures.add_argument("--retry-after", type=int, help="seconds in Retry-After (default 1)")
    failures.add_argument("--parcela-500", type=float, help="share answered 500, nothing applied")
    failures.add_argument("--parcela-reset", type=float, help="share whose connection is cut without an answer")
    failures.add_argument("--reset-depois-de-aplicar", action="store_true", default=None, help="cut after applying instead of before")
    failures.add_argument("--parcela-meia-resposta", type=float, help="share that is applied and answered by half")
    failures.add_argument("--semente", type=int, help="seed of the draw")
    failures.set_defaults(task=_failures)
    return root


if __name__ == "__main__":
    args = _arguments().parse_args()
    sys.exit(args.task(args))
