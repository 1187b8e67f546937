"""Fills a sandbox TrakCare with a seeded history of two years, copied in by batches. PacienteSES stays empty: the initial load fills it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from sandbox.origens.base import Progress, connect
from sandbox.origens.pessoas import REFERENCE, Person, PersonGenerator
from sandbox.origens.povoamento import Batch, in_batches, populate
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.colunas import COLUMNS
from sandbox.origens.trackcare.esquema import SEQUENCES
from sandbox.origens.trackcare.tempo import Calendar, calendar_of

PACIENTES_PER_ATENDIMENTO = 0.4
_HISTORY = timedelta(days=730)
_END = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day)


class Generator:
    """Batches of rows for ``atendimentos`` episodes, with keys from 1 on. One patient in 200 is merged into the one before."""

    def __init__(self, c: Calendar, atendimentos: int, semente: int, edge_cases: bool = True) -> None:
        self.c, self.atendimentos = c, atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_PER_ATENDIMENTO))
        self.open_count = min(atendimentos, max(12, atendimentos // 500))
        self.rng = random.Random(f"trackcare-{semente}")
        self.persons = PersonGenerator(semente, edge=0.02 if edge_cases else 0.0)
        self.seq: defaultdict[str, int] = defaultdict(int)
        self.texts = [t.evolucao(self.rng) for _ in range(600)]

    def batches(self) -> Iterator[Batch]:
        yield from in_batches(self.pacientes, self._paciente)
        yield from in_batches(self.atendimentos, self._episodio)

    def _paciente(self, key: int, batch: Batch) -> None:
        moment = (_END - _HISTORY * self.rng.random()).replace(microsecond=0)
        person, patmas = linhas.person(self.c, key, self._person(), moment)
        if key % 200 == 0:
            patmas = (*patmas[:10], "N", patmas[11])
            self.seq["pa_mergepatient"] += 1
            batch["pa_mergepatient"].append((self.seq["pa_mergepatient"], key, key - 1, *self.c.pair(moment), 1))
        batch["pa_person"].append(person)
        batch["pa_patmas"].append(patmas)
        for sub in range(1, 1 + int(self.rng.random() * 1.4) if key % 200 else 1):
            batch["pa_allergy"].append(linhas.alergia(self.c, self.rng, key, sub, moment))

    def _person(self) -> Person:
        """The next one whose texts fit into 8859/1: the history must be deliverable under the default settings."""
        while True:
            person = self.persons.person()
            if all(ord(c) < 256 for value in person if isinstance(value, str) for c in value):
                return person

    def _episodio(self, key: int, batch: Batch) -> None:
        c, rng = self.c, self.rng
        start = (_END - _HISTORY + _HISTORY * ((key - rng.random()) / self.atendimentos)).replace(microsecond=0)
        opened = key > self.atendimentos - self.open_count
        kind = "I" if (x := rng.random()) < (0.7 if opened else 0.25) else "E" if x < 0.5 or opened else "O"
        paciente = 1 + int(rng.random() * self.pacientes)
        paciente -= paciente % 200 == 0
        linger = timedelta(hours=6 + int(rng.random() ** 3 * 700)) if kind == "I" else timedelta(minutes=20 + int(rng.random() * 400))
        alta = None if opened else min(start + linger, _END - timedelta(seconds=1))
        cancelled = not opened and rng.random() < 0.02
        status = "C" if cancelled else "D" if alta else "A"
        alta, end = (None if cancelled else alta), alta or _END
        leitos = [t.LEITOS[int(rng.random() * len(t.LEITOS))] for _ in range(1 + (rng.random() < 0.3))] if kind == "I" else []
        last = leitos[-1] if leitos else None
        batch["pa_adm"].append((
            key, f"{kind}{1_000_000 + key}", paciente, kind, status, *c.pair(start), *c.pair(alta), c.day(alta), str(1 + int(rng.random() * t.PROFISSIONAIS)),
            1 + int(rng.random() * len(t.SECTORS)), last and last[0], last and 1 + int(rng.random() * len(t.ROOMS)), last and last[2],
            1 + key % 2, key, *c.pair(alta or start),
        ))  # fmt: skip
        batch["mr_adm"].append((key, key, rng.choice((None, "Dor abdominal há 2 dias", "Febre & tosse"))))
        milestones = [start + (end - start) * (n / max(1, len(leitos))) for n in range(len(leitos))]
        for n, leito in enumerate(leitos):
            output = (milestones[n + 1] if n + 1 < len(leitos) else alta) or None
            batch["pa_admtransaction"].append((key, n + 1, f"{key}||{n + 1}", leito[0], leito[2], *c.pair(milestones[n].replace(microsecond=0)),
                                              *c.pair(output and output.replace(microsecond=0)), c.day(milestones[n])))  # fmt: skip
        if not cancelled:
            self._clinical(key, kind, start, end, batch)

    def _clinical(self, key: int, kind: str, start: datetime, end: datetime, batch: Batch) -> None:
        c, rng, long = self.c, self.rng, kind == "I"

        def when() -> datetime:
            return (start + (end - start) * rng.random()).replace(microsecond=0)

        for sub in range(1, 1 + int(rng.random() * 2.4)):
            batch["mr_diagnos"].append(linhas.diagnostico(c, rng, key, sub, when()))
        sub = 1
        for _ in range(1 + int(rng.random() * 3) if long else int(rng.random() * 2)):
            turn = linhas.sinais(c, rng, key, sub, when())
            batch["mr_observations"] += turn
            sub += len(turn)
        for sub in range(1, 1 + int(rng.random() * (4 if long else 2))):
            batch["mr_nursingnotes"].append(linhas.note(c, rng, key, sub, when(), self.texts[int(rng.random() * 600)]))
        if rng.random() < 0.15:
            batch["mr_procedures"].append(linhas.procedimento(c, rng, key, 1, when()))
        for _ in range(int(rng.random() * (3 if long else 1.4))):
            self.seq["oe_order"] += 1
            request, moment = self.seq["oe_order"], when()
            batch["oe_order"].append((request, key, *c.pair(moment), "1"))
            batch["oe_orditem"] += [linhas.prescribed(c, rng, request, n, moment) for n in range(1, 2 + int(rng.random() * 3))]
        if long and rng.random() < 0.2:
            self.seq["rb_operatingroom"] += 1
            status, moment = rng.choices("PAICXS", (3, 1, 1, 10, 2, 1))[0], when()
            batch["rb_operatingroom"].append(linhas.cirurgia(c, rng, self.seq["rb_operatingroom"], key, moment, status, moment))


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> int:
    """Fill an empty schema; the same rows for the same arguments. Returns how many rows were written."""
    con = connect(dsn)
    try:
        generator = Generator(calendar_of(con), atendimentos, semente, edge_cases)
    finally:
        con.close()
    return populate(
        dsn,
        generator.batches(),
        COLUMNS,
        prefix="sqluser.",
        atendimentos=("pa_adm", atendimentos),
        progress=progress,
        after=[
            f"select setval('sqluser.seq_{table}', coalesce((select max({key}) from sqluser.{table}), 0)::bigint + 1, false)"
            for table, key in SEQUENCES.items()
        ],
    )
