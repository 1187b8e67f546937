"""What Airflow loads at start: hooks, operators, triggers, DAG parts. Part of the image; the engine that tasks and DAG files see comes by Git."""

import importlib
import importlib.util

FACE = 2
"""Version of ``include.fusion.wiring`` that these plugins speak."""


def _engine() -> int | None:
    """What the engine beside us speaks; ``None`` where a process sees none (the scheduler)."""
    try:
        if importlib.util.find_spec("include.fusion.settings") is None:
            return None
        known = importlib.util.find_spec("include.fusion.wiring") is not None
    except ModuleNotFoundError:
        return None
    return getattr(importlib.import_module("include.fusion.wiring"), "FACE", 1) if known else 1


# Here, since an older DAG file asks nobody and imports names that may be gone.
if (spoken := _engine()) not in (None, FACE):
    raise ImportError(f"rebuild the image: its plugins speak {FACE}, this engine speaks {spoken}")
