"""Where the recorded rows come from: the sandbox's sources, filled and changed with a fixed seed on an embedded PostgreSQL."""

from __future__ import annotations

import importlib
import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
from sqlalchemy import Engine, create_engine, text

from sandbox.postgres import Postgres
from tests.unit.model.recorded.engine import capturing
from tests.unit.model.recorded.recorded import Rows

SEED = 7
CHANGES = 150


@dataclass(frozen=True)
class Candidate:
    """A record that may be kept. ``odd``: made to look wrong, so it is kept (of one version of a schema)."""

    entity: str
    key: str
    rows: Rows
    odd: bool = False


@dataclass(frozen=True)
class Source:
    """How one system is recorded: its entry without what all share, other settings to map with, and how many records to keep of each
    entity in each version of the vendor's schema (name → options of the sandbox's ``create``)."""

    settings: dict[str, Any]
    keep: dict[str, int]
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    versions: dict[str, dict[str, Any]] = field(default_factory=lambda: {"": {}})
    sandbox: str = ""
    """The sandbox's source, where it has another name."""


_OMIT = {"documento_invalido": "omitir"}
SOURCES = {
    "consulfarma": Source(
        {"IntegracaoID": 12, "carga": {"IntervaloCarga": "23:00:05"}, "importacao": {}}, {"atendimento": 16}, {"omitir": _OMIT}
    ),
    "esus_ab": Source(
        {"IntegracaoID": 65, "importacao": {"LayoutID": 7}}, {"atendimento": 9}, {"omitir": _OMIT},
        {"nova": {"version": "nova"}, "antiga": {"version": "antiga"}},
    ),
    "mv": Source({"IntegracaoID": 4}, {"atendimento": 24, "paciente": 6}, {"omitir": _OMIT, "semi_uti": {"semi_uti": True}}),
    "skymed": Source({"IntegracaoID": 44}, {"aplicacao_pendencia": 6}),
    "fusion_service": Source(
        {"IntegracaoID": 45, "buscar_pendencias": {"atende": [44]}}, {"agenda_cirurgica": 16}, {"omitir": _OMIT}, sandbox="skymed"
    ),
    "sotech": Source({"IntegracaoID": 30}, {"atendimento": 16}, {"omitir": _OMIT}),
    "tasy": Source({"IntegracaoID": 7}, {"atendimento": 16, "paciente": 6}, {"omitir": _OMIT}),
    "trackcare": Source(
        {"IntegracaoID": 2, "fuso_horario": "America/Sao_Paulo"}, {"paciente_hl7": 6},
        {"omitir": _OMIT, "2.5.1": {"hl7": {"versao": "2.5.1"}}, "2.7": {"hl7": {"versao": "2.7"}}},
        {"iso": {"horolog": False}, "horolog": {"horolog": True}},
    ),
}  # fmt: skip


def entry(system: str) -> dict[str, Any]:
    """The installation's entry: of the sandbox's what bears on content."""
    common = {"id": system, "sistema": system, "nome": system, "fuso_horario": "America/Bahia", "conexoes": {"origem": system}}
    return common | SOURCES[system].settings


@contextmanager
def database(postgres: Postgres) -> Iterator[tuple[str, Engine]]:
    name = f"content_{secrets.token_hex(4)}"
    dsn, engine = postgres.create_database(name), create_engine(postgres.sqlalchemy(name))
    yield dsn, engine
    engine.dispose()


def candidates(postgres: Postgres, system: str) -> Iterator[Candidate]:
    """Every record of a small hospital, of each version of its schema, after ``CHANGES`` changes and one record of each odd kind."""
    source = SOURCES[system]
    sandbox = importlib.import_module(f"sandbox.origens.{source.sandbox or system}")
    for n, (version, options) in enumerate(source.versions.items()):
        with database(postgres) as (dsn, engine):
            sandbox.create(dsn, **options)
            sandbox.generate(dsn, 300, SEED)
            con = psycopg2.connect(dsn)
            odd = _live(con, sandbox)
            found = list(sandbox.keys(con))
            con.close()
            people = list(dict.fromkeys(e.chave_paciente for e in found if e.chave_paciente))
            for entity in source.keep:
                keys = people if entity == "paciente" else [e.chave for e in found]
                read = _journal(engine) if system == "skymed" else _all(capturing(entry(system), entity, engine), keys)
                for key, rows in read.items():
                    yield Candidate(entity, f"{version} {key}".strip(), rows, n == 0 and entity != "paciente" and key in odd)


def _live(con: Any, sandbox: Any) -> set[str]:
    """Some days at the hospital; the keys of what looks odd."""
    rng, odd = random.Random(SEED), set()
    for _ in range(CHANGES):
        sandbox.change(con, rng)
        con.commit()
    for kind in (*sandbox.INVALID, *getattr(sandbox, "STRANGE", ())):
        odd.add(sandbox.change_invalid(con, rng, kind).chave)
        con.commit()
    return odd


def _all(read: Any, keys: list[str]) -> dict[str, Rows]:
    found: dict[str, Any] = {}
    for start in range(0, len(keys), 100):
        found |= read(keys[start : start + 100])
    return {key: rows for key, rows in found.items() if isinstance(rows, dict)}


def _journal(engine: Engine) -> dict[str, Rows]:
    """Rows of the journal of surgical bookings."""
    with engine.connect() as con:
        rows = con.execute(
            text("select id, cd_age_cir as chave, null as chave_paciente, tp_operacao from fusion_integracao.atualizacaoagendacirurgia")
        )
        return {str(row["chave"]): {"diario": [dict(row)]} for row in rows.mappings()}
