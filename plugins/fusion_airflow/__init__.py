"""Airflow's side: hooks, operators, triggers, DAG parts. They are in the image; the engine (``include``) and DAG files come by Git."""

import importlib
import importlib.util

FACE = 3
"""Version of ``include.fusion.wiring`` that these plugins need."""


def _engine() -> int | None:
    """Version of the engine beside us; ``None`` without one (the scheduler sees none)."""
    try:
        if importlib.util.find_spec("include.fusion.settings") is None:
            return None
        known = importlib.util.find_spec("include.fusion.wiring") is not None
    except ModuleNotFoundError:
        return None
    return getattr(importlib.import_module("include.fusion.wiring"), "FACE", 1) if known else 1


# Checked here: an older DAG file does not check, and imports names that may be gone.
if (spoken := _engine()) not in (None, FACE):
    raise ImportError(f"rebuild the image: its plugins speak {FACE}, this engine speaks {spoken}")
