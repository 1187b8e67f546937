"""Carga inicial of TrackCare: ``PA_Person`` by ascending number into ``PacienteSES``, both in the source's own database.

A page is one statement there, and no patient passes through the hub. The checkpoint is written after the page: a killed load repeats one
page, and its people are already there.

The hub's clock marks a page before it is written; the source's own triggers mark rows at the same time. A slow page, or two clocks that
differ, can leave rows behind the watermark. So at its end the load makes the next search compare everything.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import Checkpoint, PagedLoad


class PatientInitialLoad(PagedLoad):
    """``now``: local time of the source, the marker of the rows. ``on_conclusion``: makes the next search compare everything."""

    def __init__(self, *parts: Any, page: int, now: Callable[[], datetime], on_conclusion: Callable[[], None]) -> None:
        super().__init__(*parts, page=page)
        self.now = now
        self.on_conclusion = on_conclusion

    def run(self, *, on_progress: Callable[[Checkpoint], None], wait: Callable[[], None]) -> Checkpoint:
        """Every person after the checkpoint. ``wait`` runs before each page and blocks while the load is paused."""
        checkpoint = self.checkpoint()
        new = not checkpoint.concluida
        checkpoint.total = self._total()
        with self.queries.engine.connect() as con:
            while True:
                wait()
                start = int(checkpoint.chave or 0)
                persons = self.queries.rows(con, "initial_load_keys.sql", chave=start, limite=self.pagina)
                if persons:
                    new = True
                    until = int(persons[-1]["chave"])
                    con.execute(self.queries.sql("initial_load.sql"), {"depois": start, "ate": until, "agora": self.now()})
                    con.commit()
                    checkpoint.feitos, checkpoint.chave = checkpoint.feitos + len(persons), str(until)
                checkpoint.concluida = len(persons) < self.pagina
                if checkpoint.concluida and new:
                    self.on_conclusion()  # Before the checkpoint, so that a load killed in between does it again.
                with self.fusion.begin() as fusion:
                    self._write(fusion, checkpoint)
                on_progress(checkpoint)
                if checkpoint.concluida:
                    return checkpoint
