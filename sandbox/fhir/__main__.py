"""``python -m sandbox.fhir --pasta DIR``: the FHIR server on loopback until SIGTERM. Secrets come from ``FHIR_*`` variables."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from sandbox.fhir.app import Settings, create
from sandbox.fusion.__main__ import ServerWithPort, listening
from sandbox.fusion.falhas import ProtocolWithTransport


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sandbox.fhir", description=__doc__)
    parser.add_argument("--pasta", type=Path, required=True, help="folder of the server's database")
    parser.add_argument("--porta", type=int, default=0, help="TCP port on loopback; 0 picks a free one")
    parser.add_argument("--porta-arquivo", type=Path, help="file that gets the port once the server answers")
    args = parser.parse_args()
    args.pasta.mkdir(parents=True, exist_ok=True)
    config = uvicorn.Config(
        "sandbox.fhir.app:create", host="127.0.0.1", port=args.porta, http=ProtocolWithTransport, loop="uvloop", ws="none", lifespan="off",
        access_log=False, log_level="warning", timeout_keep_alive=75, timeout_graceful_shutdown=5, server_header=False,
    )  # fmt: skip
    # The server writes its own address into answers, so the port comes first.
    listening_socket = listening(config)
    port = int(listening_socket.getsockname()[1])
    config.app = create(Settings.from_environment(args.pasta, port))
    print(f"FHIR: http://127.0.0.1:{port}/fhir", flush=True)
    ServerWithPort(config, args.porta_arquivo, port).run(sockets=[listening_socket])


if __name__ == "__main__":
    main()
