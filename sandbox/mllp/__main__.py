"""MLLP listener on loopback that stores messages in Fusion's database (table ``mensagem_hl7``) and acknowledges them."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import ssl
import sys
from pathlib import Path

import uvloop

from sandbox.fusion.banco import Database
from sandbox.mllp.falhas import Injector
from sandbox.mllp.ouvinte import Listener


async def serve_forever(args: argparse.Namespace, dsn: str) -> None:
    """Listen until SIGTERM or SIGINT."""
    database = Database(dsn, args.conexoes)
    await database.open()
    tls = None
    if args.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(args.tls_cert, args.tls_chave)
        if args.tls_ca:
            tls.load_verify_locations(args.tls_ca)
            tls.verify_mode = ssl.CERT_REQUIRED
    server = await Listener(database, args.integracao, Injector(args.falhas)).open(args.porta, tls)
    port = server.sockets[0].getsockname()[1]
    print(f"MLLP: 127.0.0.1:{port}", flush=True)
    if args.porta_arquivo is not None:
        partial = args.porta_arquivo.with_suffix(".tmp")
        partial.write_text(str(port))
        partial.replace(args.porta_arquivo)
    end = asyncio.Event()
    for sinal in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sinal, end.set)
    await end.wait()
    server.close()
    await database.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.mllp", description=__doc__)
    parser.add_argument("--dsn", help="libpq URL of the database 'fusion' (or FUSION_DSN)")
    parser.add_argument("--integracao", type=int, default=2, help="integration that the messages are stored under (default 2)")
    parser.add_argument("--porta", type=int, default=0, help="TCP port on loopback; 0 picks a free one")
    parser.add_argument("--porta-arquivo", type=Path, help="file that gets the port once it listens")
    parser.add_argument(
        "--falhas", type=Path, help="JSON file of faults (fields of sandbox.mllp.falhas.Falhas), read again when it changes"
    )
    parser.add_argument("--tls-cert", type=Path, help="PEM certificate: the listener speaks TLS only")
    parser.add_argument("--tls-chave", type=Path, help="PEM key, where the certificate's file does not hold it")
    parser.add_argument("--tls-ca", type=Path, help="PEM bundle: only clients with a certificate of these authorities are let in")
    parser.add_argument("--conexoes", type=int, default=8, help="database connections (default 8)")
    args = parser.parse_args()
    dsn = args.dsn or os.environ.get("FUSION_DSN", "")
    if not dsn:
        parser.error("give --dsn or set FUSION_DSN")
    uvloop.run(serve_forever(args, dsn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
