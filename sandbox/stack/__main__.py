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
from sandbox.stack.ambiente import EXAMPLE, UI_USER, airflow, postgres_password
from sandbox.stack.estado import ROOT, StackState
from sandbox.stack.filhos import end_process, live
from sandbox.stack.options import HELP, faults, forget_empty
from sandbox.stack.pilha import Stack, Stop, clean, on_signal


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def address(state: StackState) -> str:
    return f"Airflow UI: {state.url_ui}   user: {UI_USER}   password: {state.secrets['senha_ui']}"


def handle_signals() -> None:
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, on_signal)


def ignore_signals() -> None:
    """While stopping: a second ctrl-C must not leave half of it running (stopping takes seconds, and ends in SIGKILL)."""
    for sinal in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sinal, signal.SIG_IGN)


def supervise(state: StackState) -> int:
    """Body of the detached supervisor that ``up`` starts."""
    if not state.lock():
        return 3
    handle_signals()
    code = 0
    stack = Stack(state, say)
    try:
        stack.start_up(os.environ.get("FUSION_TAXA", "0.2"))
        stack.watch(lambda: False)
    except Stop:
        say("stopping")
    except Exception as error:
        say(f"failed: {error}")
        code = 1
    ignore_signals()
    stack.stop()
    say("stopped")
    return code


def up(state: StackState) -> int:
    state.create()
    log = state.logs / "pilha.log"
    if state.in_use():
        say("already running")
        processo = None
        position = log.stat().st_size if log.exists() else 0
    else:
        position = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            processo = subprocess.Popen(
                [sys.executable, "-m", "sandbox.stack", "--pasta", str(state.folder), "supervisor"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, start_new_session=True,
            )  # fmt: skip
    handle_signals()
    try:
        while True:
            position = _show(log, position)
            if processo is not None and (code := processo.poll()) is not None and code != 3:
                return code or 1
            phase = state.processos.get("fase")
            if phase == "healthy" and live(state.processos.get("supervisor")):
                _show(log, position)
                break
            if processo is None and not state.in_use():
                say("it stopped meanwhile")
                return 1
            time.sleep(0.2)
    except Stop:
        ignore_signals()
        say("interrupted: stopping what was started")
        if processo is not None:
            processo.send_signal(signal.SIGTERM)
            processo.wait()
        return 130
    print(address(state))
    print("make status shows health and queues; make down stops it")
    return 0


def _show(log: Path, position: int) -> int:
    """Print what the supervisor wrote since ``position``."""
    if not log.exists():
        return position
    with log.open("rb") as file:
        file.seek(position)
        new = file.read()
    sys.stdout.write(new.decode(errors="replace"))
    sys.stdout.flush()
    return position + len(new)


def down(state: StackState) -> int:
    data = state.processos
    if not state.in_use():
        print("stopped what an earlier run left behind" if clean(state) else "nothing was running")
        return 0
    supervisor = data.get("supervisor")
    say("stopping")
    if supervisor and live(supervisor):
        os.kill(int(supervisor["pid"]), signal.SIGTERM)
    limit = time.monotonic() + 60
    while state.in_use():
        if time.monotonic() > limit:
            end_process({"supervisor": supervisor} if supervisor else {}, state.secrets["marca"], wait=1)
            break
        time.sleep(0.2)
    clean(state)
    say("stopped")
    return 0


def env(state: StackState) -> int:
    """Shell lines that let ``airflow`` commands and psql-like tools reach the running stack."""
    if not state.processos:
        print("nothing is running: make up", file=sys.stderr)
        return 1
    for name, value in airflow(state, postgres_password(state)).items():
        if os.environ.get(name) != value:
            print(f"export {name}='" + value.replace("'", "'\\''") + "'")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.stack", description=__doc__, epilog=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pasta", type=Path, help="state folder (default: .sandbox, demo: .demo)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("up", help="start everything, wait until it is healthy, leave it running")
    commands.add_parser("down", help="stop it")
    commands.add_parser("status", help="health, ports, and what waits in the queues since when")
    commands.add_parser("demo", help="a hospital at work for two minutes, then the figures")
    commands.add_parser("env", help='environment of the running stack, for: eval "$(python -m sandbox.stack env)"')
    commands.add_parser("supervisor")
    args = parser.parse_args()
    state = StackState(args.pasta or ROOT / (".demo" if args.command == "demo" else ".sandbox"))
    actions = {"up": up, "down": down, "status": situacao.show, "env": env, "supervisor": supervise}
    forget_empty(os.environ)
    if args.command != "env":  # Which prints what the shell does not have.
        os.environ.setdefault("FUSION_SETTINGS", str(EXAMPLE))
    if args.command in ("up", "demo") and (found := faults(os.environ)):
        print("\n".join(found), file=sys.stderr)
        return 2
    if args.command != "demo":
        return actions[args.command](state)
    if os.environ.get("MAKELEVEL"):
        demo.die_with_parent()
    handle_signals()
    return demo.run(state, say, address, ignore_signals)


if __name__ == "__main__":
    sys.exit(main())
