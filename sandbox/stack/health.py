"""Who of a stack answers, and what Airflow says of itself."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

from sandbox.stack.estado import StackState

_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def ask(url: str, wait: float = 3.0) -> dict[str, object] | None:
    """JSON of a health page, ``None`` while nobody answers."""
    try:
        with _OPEN(url, timeout=wait) as response:
            return dict(json.load(response))
    except (OSError, ValueError):
        return None


def breathes(url: str) -> bool:
    """Whether an HTTP server answers at all, whatever it says."""
    try:
        _OPEN(url, timeout=3).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def airflow_health(state: StackState) -> dict[str, str]:
    """Component → ``healthy``, ``unhealthy`` or ``no answer``, as Airflow itself tells."""
    page = ask(f"{state.url_ui}/api/v2/monitor/health") or {}
    names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return {n: str((page.get(n) or {}).get("status") or "no answer") for n in names}  # type: ignore[attr-defined]
