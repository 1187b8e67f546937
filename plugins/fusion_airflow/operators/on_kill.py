"""What a task does when it is asked to end."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Killable:
    """Ends when Airflow asks for it: when Airflow itself stops, or when somebody clears or marks a running task."""

    def on_kill(self) -> None:
        """As after any failure, what a delivery has reserved goes back at once, the rest by the next try; the task may be tried again."""
        log.warning("Encerrada a pedido do Airflow; nada se perdeu")
        raise SystemExit(1)
