"""The end of a task on request."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Killable:
    """Ends the task when Airflow stops, or when somebody clears or marks it."""

    def on_kill(self) -> None:
        """A delivery releases its rows at once, the next try reclaims the rest; the task may be tried again."""
        log.warning("Encerrada a pedido do Airflow; nada se perdeu")
        raise SystemExit(1)
