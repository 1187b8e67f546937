"""Initial load of TrackCare's people: ``PA_Person`` by ascending number into ``PacienteSES``, both in the source's own database.

From the last number done, so many people per cycle. A page is one statement there, and no patient passes through the
hub. The checkpoint follows the page: a killed load repeats one page, whose people are there already.

Rows are marked with the hub's clock before their page is written, while the source's own triggers go on marking theirs: a slow page, or
clocks that disagree, leave rows behind the watermark of what is synchronised. So at its end the load has everything compared once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from include.fusion.change.initial_load import Checkpoint, PagedLoad


class PatientInitialLoad(PagedLoad):
    """``now`` gives the source's local time, which marks the rows as changed; ``on_conclusion`` makes the next look compare everything."""

    def __init__(self, *parts: Any, page: int, now: Callable[[], datetime], on_conclusion: Callable[[], None]) -> None:
        super().__init__(*parts, page=page)
        self.now = now
        self.on_conclusion = on_conclusion

    def run(self, *, on_progress: Callable[[Checkpoint], None], wait: Callable[[], None]) -> Checkpoint:
        """Every person from the checkpoint on. ``wait`` is called between cycles and blocks while the load is paused."""
        checkpoint = self.checkpoint()
        new = not checkpoint.concluida
        checkpoint.total = self._total()
        with self.queries.engine.connect() as con:
            while True:
                wait()
                start = int(checkpoint.chave or 0)
                persons = self.queries.rows(con, "initial_load_keys.sql", key=start, limite=self.pagina)
                if persons:
                    new = True
                    until = int(persons[-1]["chave"])
                    con.execute(self.queries.sql("initial_load.sql"), {"depois": start, "ate": until, "agora": self.now()})
                    con.commit()
                    checkpoint.feitos, checkpoint.chave = checkpoint.feitos + len(persons), str(until)
                checkpoint.concluida = len(persons) < self.pagina
                if checkpoint.concluida and new:
                    self.on_conclusion()  # Before the checkpoint: a load that is killed in between does it again.
                with self.fusion.begin() as fusion:
                    self._write(fusion, checkpoint)
                on_progress(checkpoint)
                if checkpoint.concluida:
                    return checkpoint
