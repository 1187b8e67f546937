"""Fills a sandbox Tasy with a seeded history of two years: rows made in batches and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progress
from sandbox.origens.consulfarma.textos import STRANGE
from sandbox.origens.pessoas import REFERENCE, PersonGenerator
from sandbox.origens.povoamento import Batch, in_batches, populate
from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.colunas import COLUMNS
from sandbox.origens.tasy.esquema import FIRST_PACIENTE, INDEXES, PROFISSIONAIS, SEQUENCES

PACIENTES_PER_ATENDIMENTO = 0.4
_HISTORY = timedelta(days=730)
_END = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day)
_IN_BATCH = datetime(2025, 6, 1, 3)
"""A nightly job of the vendor touched many rows in this second."""


class Generator:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys."""

    def __init__(self, atendimentos: int, semente: int, edge_cases: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_PER_ATENDIMENTO))
        self.open_count = min(atendimentos, max(12, atendimentos // 500))
        self.edge = 0.02 if edge_cases else 0.0
        self.rng = random.Random(f"tasy-{semente}")
        self.persons = PersonGenerator(semente + 1, edge=self.edge)
        self.seq: defaultdict[str, int] = defaultdict(int)
        # Pools: what an attendance holds is drawn from them.
        self.texts = [t.evolucao(self.rng) for _ in range(600)]
        self.sinais = [linhas.sinais(self.rng) for _ in range(600)]

    def batches(self) -> Iterator[Batch]:
        yield from in_batches(self.pacientes, lambda n, batch: self._paciente(str(n), batch), FIRST_PACIENTE)
        yield from in_batches(self.atendimentos, self._atendimento)

    def _separator(self, batch: Batch, table: str, when: datetime, values: Mapping[str, Any]) -> None:
        """One row: its values in the order of the columns, touched when it was written or later."""
        touched = when
        if when < _IN_BATCH and self.rng.random() < self.edge:
            touched = _IN_BATCH
        audit_columns = {"dt_atualizacao": touched, "nm_usuario": "USUARIO", "dt_atualizacao_nrec": when, "nm_usuario_nrec": "USUARIO"}
        read = {**values, **audit_columns}.get
        batch[table].append(tuple(map(read, COLUMNS[table])))

    def _one(self, items: Any) -> Any:
        return items[int(self.rng.random() * len(items))]

    def _new(self, table: str) -> int:
        self.seq[table] += 1
        return self.seq[table]

    def _prof(self) -> str:
        return str(1 + int(self.rng.random() * PROFISSIONAIS))

    def _paciente(self, key: str, batch: Batch) -> None:
        person = self.persons.person()
        registered = (_END - _HISTORY * self.rng.random()).replace(microsecond=0)
        self._separator(batch, "pessoa_fisica", registered, {"cd_pessoa_fisica": key, **linhas.person(person)})
        for n, values in enumerate(linhas.complements(person), 1):
            self._separator(batch, "compl_pessoa_fisica", registered, {"cd_pessoa_fisica": key, "nr_sequencia": n, **values})
        if self.rng.random() < 0.35:
            for _ in range(1 + int(self.rng.random() * 2)):
                self._alergia(key, registered, batch)

    def _alergia(self, paciente: str, when: datetime, batch: Batch) -> None:
        rand = self.rng.random
        values = linhas.alergia(self.rng, rand() < 0.35)
        loose = None if rand() < 0.05 else when
        inactive = when if loose and rand() < 0.1 else None
        self._separator(batch, "paciente_alergia", when, {
            "nr_sequencia": self._new("paciente_alergia"), "cd_pessoa_fisica": paciente, **values, "dt_liberacao": loose, "dt_inativacao": inactive,
        })  # fmt: skip

    def _atendimento(self, key: int, batch: Batch) -> None:
        rand = self.rng.random
        opened = key > self.atendimentos - self.open_count
        paciente = str(FIRST_PACIENTE + int(rand() * self.pacientes))
        kind = 1 if opened else self._one((1, 3, 3, 8, 8, 8, 7))
        start = _END - timedelta(days=rand() * 10) if opened else _END - timedelta(days=12) - _HISTORY * 0.98 * rand()
        start = start.replace(microsecond=0)
        alta = None if opened else (start + timedelta(hours=1 + rand() * (240 if kind == 1 else 8))).replace(microsecond=0)
        medical = alta and (alta - timedelta(minutes=40))
        cancelled = alta if not opened and rand() < 0.02 else None
        reason = self._one(t.ALTA_REASONS)[0] if alta and kind in (1, 3) else None
        prof = self._prof()
        self._separator(batch, "atendimento_paciente", alta or start, {
            "nr_atendimento": key, "cd_pessoa_fisica": paciente, "cd_estabelecimento": 1, "ie_tipo_atendimento": kind, "dt_entrada": start,
            "dt_alta": alta, "dt_alta_medico": medical if kind == 1 else None, "dt_cancelamento": cancelled, "ie_status_atendimento": "A" if opened else "F",
            "cd_medico_resp": prof if rand() >= self.edge else None, "cd_motivo_alta": reason,
            "ie_carater_inter_sus": self._one(("01", "02")) if kind == 1 else "02" if kind == 3 else None, "ie_clinica": 1 + int(rand() * 6),
        })  # fmt: skip
        self._separator(batch, "atend_categoria_convenio", start, {
            "nr_atendimento": key, "cd_convenio": 1 + int(rand() * 4), "cd_categoria": "1", "dt_inicio_vigencia": start,
        })  # fmt: skip
        self._stays(key, kind, start, alta, batch)
        if rand() >= self.edge:
            self._clinical(key, paciente, kind, start, alta or _END, prof, batch)

    def _stays(self, key: int, kind: int, start: datetime, alta: datetime | None, batch: Batch) -> None:
        """One to three stays of an admission, the second in intensive care; elsewhere one. Some rooms are only passed through."""
        steps = 1 if kind != 1 or (x := self.rng.random()) < 0.7 else 2 if x < 0.85 else 3
        end = alta or _END
        milestones = [(start + (end - start) * (n / steps)).replace(microsecond=0) for n in range(steps)]
        for n, milestone in enumerate(milestones):
            setor = {3: t.EMERGENCY, 1: self._one(t.UTIS if n == 1 else t.INPATIENT)}.get(kind, t.OUTPATIENTS)
            output = milestones[n + 1] if n + 1 < steps else alta
            self._stay(batch, key, setor, milestone, output, "N" if self.rng.random() > self.edge else None)
        if self.rng.random() < self.edge:
            self._stay(batch, key, t.EMERGENCY, start, start, "S")

    def _stay(self, batch: Batch, key: int, setor: int, start: datetime, end: datetime | None, passage: str | None) -> None:
        number = self._new("atend_paciente_unidade")
        self._separator(batch, "atend_paciente_unidade", end or start, {
            "nr_seq_interno": number, "nr_atendimento": key, "nr_sequencia": number, "cd_setor_atendimento": setor,
            "cd_unidade_basica": str(100 * setor + number % 20), "cd_unidade_compl": "AB"[number % 2], "dt_entrada_unidade": start,
            "dt_saida_unidade": end, "ie_passagem_setor": passage,
        })  # fmt: skip

    def _clinical(self, key: int, paciente: str, kind: int, start: datetime, end: datetime, prof: str, batch: Batch) -> None:
        rand, long = self.rng.random, kind == 1

        def quando() -> datetime:
            return (start + (end - start) * rand()).replace(microsecond=0)

        def state(moment: datetime) -> dict[str, Any]:
            """Released (or a draft, now and then), in force (or inactivated)."""
            draft, inactive = rand() < 0.04, rand() < 0.03
            return {
                "dt_liberacao": None if draft else moment,
                "ie_situacao": "I" if inactive else "A" if rand() > self.edge else None,
            }

        of_atendimento = {"nr_atendimento": key}
        used_ones: set[tuple[datetime, str]] = set()
        for n in range(1 + int(rand() * 2) if rand() < 0.8 else 0):
            when, cid = quando(), self._one(t.CIDS)[0]
            if (when, cid) not in used_ones:
                used_ones.add((when, cid))
                self._separator(batch, "diagnostico_doenca", when, {
                    **of_atendimento, "dt_diagnostico": when, "cd_doenca": cid, "ie_classificacao_doenca": "S" if n else "P", **state(when),
                })  # fmt: skip
        for _ in range(int(rand() * (4 if long else 2))):
            when = quando()
            text = self._one(STRANGE) if rand() < self.edge else self._one(self.texts)
            self._separator(batch, "evolucao_paciente", when, {
                **of_atendimento, "cd_evolucao": self._new("evolucao_paciente"), "cd_pessoa_fisica": paciente, "cd_medico": prof, "dt_evolucao": when,
                "ie_tipo_evolucao": "1", "ie_evolucao_clinica": self._one(t.EVOLUCOES), "ds_evolucao": text, **state(when),
            })  # fmt: skip
        for _ in range(1 + int(rand() * 3) if long else int(rand() * 2)):
            when = quando()
            status = state(when)
            self._separator(batch, "atendimento_sinal_vital", when, {
                **of_atendimento, "nr_sequencia": self._new("atendimento_sinal_vital"), "cd_paciente": paciente if rand() > self.edge else None,
                "cd_pessoa_fisica": self._prof(), "dt_sinal_vital": when, **self._one(self.sinais), **status,
                "dt_inativacao": when if status["ie_situacao"] == "I" else None,
            })  # fmt: skip
        for _ in range(1 + int(rand() * 2) if long else int(rand() * 1.6)):
            self._prescricao(batch, key, paciente, prof, quando())

    def _prescricao(self, batch: Batch, key: int, paciente: str, prof: str, moment: datetime) -> None:
        rand, receita = self.rng.random, self._new("prescr_medica")
        loose = None if rand() < 0.04 else moment
        self._separator(batch, "prescr_medica", moment, {
            "nr_prescricao": receita, "nr_atendimento": key, "cd_pessoa_fisica": paciente, "cd_medico": prof, "dt_prescricao": moment,
            "dt_validade_prescr": moment + timedelta(days=1), "dt_liberacao": loose, "dt_liberacao_medico": moment,
            "dt_suspensao": moment if loose and rand() < 0.02 else None,
        })  # fmt: skip
        for n in range(1, 2 + int(rand() * 3)):
            suspenso = {"ie_suspenso": "S", "dt_suspensao": moment} if rand() < 0.1 else {}
            self._separator(
                batch,
                "prescr_material",
                moment,
                {"nr_prescricao": receita, "nr_sequencia": n, **linhas.material(self.rng, moment), **suspenso},
            )
        for n in range(1, 1 + int(rand() * 2.4)):
            self._separator(
                batch, "prescr_procedimento", moment, {"nr_prescricao": receita, "nr_sequencia": n, **linhas.procedimento(self.rng)}
            )


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> int:
    """Fill a hospital that is still empty; the same rows for the same arguments. Returns how many rows were written."""
    return populate(
        dsn,
        Generator(atendimentos, semente, edge_cases).batches(),
        COLUMNS,
        prefix="tasy.",
        atendimentos=("atendimento_paciente", atendimentos),
        progress=progress,
        indexes=INDEXES,
        after=[
            f"select setval('tasy.seq_{table}', max({key}::bigint)) from tasy.{table} having count(*) > 0"
            for table, key in SEQUENCES.items()
        ],
    )
