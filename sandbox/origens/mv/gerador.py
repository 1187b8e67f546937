"""Fills a sandbox MV with a seeded history of two years: rows made in batches and copied in by a second thread. Journals stay empty."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progress
from sandbox.origens.consulfarma.textos import STRANGE
from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUMNS
from sandbox.origens.mv.esquema import INDEXES, LEITOS, PROVIDERS, SEQUENCES, leito
from sandbox.origens.mv.tempo import day, duration, hour
from sandbox.origens.pessoas import REFERENCE, PersonGenerator
from sandbox.origens.povoamento import Batch, in_batches, populate

PACIENTES_PER_ATENDIMENTO = 0.4
_HISTORY = timedelta(days=730)
_END = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day)
_IN_BATCH = datetime(2025, 6, 1, 3)
"""A nightly job closed many documents in this second."""


class Generator:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, edge_cases: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_PER_ATENDIMENTO))
        self.open_count = min(atendimentos, max(12, atendimentos // 500))
        self.leitos = max(LEITOS, 2 * self.open_count + 40)
        self.edge = 0.02 if edge_cases else 0.0
        self.rng = random.Random(f"mv-{semente}")
        self.persons = PersonGenerator(semente, edge=self.edge)
        self.names: list[str] = []
        self.seq: defaultdict[str, int] = defaultdict(int)
        self.free = [n for n in range(1, self.leitos + 1) if edge_cases or n % 50]
        self.rng.shuffle(self.free)
        self.common = [n for n in self.free if n % 12 not in (8, 9) and n % 50]
        self.critical = [n for n in self.free if n % 12 in (8, 9) and n % 50]
        self.inpatients: list[tuple[int, int]] = []
        self.occupied: set[int] = set()
        # Pools: what an attendance holds is drawn from them.
        self.texts = [t.evolucao(self.rng) for _ in range(600)]
        self.sinais = [linhas.sinais(self.rng, edge_cases and n % 20 == 0) for n in range(600)]

    def batches(self) -> Iterator[Batch]:
        yield from in_batches(self.pacientes, self._paciente)
        yield from in_batches(self.atendimentos, self._atendimento)
        batch: Batch = defaultdict(list)
        for n in range(max(10, self.atendimentos // 200)):
            self._schedule(batch, n)
        batch["leito"] = [leito(n, "O" if n in self.occupied else "M" if n % 60 == 7 else "V") for n in range(1, self.leitos + 1)]
        yield batch

    def _one(self, items: Any) -> Any:
        return items[int(self.rng.random() * len(items))]

    def _new(self, table: str) -> int:
        self.seq[table] += 1
        return self.seq[table]

    def _prof(self) -> int:
        return 1 + int(self.rng.random() * PROVIDERS)

    def _hour(self, moment: datetime) -> datetime | None:
        return None if self.rng.random() < self.edge else hour(moment)

    def _paciente(self, key: int, batch: Batch) -> None:
        rand = self.rng.random
        person = self.persons.person()
        self.names.append(person.nome)
        registered = (_END - _HISTORY * rand()).replace(microsecond=0)
        merged = key % 200 == 0  # merged into the one before
        altered = (registered + (_END - registered) * rand()).replace(microsecond=0) if merged or rand() < 0.4 else None
        batch["paciente"].append((
            key, *linhas.paciente(person, self.rng), "N" if merged else "S", altered if merged else None,
            day(registered) if rand() < self.edge else registered, hour(registered), altered,
        ))  # fmt: skip
        for substancia in {int(rand() * len(t.SUBSTANCES)) for _ in range(2)} if rand() < 0.12 else ():
            batch["hist_subs_pac"].append((key, t.SUBSTANCES[substancia][0], "SO"[substancia % 2], self._one(("G", "M", "L", "D", None)),
                                          self._one((None, "Urticária", "Edema de glote")), "S" if rand() < 0.9 else "N"))  # fmt: skip
        if rand() < 0.25:
            self._alergia(key, batch)

    def _alergia(self, paciente: int, batch: Batch) -> None:
        luck, problem = self.rng.random(), self._new("pw_problema")
        active = self.rng.random() < 0.9
        nega = luck < 0.3
        substancia = None if nega or luck > 0.6 else self._one(t.SUBSTANCES)[0]
        food = self._one(t.FOODS)[0] if 0.6 < luck < 0.9 else None
        batch["pw_problema"].append((problem, paciente, "S" if active else "N"))
        batch["pw_alergia_pac"].append((
            problem, "D" if nega else "A" if food else "S" if substancia else "O", None if nega else self._one("GMLD"), substancia, food,
            "Esparadrapo" if luck >= 0.9 else None, "Paciente nega alergias" if nega else None, None if active else "ENFERMAGEM",
        ))  # fmt: skip

    def _atendimento(self, key: int, batch: Batch) -> None:
        rand = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        start = (_END - _HISTORY + _HISTORY * ((key - rand()) / self.atendimentos)).replace(microsecond=0)
        opened = key > self.atendimentos - self.open_count
        kind = "I" if (x := rand()) < (0.7 if opened else 0.25) else "U" if x < 0.5 or opened else "A" if x < 0.95 else "E"
        paciente = 1 + int(rand() * self.pacientes)
        paciente -= 1 if paciente % 200 == 0 else 0
        linger = timedelta(hours=6 + int(rand() ** 3 * 700)) if kind == "I" else timedelta(minutes=20 + int(rand() * 400))
        alta = None if opened else min(start + linger, _END - timedelta(seconds=1))
        medical = alta and start + (alta - start) * 0.9 if kind == "I" else None
        medical = medical and medical.replace(microsecond=0)
        prof, convenio = self._prof(), 1 + int(rand() * 4)
        reason = self._one(t.ALTA_REASONS) if alta and kind in "IU" else None
        cama = self._internacao(key, start, alta, prof, convenio, batch) if kind == "I" else None
        if opened and kind == "I":
            self.inpatients.append((key, paciente))
        batch["atendime"].append((
            key, paciente, day(start), self._hour(start), kind, alta and day(alta), alta and self._hour(alta), medical and day(medical),
            medical and self._hour(medical), alta, reason and reason[0], "S" if reason and reason[2] == "O" else "N" if alta else None, cama, convenio,
            prof if rand() >= self.edge else None, 1 + int(rand() * 6), 1 + int(rand() * 4), self._one(t.CIDS)[0] if rand() < 0.8 else None,
            "S" if kind == "I" and opened else "N", "U" if kind == "U" else self._one("EEU") if kind == "I" else None, f"USUARIO{1 + key % 30}",
        ))  # fmt: skip
        if rand() >= self.edge:
            self._clinical(key, paciente, kind, start, alta or _END, prof, batch)

    def _internacao(self, key: int, start: datetime, alta: datetime | None, prof: int, convenio: int, batch: Batch) -> int:
        """One to three stays, the middle one in intensive care; returns the last bed. Only open stays hold a bed of their own."""
        steps = 1 if (x := self.rng.random()) < 0.7 else 2 if x < 0.85 else 3
        end = alta or _END
        milestones = [start + (end - start) * (n / steps) for n in range(steps)]
        previous = None
        for n, milestone in enumerate(milestones):
            milestone = milestone.replace(microsecond=0)
            last = n == steps - 1
            if last and alta is None:
                cama = self.free.pop()
                self.occupied.add(cama)
            else:
                cama = self._one(self.critical if n == 1 else self.common)
            is_free = None if last and alta is None else alta if last else milestones[n + 1].replace(microsecond=0)
            batch["mov_int"].append((self._new("mov_int"), key, cama, previous, day(milestone), hour(milestone), is_free and day(is_free),
                                    is_free and self._hour(is_free), "O" if n else "I", prof, convenio, "N"))  # fmt: skip
            previous = cama
        return cama

    def _clinical(self, key: int, paciente: int, kind: str, start: datetime, end: datetime, prof: int, batch: Batch) -> None:
        rand, long = self.rng.random, kind == "I"

        def when() -> datetime:
            return (start + (end - start) * rand()).replace(microsecond=0)

        if rand() < 0.4:
            batch["diagnostico_atendime"].append((self._new("diagnostico_atendime"), key, self._one(t.CIDS)[0], self._one(("HIPOTESE", "CONFIRMADO")),
                                                 *self._one(((None, None), (3, "D"), (2, "M"))), None))  # fmt: skip
        for _ in range(int(rand() * (4 if long else 2))):
            self._document(key, paciente, when(), prof, batch)
        for _ in range(1 + int(rand() * 3) if long else int(rand() * 2)):
            moment, collector = when(), self._new("coleta_sinal_vital")
            batch["coleta_sinal_vital"].append((collector, key, moment, day(moment), self._prof(), "ENFERMAGEM"))
            batch["itcoleta_sinal_vital"] += [(collector, *sinal) for sinal in self._one(self.sinais)]
        for _ in range(1 + int(rand() * 2) if long else int(rand() * 1.6)):
            moment, receita = when(), self._new("pre_med")
            physician = rand() < 0.8
            max_age = moment + timedelta(days=1)
            batch["pre_med"].append((
                receita, key, prof, None, day(moment), hour(moment), day(moment), max_age, moment, moment, self._one(self.texts) if physician else None,
                "S" if rand() >= self.edge else "N", "M" if physician else "E", "S",
            ))  # fmt: skip
            for _ in range(1 + int(rand() * 3)):
                batch["itpre_med"].append((self._new("itpre_med"), receita, *linhas.prescribed(self.rng, moment, max_age)))
        if long and rand() < 0.1:
            self._cirurgia(batch, key, paciente, when(), "R")

    def _document(self, key: int, paciente: int, moment: datetime, prof: int, batch: Batch) -> None:
        rand, document, record = self.rng.random, self._new("pw_documento_clinico"), self._new("pw_editor_registro")
        kind, name, json_object = self._one(t.DOCUMENTS)
        status = "ABERTO" if (x := rand()) < 0.04 else "CANCELADO" if x < 0.05 else "ASSINADO" if x < 0.5 else "FECHADO"
        closed_at = None if status == "ABERTO" else _IN_BATCH if moment < _IN_BATCH and rand() < self.edge else moment
        text = self._one(STRANGE) if rand() < self.edge else self._one(self.texts)
        batch["pw_documento_clinico"].append((document, kind, paciente, key, f"USUARIO{prof}", prof, status, moment, moment, closed_at, json_object, name,
                                             "S" if rand() < 0.01 else "N"))  # fmt: skip
        batch["pw_editor_registro"].append((record, document, text))
        batch["pw_editor_clinico"].append((document, document, record))

    def _schedule(self, batch: Batch, n: int) -> None:
        """A booking that is still to come, of somebody in a bed or of somebody who is not admitted yet."""
        when = _END + timedelta(days=1 + n % 30, hours=7 + n % 10)
        key, paciente = (
            self._one(self.inpatients) if self.inpatients and n % 3 == 0 else (None, 1 + int(self.rng.random() * self.pacientes))
        )
        paciente -= 1 if paciente > 1 and paciente % 200 == 0 else 0
        self._cirurgia(batch, key, paciente, when, "AGGPC"[n % 5])

    def _cirurgia(self, batch: Batch, key: int | None, paciente: int, when: datetime, status: str) -> None:
        warning, item = self._new("aviso_cirurgia"), self._new("cirurgia_aviso")
        sala, minutes = self._one(t.OPERATING_ROOMS), 40 + 20 * int(self.rng.random() * 12)
        name, made = self.names[paciente - 1], status == "R"
        # A booking by telephone: the name only, nobody has looked the patient up yet.
        unregistered = status == "P" and self.edge > 0
        batch["aviso_cirurgia"].append((
            warning, key, None if unregistered else paciente, name, status, when - timedelta(days=3), when, when if made else None,
            when if made else None, when - timedelta(days=1) if status == "C" else None, sala[2], sala[0], self._one("SN"), None,
        ))  # fmt: skip
        for n in range(1 + int(self.rng.random() < 0.2)):
            cirurgia = self._one(t.CIRURGIAS_MV)[0]
            item = item if n == 0 else self._new("cirurgia_aviso")
            batch["cirurgia_aviso"].append((item, warning, cirurgia, "N" if n else "S", 1, self._one((None, "DIREITA", "ESQUERDA"))))
            for activity in ("01", "02"):
                batch["prestador_aviso"].append((item, activity, self._prof(), warning, cirurgia, "S" if activity == "01" else "N"))
        batch["age_cir"].append(
            (self._new("age_cir"), when, when + timedelta(minutes=minutes), sala[0], warning, "N", duration(minutes), duration(30), "N")
        )


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> int:
    """Fill a hospital that is still empty; the same rows for the same arguments. Returns how many rows were written."""
    return populate(
        dsn,
        Generator(atendimentos, semente, edge_cases).batches(),
        COLUMNS,
        prefix="dbamv.",
        atendimentos=("atendime", atendimentos),
        progress=progress,
        indexes=INDEXES,
        before=["delete from dbamv.leito"],
        after=[
            f"select setval('dbamv.seq_{table}', max({key})) from dbamv.{table} having count(*) > 0" for table, key in SEQUENCES.items()
        ],
    )
