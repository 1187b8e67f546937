"""``python -m sandbox.stack up|down|status|demo|env``: the commands behind the Makefile."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sandbox.stack import demo, situacao
from sandbox.stack.ambiente import EXAMPLE, USUARIO_UI, airflow, senha_postgres
from sandbox.stack.estado import RAIZ, Estado
from sandbox.stack.filhos import encerrar, vivo
from sandbox.stack.pilha import Parar, Pilha, ao_sinal, limpar

AJUDA = """environment variables:
  FUSION_UI_PORT, FUSION_API_PORT, FUSION_PG_PORT, FUSION_FHIR_PORT
                            ports of the UI, the sandbox's Fusion, PostgreSQL and the FHIR server (default: free ones)
  FUSION_TAXA               changes per second that the simulator writes into each source (up: 0.2, demo: 1; 0 turns it off)
  FUSION_DEMO_SEGUNDOS      how long the demo's simulator writes (default 120)
  FUSION_ATENDIMENTOS       attendances that each source starts with (default 300)
  FUSION_INVALIDOS          share of changes that are bad on purpose (default 0.02)
  FUSION_DAGS               DAG folder (default: dags/ of this checkout)
  FUSION_SETTINGS           installations (default: examples/integracoes.yaml)
"""


def dizer(texto: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {texto}", flush=True)


def endereco(estado: Estado) -> str:
    return f"Airflow UI: {estado.url_ui}   user: {USUARIO_UI}   password: {estado.segredos['senha_ui']}"


def tratar_sinais() -> None:
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, ao_sinal)


def ignorar_sinais() -> None:
    """While stopping: a second ctrl-C must not leave half of it running (stopping takes seconds, and ends in SIGKILL)."""
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)


def supervisionar(estado: Estado) -> int:
    """Body of the detached supervisor that ``up`` starts."""
    if not estado.travar():
        return 3
    tratar_sinais()
    codigo = 0
    pilha = Pilha(estado, dizer)
    try:
        pilha.subir(os.environ.get("FUSION_TAXA", "0.2"))
        pilha.vigiar(lambda: False)
    except Parar:
        dizer("stopping")
    except Exception as erro:
        dizer(f"failed: {erro}")
        codigo = 1
    ignorar_sinais()
    pilha.parar()
    dizer("stopped")
    return codigo


def up(estado: Estado) -> int:
    estado.criar()
    log = estado.logs / "pilha.log"
    if estado.em_uso():
        dizer("already running")
        processo = None
        posicao = log.stat().st_size if log.exists() else 0
    else:
        posicao = log.stat().st_size if log.exists() else 0
        with log.open("ab") as saida:
            processo = subprocess.Popen(
                [sys.executable, "-m", "sandbox.stack", "--pasta", str(estado.pasta), "supervisor"],
                stdin=subprocess.DEVNULL, stdout=saida, stderr=subprocess.STDOUT, cwd=RAIZ, start_new_session=True,
            )  # fmt: skip
    tratar_sinais()
    try:
        while True:
            posicao = _mostrar(log, posicao)
            if processo is not None and (codigo := processo.poll()) is not None and codigo != 3:
                return codigo or 1
            fase = estado.processos.get("fase")
            if fase == "healthy" and vivo(estado.processos.get("supervisor")):
                _mostrar(log, posicao)
                break
            if processo is None and not estado.em_uso():
                dizer("it stopped meanwhile")
                return 1
            time.sleep(0.2)
    except Parar:
        ignorar_sinais()
        dizer("interrupted: stopping what was started")
        if processo is not None:
            processo.send_signal(signal.SIGTERM)
            processo.wait()
        return 130
    print(endereco(estado))
    print("make status shows health and queues; make down stops it")
    return 0


def _mostrar(log: Path, posicao: int) -> int:
    """Print what the supervisor wrote since ``posicao``."""
    if not log.exists():
        return posicao
    with log.open("rb") as arquivo:
        arquivo.seek(posicao)
        novo = arquivo.read()
    sys.stdout.write(novo.decode(errors="replace"))
    sys.stdout.flush()
    return posicao + len(novo)


def down(estado: Estado) -> int:
    dados = estado.processos
    if not estado.em_uso():
        print("stopped what an earlier run left behind" if limpar(estado) else "nothing was running")
        return 0
    supervisor = dados.get("supervisor")
    dizer("stopping")
    if supervisor and vivo(supervisor):
        os.kill(int(supervisor["pid"]), signal.SIGTERM)
    limite = time.monotonic() + 60
    while estado.em_uso():
        if time.monotonic() > limite:
            encerrar({"supervisor": supervisor} if supervisor else {}, estado.segredos["marca"], espera=1)
            break
        time.sleep(0.2)
    limpar(estado)
    dizer("stopped")
    return 0


def env(estado: Estado) -> int:
    """Shell lines that let ``airflow`` commands and psql-like tools reach the running stack."""
    if not estado.processos:
        print("nothing is running: make up", file=sys.stderr)
        return 1
    for nome, valor in airflow(estado, senha_postgres(estado)).items():
        if os.environ.get(nome) != valor:
            print(f"export {nome}='" + valor.replace("'", "'\\''") + "'")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.stack", description=__doc__, epilog=AJUDA, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pasta", type=Path, help="state folder (default: .sandbox, demo: .demo)")
    comandos = parser.add_subparsers(dest="comando", required=True, metavar="command")
    comandos.add_parser("up", help="start everything, wait until it is healthy, leave it running")
    comandos.add_parser("down", help="stop it")
    comandos.add_parser("status", help="health, ports and queue depths")
    comandos.add_parser("demo", help="a hospital at work for two minutes, then the figures")
    comandos.add_parser("env", help='environment of the running stack, for: eval "$(python -m sandbox.stack env)"')
    comandos.add_parser("supervisor")
    args = parser.parse_args()
    estado = Estado(args.pasta or RAIZ / (".demo" if args.comando == "demo" else ".sandbox"))
    acoes = {"up": up, "down": down, "status": situacao.mostrar, "env": env, "supervisor": supervisionar}
    if args.comando != "env":  # Which prints what the shell does not have.
        os.environ.setdefault("FUSION_SETTINGS", str(EXAMPLE))
    if args.comando != "demo":
        return acoes[args.comando](estado)
    if os.environ.get("MAKELEVEL"):
        demo.morrer_com_o_pai()
    tratar_sinais()
    return demo.executar(estado, dizer, endereco, ignorar_sinais)


if __name__ == "__main__":
    sys.exit(main())
