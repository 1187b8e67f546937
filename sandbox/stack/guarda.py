"""Last resort: outlives a supervisor that was killed outright and ends what it could not.

The kernel tells each component that its parent died (see :mod:`sandbox.processos`), and the component then stops its own children in
good order; a task in the middle of a long step would still hold them up. This process notices the death by the end of its standard
input, waits a little, then ends whoever is left.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from sandbox.stack.estado import Estado
from sandbox.stack.filhos import encerrar

ESPERA = 12.0
"""Seconds that components get to stop by themselves."""


def main(pasta: str) -> None:
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)
    sys.stdin.buffer.read()
    estado = Estado(Path(pasta))
    dados = estado.processos
    if dados:
        encerrar(dados.get("filhos", {}), estado.segredos["marca"], espera=ESPERA)


if __name__ == "__main__":
    main(sys.argv[1])
