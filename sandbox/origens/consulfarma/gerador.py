"""Fills a sandbox Consulfarma: rows are made in batches from pools of clinical content and copied in by a second thread."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.origens.base import Progress
from sandbox.origens.consulfarma import textos as t
from sandbox.origens.consulfarma.esquema import indexes
from sandbox.origens.pessoas import REFERENCE, Person, PersonGenerator, cns_de, cpf_de
from sandbox.origens.povoamento import Batch, in_batches, populate

PACIENTES_PER_ATENDIMENTO = 0.4
UNITS, PROFISSIONAIS = 8, 120
_HISTORY = timedelta(days=3 * 365)
_END = datetime(REFERENCE.year, REFERENCE.month, REFERENCE.day)
COLUMNS = {
    "Unidade": "UnidadeId, Cnes, Nome",
    "Profissional": "ProfissionalId, Nome, Cpf, Cns, Cbo, Conselho, NumeroConselho, UfConselho",
    "Paciente": "PacienteId, Nome, NomeSocial, NomeMae, NomePai, DataNascimento, Sexo, RacaCor, Cpf, Cns, Logradouro, Numero, Complemento, Bairro,"
    " Cep, Municipio, CodigoIbge, Uf, Celular, Telefone, Email, AtualizadoEm",
    "Alergia": "PacienteId, Substancia, Categoria, Gravidade, Nega, Reacao, DataInicio, Ativa, AtualizadoEm",
    "Vacina": "PacienteId, ProfissionalId, ImunobiologicoCodigo, Nome, Dose, Estrategia, ViaAplicacao, LocalAplicacao, Lote, Fabricante,"
    " ValidadeLote, AplicadaEm, Aprazamento, RegistroAnterior, AtualizadoEm",
    "Atendimento": "AtendimentoId, PacienteId, UnidadeId, ProfissionalId, Tipo, Situacao, Carater, DataInicio, DataFim, DataAltaMedica, MotivoAlta,"
    " QueixaPrincipal, Setor, Leito, Especialidade, Convenio, Excluido, CriadoEm, AtualizadoEm",
    "Cirurgia": "AtendimentoId, ProfissionalId, ProcedimentoCodigo, Descricao, Situacao, InicioEm, FimEm, Principal, Lateralidade, Sala, AtualizadoEm",
    "Diagnostico": "AtendimentoId, ProfissionalId, Cid10, Descricao, Tipo, RegistradoEm, Observacao, AtualizadoEm",
    "ExameAmbulatorial": "ExameId, AtendimentoId, ProfissionalId, ProcedimentoCodigo, Nome, SolicitadoEm, RealizadoEm, ResultadoEm, Laudo, AtualizadoEm",
    "ExameResultado": "ExameId, AtendimentoId, Ordem, Nome, Valor, ValorNumerico, UnidadeMedida, Referencia, AtualizadoEm",
    "PrescricaoMedicamento": "AtendimentoId, ProfissionalId, MedicamentoCodigo, Nome, Concentracao, Dose, UnidadeDose, ViaAdministracao, Frequencia,"
    " Posologia, Quantidade, UsoContinuo, DataInicio, DataFim, PrescritoEm, Suspenso, AtualizadoEm",
}
"""Columns that are written, by table, in an order that keeps foreign keys."""


def paciente_row(p: Person) -> tuple[Any, ...]:
    """Values of a person for the columns of ``Paciente`` between key and marker."""
    return (p.nome, p.nome_social, p.nome_mae, p.nome_pai, p.nascimento, p.sexo, t.RACES[p.raca], p.cpf, p.cns, p.logradouro, p.numero,
            p.complemento, p.bairro, p.cep, p.municipio, p.codigo_ibge, p.uf, p.celular, p.telefone, p.email)  # fmt: skip


def registrations() -> Batch:
    """Units and professionals: the same for every seed."""
    batch: Batch = defaultdict(list)
    persons = PersonGenerator(77, edge=0)
    batch["Unidade"] = [(n, f"{2_400_000 + n * 7:07d}", f"Unidade de Saúde {n}") for n in range(1, UNITS + 1)]
    for n in range(1, PROFISSIONAIS + 1):
        cbo, advice = t.JOB_TITLES[n % len(t.JOB_TITLES)]
        complete = n % 10 != 0
        batch["Profissional"].append((n, persons.nome("F" if n % 2 else "M"), cpf_de(500_000_000 + n * 997) if complete else None,
                                     cns_de(400_000_000 + n * 991) if complete else None, cbo, advice, str(10_000 + n), "BA"))  # fmt: skip
    return batch


class Generator:
    """Batches of rows for ``atendimentos`` attendances, with explicit keys from 1 on."""

    def __init__(self, atendimentos: int, semente: int, edge_cases: bool = True) -> None:
        self.atendimentos = atendimentos
        self.pacientes = max(1, int(atendimentos * PACIENTES_PER_ATENDIMENTO))
        self.rng = random.Random(f"consulfarma-{semente}")
        self.persons = PersonGenerator(semente, edge=0.02 if edge_cases else 0)
        self.edge = 0.02 if edge_cases else 0.0

    def batches(self) -> Iterator[Batch]:
        yield registrations()
        yield from in_batches(self.pacientes, self._paciente)
        yield from in_batches(self.atendimentos, self._atendimento)

    def _one(self, items: Any) -> Any:
        return items[int(self.rng.random() * len(items))]

    def _count(self, mean: float) -> int:
        # Geometric: many have none or one, a few have a long list.
        count, p = 0, mean / (1 + mean)
        while count < 40 and self.rng.random() < p:
            count += 1
        return count

    def _moment(self) -> datetime:
        return _END - timedelta(milliseconds=int(self.rng.random() * 86_400_000 * _HISTORY.days))

    def _prof(self) -> int | None:
        return 1 + int(self.rng.random() * PROFISSIONAIS) if self.rng.random() < 0.9 else None

    def _paciente(self, key: int, batch: Batch) -> None:
        rand, marker = self.rng.random, self._moment()
        batch["Paciente"].append((key, *paciente_row(self.persons.person()), marker))
        for _ in range(self._count(0.35)):
            substancia, category = self._one(t.ALERGIAS)
            batch["Alergia"].append((key, substancia, category, self._one(("G", "M", "L", "D", None)), int(rand() < 0.03), self._one(t.REACTIONS),
                                    self._day(marker) if rand() < 0.3 else None, int(rand() < 0.9), marker))  # fmt: skip
        for _ in range(self._count(0.8)):
            code, name = self._one(t.VACINAS)
            full = rand() < 0.85
            applied = self._moment()
            batch["Vacina"].append((key, self._prof(), code, name if full else None, self._one(("1", "2", "3", "R", None)), self._one(("1", "2", "5", None)),
                                   self._one(("IM", "SC", "ID", None)), self._one(("DD", "DE", None)), f"L{int(rand() * 99999):05d}" if full else None,
                                   "Fabricante Exemplo" if full else None, self._day(applied + timedelta(days=400)) if full else None,
                                   applied if full else None, None, int(not full), marker))  # fmt: skip

    @staticmethod
    def _day(moment: datetime) -> date:
        return moment.date()

    def _atendimento(self, key: int, batch: Batch) -> None:
        rand = self.rng.random
        # Keys grow with time, as in a real table; the last ones are still open.
        start = _END - _HISTORY + timedelta(milliseconds=int((key - rand()) / self.atendimentos * 86_400_000 * _HISTORY.days))
        marker = min(start + timedelta(milliseconds=int(rand() ** 3 * 864_000_000)), _END - timedelta(milliseconds=1))
        empty_for = rand() < self.edge
        if rand() < self.edge:
            # A nightly job touched many rows in one statement: equal markers, more than a small page holds.
            marker = max(marker.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1), start)
            marker = min(marker, _END)
        kind = "A" if (x := rand()) < 0.55 else "U" if x < 0.8 else "I" if x < 0.95 else "E" if x < 0.98 else "D"
        opened = key > self.atendimentos * 0.97
        status = "C" if (x := rand()) < 0.02 else ("E" if x < 0.6 else "A") if opened else "F"
        end = None if status != "F" else start + timedelta(minutes=20 + int(rand() * (200 if kind in "AE" else 9000)))
        complaint = self._one(t.STRANGE) if rand() < self.edge else self._one(t.COMPLAINTS)
        batch["Atendimento"].append((
            key, 1 + int(rand() * self.pacientes), *((None, None) if empty_for else (1 + int(rand() * UNITS), self._prof())), kind, status,
            None if empty_for else ("U" if kind == "U" else "E"), start, end, end if end and kind == "I" and not empty_for else None,
            "12" if end and kind == "I" and not empty_for else None,
            *((None,) * 5 if empty_for else (complaint, self._one(t.SECTORS), f"{100 + int(rand() * 300)}-{'AB'[key % 2]}" if kind == "I" else None,
                                         self._one(t.SPECIALTIES), self._one(t.CONVENIOS))),
            int(rand() < 0.005), start, marker,
        ))  # fmt: skip
        if not empty_for:
            self._clinical(key, kind, start, marker, batch)

    def _clinical(self, key: int, kind: str, start: datetime, marker: datetime, batch: Batch) -> None:
        rand, prof = self.rng.random, self._prof()
        for n in range(self._count(1.4)):
            cid, description = self._one(t.DIAGNOSTICOS)
            batch["Diagnostico"].append((key, prof, cid, description if rand() < 0.9 else None, "P" if n == 0 else self._one("SDR"),
                                        start, self._one(t.STRANGE) if rand() < self.edge else None, marker))  # fmt: skip
        for _ in range(self._count(1.6)):
            medicamento = self._one(t.MEDICAMENTOS)
            day = start.date()
            batch["PrescricaoMedicamento"].append((key, prof, *medicamento, int(rand() < 0.2), day, day + timedelta(days=7) if rand() < 0.7 else None,
                                                  start, int(rand() < 0.05), marker))  # fmt: skip
        for _ in range(self._count(0.6)):
            procedimento, name, measures = self._one(t.EXAMES)
            exame = f"{self.rng.getrandbits(128):032x}"
            ready = start + timedelta(minutes=45)
            batch["ExameAmbulatorial"].append((exame, key, prof, procedimento, name, start, ready, ready if measures else None,
                                              None if measures else self._one(t.REPORTS), marker))  # fmt: skip
            for order, measure in enumerate(measures, 1):
                batch["ExameResultado"].append((exame, key, order, *self.result(measure), marker))
        if kind in "IU" and rand() < 0.15:
            procedimento, name = self._one(t.CIRURGIAS)
            batch["Cirurgia"].append((key, prof, procedimento, name, "R", start + timedelta(hours=2), start + timedelta(hours=4), 1,
                                     self._one((None, "Direita", "Esquerda")), f"Sala {1 + int(rand() * 6)}", marker))  # fmt: skip

    def result(self, measure: tuple[Any, ...]) -> tuple[Any, ...]:
        """Nome, Valor, ValorNumerico, UnidadeMedida, Referencia; the number is in one column, in the other, or in both."""
        name, unit, reference, lowest, highest, decimals = measure
        if decimals < 0:
            return (name, "Não reagente" if self.rng.random() < 0.97 else "Reagente", None, unit, reference)
        value = (
            round(lowest + self.rng.random() * (highest - lowest), decimals)
            if decimals
            else int(lowest + self.rng.random() * (highest - lowest))
        )
        text = str(value).replace(".", ",") if self.rng.random() < 0.7 else None
        return (name, text, None if text and self.rng.random() < 0.5 else value, unit, reference)


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> int:
    """Fill an empty schema; the same rows for the same arguments. Returns how many rows were written."""
    return populate(
        dsn,
        Generator(atendimentos, semente, edge_cases).batches(),
        COLUMNS,
        prefix="dbo.",
        atendimentos=("Atendimento", atendimentos),
        progress=progress,
        indexes=indexes(),
        after=[
            f"select setval(pg_get_serial_sequence('dbo.{table.lower()}', '{table.lower()}id'), max({table}Id)) from dbo.{table}"
            for table in ("Unidade", "Profissional", "Paciente", "Atendimento")
        ],
    )
