"""What a person may set for a stack, by environment variable: what each means, and what is wrong with one before anything is started."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import load
from sandbox.stack.estado import PORTS, chosen_port

_Check = Callable[[str], str]
"""What was expected instead of this text; empty where it is right."""


def _number(low: int, high: int, *, whole: bool = False) -> _Check:
    kind = "a whole number" if whole else "a number"
    expected = f"{kind} from {low} to {high}"

    def check(text: str) -> str:
        try:
            value = int(text) if whole else float(text)
        except ValueError:
            return expected
        # Written so that nan, which compares with nothing, is wrong.
        return "" if low <= value <= high else expected

    return check


def _port(text: str) -> str:
    return "" if chosen_port(text) is not None else "a port from 1 to 65535"


def _folder(text: str) -> str:
    return "" if Path(text).is_dir() else "a folder that exists"


CHECKS: Mapping[str, _Check] = {
    **dict.fromkeys(PORTS.values(), _port),
    "FUSION_TAXA": _number(0, 1000),
    "FUSION_DEMO_SEGUNDOS": _number(1, 86_400),
    "FUSION_ATENDIMENTOS": _number(1, 10_000_000, whole=True),
    "FUSION_INVALIDOS": _number(0, 1),
    "FUSION_DAGS": _folder,
}
HELP = """environment variables:
  FUSION_UI_PORT, FUSION_API_PORT, FUSION_PG_PORT, FUSION_FHIR_PORT
                            ports of the UI, the sandbox's Fusion, PostgreSQL and the FHIR server (default: free ones)
  FUSION_TAXA               changes per second that the simulator writes into each source (up: 0.2, demo: 1; 0 turns it off)
  FUSION_DEMO_SEGUNDOS      how long the demo's simulator writes (default 120)
  FUSION_ATENDIMENTOS       attendances that each source starts with (default 300)
  FUSION_INVALIDOS          share of changes that are bad on purpose (default 0.02)
  FUSION_DAGS               DAG folder (default: dags/ of this checkout)
  FUSION_SETTINGS           installations (default: examples/integracoes.yaml)
"""


def forget_empty(environment: MutableMapping[str, str]) -> None:
    """A variable that is set to nothing counts as not set."""
    for name in (*CHECKS, "FUSION_SETTINGS"):
        if not environment.get(name, "").strip():
            environment.pop(name, None)


def faults(environment: Mapping[str, str]) -> list[str]:
    """One sentence for each variable that cannot be meant as it is."""
    said = {name: environment.get(name, "").strip() for name in CHECKS}
    found = [f"{name}={text}: expected {expected}" for name, text in said.items() if text and (expected := CHECKS[name](text))]
    ports = Counter(port for name in PORTS.values() if (port := chosen_port(said[name])) is not None)
    found += [f"port {port} is asked for {times} times: each server needs one of its own" for port, times in ports.items() if times > 1]
    try:
        load()
    except InvalidConfiguration as error:
        found += [f"FUSION_SETTINGS: {line}" for line in str(error).splitlines()]
    return found
