"""Fills a sandbox Sotech: rows are made in batches and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.base import Progress
from sandbox.origens.consulfarma import textos as c
from sandbox.origens.mv.textos import evolucao
from sandbox.origens.pessoas import MUNICIPALITIES, REFERENCE, Person, PersonGenerator
from sandbox.origens.povoamento import Batch, in_batches, populate
from sandbox.origens.sotech import textos as t

PACIENTES_PER_ATENDIMENTO = 0.4
_HISTORY = timedelta(days=3 * 365)
_END = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day)
_IBGE = {m[0]: n for n, m in enumerate(MUNICIPALITIES, 1)}
_UF = {uf: n for n, uf in enumerate(t.UFS, 1)}
COLUMNS = {
    "sotech.cdg_paciente": "pkpaciente, paciente, cpf, cns, datanascimento, fksexo, mae, pai, endereco, numero, complemento, fkbairro, fkcidade, fkuf",
    "sotech.cdg_contato": "pkcontato, fkpaciente, celular1, celular2, email",
    "sotech.ate_atendimento": "pkatendimento, fktipoatendimento, fkpaciente, fkunidadesaude, fkleito, fkespecialidade, fkprofissionalatendimento,"
    " fkcidprincipal, fkcidsecundario, dataentrada, datasaida, queixaprincipal, ativo",
    "sotech.ate_movimentacao_leito": "pkmovimentacaoleito, fkatendimento, fkpostoorigem, fkleitoorigem, fkpostodestino, fkleitodestino, tipo,"
    " dataabertura, datafechamento, estado",
    "pep.ate_subjetivo": "pksubjetivo, fkatendimento, fkinterveniente, datahora, queixaprincipal, subjetivo",
    "pep.ate_evolucao": "pkevolucao, fkatendimento, fkinterveniente, datahora, tipo, evolucao",
    "pep.ate_diagnostico": "pkdiagnostico, fkatendimento, fkinterveniente, fkcid, datahora, tipo, observacao",
    "pep.ate_sinalvital": "pksinalvital, fkatendimento, fkinterveniente, datahora, pressaosistolica, pressaodiastolica, frequenciacardiaca,"
    " frequenciarespiratoria, temperatura, saturacao, glicemia, peso, altura, dor",
    "pep.ate_prescricao": "pkprescricao, fkatendimento, fkinterveniente, datahora",
    "pep.ate_prescricao_item": "pkprescricaoitem, fkprescricao, codmedicamento, medicamento, concentracao, dose, unidadedose, via, frequencia,"
    " posologia, quantidade, datainicio, datafim, suspenso",
    "pep.ate_exame": "pkexame, fkatendimento, fkinterveniente, fkprocedimento, datasolicitacao, datarealizacao, dataresultado, laudo",
    "pep.ate_exame_resultado": "pkexameresultado, fkexame, ordem, resultado, valor, unidade, referencia",
}
"""Columns that are written, by table, in an order that keeps foreign keys. The first is the key."""


def paciente_row(p: Person, bairro: int) -> tuple[Any, ...]:
    """Values of a person for the columns of ``cdg_paciente`` after its key."""
    lives = p.logradouro is not None
    return (p.nome, p.cpf, p.cns, p.nascimento, t.SEX_OF[p.sexo], p.nome_mae, p.nome_pai, p.logradouro, p.numero, p.complemento,
            bairro if lives else None, _IBGE.get(p.codigo_ibge or ""), _UF.get(p.uf or ""))  # fmt: skip


def take_measurements(rng: random.Random) -> tuple[Any, ...]:
    """Values of one row of vital signs, after its moment."""
    s = rng.random
    alta = 95 + int(s() * 80)
    return (
        alta, alta - 30 - int(s() * 20), 50 + int(s() * 80), 12 + int(s() * 14), f"{35 + s() * 5:.1f}", 88 + int(s() * 13),
        70 + int(s() * 200) if s() < 0.4 else None, f"{42 + s() * 60:.1f}" if s() < 0.5 else None, 145 + int(s() * 50) if s() < 0.4 else None,
        int(s() * 11) if s() < 0.5 else None,
    )  # fmt: skip


class Generator:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, edge_cases: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_PER_ATENDIMENTO))
        self.rng = random.Random(f"sotech-{semente}")
        self.persons = PersonGenerator(semente, edge=0.02 if edge_cases else 0)
        self.edge = 0.02 if edge_cases else 0.0
        self._keys: defaultdict[str, int] = defaultdict(int)

    def batches(self) -> Iterator[Batch]:
        yield from in_batches(self.pacientes, self._paciente)
        yield from in_batches(self.atendimentos, self._atendimento)

    def _new(self, batch: Batch, table: str, *values: Any) -> int:
        self._keys[table] += 1
        batch[table].append((self._keys[table], *values))
        return self._keys[table]

    def _one(self, items: Any) -> Any:
        return items[int(self.rng.random() * len(items))]

    def _count(self, mean: float) -> int:
        # Geometric: many have none or one, a few have a long list.
        count, p = 0, mean / (1 + mean)
        while count < 40 and self.rng.random() < p:
            count += 1
        return count

    def _paciente(self, key: int, batch: Batch) -> None:
        person = self.persons.person()
        batch["sotech.cdg_paciente"].append((key, *paciente_row(person, 1 + int(self.rng.random() * len(t.DISTRICTS)))))
        if person.celular or person.telefone or person.email:
            self._new(batch, "sotech.cdg_contato", key, person.celular, person.telefone, person.email)

    def _atendimento(self, key: int, batch: Batch) -> None:
        rand = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        start = _END - _HISTORY + timedelta(milliseconds=int((key - rand()) / self.atendimentos * 86_400_000 * _HISTORY.days))
        empty_for = rand() < self.edge
        kind = 1 if (x := rand()) < 0.5 else 3 if x < 0.75 else 2 if x < 0.95 else 4 if x < 0.98 else 5
        opened = key > self.atendimentos * 0.97
        end = None if opened else start + timedelta(minutes=20 + int(rand() * (200 if kind in (1, 4) else 9000)))
        leito = 1 + int(rand() * t.LEITOS) if kind == 2 else None
        prof = None if empty_for or rand() < 0.1 else 1 + int(rand() * t.PROFISSIONAIS)
        complaint = self._one(c.STRANGE) if rand() < self.edge else self._one(c.COMPLAINTS)
        cids = [1 + int(rand() * len(t.CIDS)) if rand() < part else None for part in (0.7, 0.15)]
        batch["sotech.ate_atendimento"].append((
            key, kind, 1 + int(rand() * self.pacientes), 1 + int(rand() * t.UNITS), leito,
            *((None,) * 4 if empty_for else (1 + int(rand() * len(t.SPECIALTIES)), prof, *cids)), start, end, None if empty_for else complaint,
            rand() >= 0.01,
        ))  # fmt: skip
        if leito is not None:
            self._leitos(key, leito, start, end, batch)
        if not empty_for:
            self._clinical(key, prof, start, batch)

    def _leitos(self, key: int, leito: int, start: datetime, end: datetime | None, batch: Batch) -> None:
        table, station = "sotech.ate_movimentacao_leito", t.station_of_leito(leito)
        if self.rng.random() < 0.7:
            self._new(batch, table, key, station, None, station, leito, "I", start, end, "F" if end else "A")
            return
        before, replacement = 1 + int(self.rng.random() * t.LEITOS), start + timedelta(minutes=15)
        origin = t.station_of_leito(before)
        self._new(batch, table, key, origin, None, origin, before, None, start, replacement, "F")
        self._new(batch, table, key, origin, before, station, leito, "T", replacement, end, "F" if end else "A")
        if self.rng.random() < 0.1:
            self._new(batch, table, key, station, leito, origin, before, "T", replacement, None, "C")

    def _clinical(self, key: int, prof: int | None, start: datetime, batch: Batch) -> None:
        rand = self.rng.random
        if rand() < 0.5:
            self._new(batch, "pep.ate_subjetivo", key, prof, start, self._one(c.COMPLAINTS), self._one(t.HISTORIES))
        for _ in range(self._count(0.7)):
            self._new(batch, "pep.ate_evolucao", key, prof, start, self._one(t.EVOLUCAO_KINDS), evolucao(self.rng))
        for _ in range(self._count(0.4)):
            strange = self._one(c.STRANGE) if rand() < self.edge else None
            self._new(batch, "pep.ate_diagnostico", key, prof, 1 + int(rand() * len(t.CIDS)), start, self._one("PSDR"), strange)
        for n in range(self._count(0.9)):
            self._new(batch, "pep.ate_sinalvital", key, prof, start + timedelta(hours=n), *take_measurements(self.rng))
        if items := self._count(1.2):
            receita = self._new(batch, "pep.ate_prescricao", key, prof, start)
            for _ in range(items):
                day = start.date()
                end = day + timedelta(days=7) if rand() < 0.7 else None
                self._new(batch, "pep.ate_prescricao_item", receita, *self._one(c.MEDICAMENTOS), day, end, rand() < 0.05)
        for _ in range(self._count(0.5)):
            n = int(rand() * len(c.EXAMES))
            measures, ready = c.EXAMES[n][2], start + timedelta(minutes=45)
            laudo = None if measures else self._one(c.REPORTS)
            exame = self._new(batch, "pep.ate_exame", key, prof, n + 1, start, ready, ready if measures else None, laudo)
            for order, measure in enumerate(measures, 1):
                self._new(batch, "pep.ate_exame_resultado", exame, order, *result(self.rng, measure))


def result(rng: random.Random, measure: tuple[Any, ...]) -> tuple[Any, ...]:
    """resultado, valor, unidade, referencia of one analyte."""
    name, unit, reference, lowest, highest, decimals = measure
    if decimals < 0:
        return name, "Não reagente" if rng.random() < 0.97 else "Reagente", unit, reference
    return name, f"{lowest + rng.random() * (highest - lowest):.{decimals}f}".replace(".", ","), unit, reference


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> int:
    """Fill an empty schema; the same rows (uuids aside) for the same arguments. Returns how many were written."""
    keys = {table: columns.split(", ")[0] for table, columns in COLUMNS.items()}
    return populate(
        dsn,
        Generator(atendimentos, semente, edge_cases).batches(),
        COLUMNS,
        prefix="",
        atendimentos=("sotech.ate_atendimento", atendimentos),
        progress=progress,
        after=[
            f"select setval(pg_get_serial_sequence('{table}', '{key}'), greatest(max({key}), 1)) from {table}"
            for table, key in keys.items()
        ],
    )
