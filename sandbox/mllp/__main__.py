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

from sandbox.fusion.banco import Banco
from sandbox.mllp.falhas import Injetor
from sandbox.mllp.ouvinte import Ouvinte


async def servir(args: argparse.Namespace, dsn: str) -> None:
    """Listen until SIGTERM or SIGINT."""
    banco = Banco(dsn, args.conexoes)
    await banco.abrir()
    tls = None
    if args.tls_cert:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(args.tls_cert, args.tls_chave)
        if args.tls_ca:
            tls.load_verify_locations(args.tls_ca)
            tls.verify_mode = ssl.CERT_REQUIRED
    servidor = await Ouvinte(banco, args.integracao, Injetor(args.falhas)).abrir(args.porta, tls)
    porta = servidor.sockets[0].getsockname()[1]
    print(f"MLLP: 127.0.0.1:{porta}", flush=True)
    if args.porta_arquivo is not None:
        parcial = args.porta_arquivo.with_suffix(".tmp")
        parcial.write_text(str(porta))
        parcial.replace(args.porta_arquivo)
    fim = asyncio.Event()
    for sinal in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sinal, fim.set)
    await fim.wait()
    servidor.close()
    await banco.fechar()


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
    uvloop.run(servir(args, dsn))
    return 0


if __name__ == "__main__":
    sys.exit(main())
