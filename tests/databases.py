"""Databases of the tests. To make one costs more than most tests do with it, so they are made seldom.

Sources are made once for a server, as templates, and copied. Databases that begin empty are lent: who gives one back leaves it to the next,
emptied.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from sqlalchemy import create_engine

from include.fusion.fhir.platform.migrate import migrate_platform
from include.fusion.store.migrate import migrate
from sandbox.fusion.banco import SCHEMA
from sandbox.origens import plataforma
from sandbox.postgres import Postgres
from sandbox.sources import sources

Ask = Callable[..., list[tuple[Any, ...]]]
"""Runs a statement with its values; its rows, if it has any."""


@dataclass(frozen=True)
class Kind:
    """Databases that begin alike: tables as ``make`` leaves them (it gets the URL), without rows but those of ``kept``."""

    name: str
    make: Callable[[str], None]
    kept: str = ""


def _with_engine(dsn: str, do: Callable[[Any], None]) -> None:
    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
    try:
        do(engine)
    finally:
        engine.dispose()


def _platform(dsn: str) -> None:
    plataforma.create(dsn)
    _with_engine(dsn, migrate_platform)


def _fusion(dsn: str) -> None:
    run_sql(dsn, SCHEMA)


INTEGRATION = Kind("fila", lambda dsn: _with_engine(dsn, migrate), kept="versao_migracao")
"""Fusion's integration database, migrated: queues, ledger, watermarks."""
FUSION = Kind("fusion", _fusion)
"""The sandbox Fusion's own database, as its server makes it."""
PLATFORM = Kind("platform", _platform, kept="fhir_versao_migracao")
"""The platform's database, migrated, without tenants."""

_idle: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
"""(server's port, kind) → databases that wait for the next test."""
_tables: dict[tuple[int, str], Any] = {}
"""(server's port, kind) → digest of the tables that such a database has."""


def new_name(purpose: str) -> str:
    """A name that no other test uses."""
    return f"t_{purpose}_{secrets.token_hex(4)}"


def drop(postgres: Postgres, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    run_sql(postgres.dsn("postgres"), f'drop database "{name}" with (force)')


@contextmanager
def lent(postgres: Postgres, kind: Kind) -> Iterator[str]:
    """A database for one test; its URL."""
    name = take(postgres, kind)
    yield postgres.dsn(name)
    give_back(postgres, kind, name)


def take(postgres: Postgres, kind: Kind) -> str:
    """Name of a database that nobody else uses until :func:`give_back`."""
    if idle := _idle[postgres.port, kind.name]:
        return idle.pop()
    name = _copy(postgres, kind.name, (kind.name,), kind.make)
    if (postgres.port, kind.name) not in _tables:
        _tables[postgres.port, kind.name] = run_sql(postgres.dsn(name), _TABLES)
    return name


def give_back(postgres: Postgres, kind: Kind, name: str) -> None:
    """Whoever is still connected is thrown out, and all rows go; a database whose tables were changed goes itself."""
    if empty(postgres, kind, name, alone=True):
        _idle[postgres.port, kind.name].append(name)
    else:
        drop(postgres, name)


def empty(postgres: Postgres, kind: Kind, name: str, *, alone: bool = False) -> bool:
    """Delete all rows; ``alone``: after throwing everybody else out. Returns whether the tables are still those that were made."""
    with _session(postgres.dsn(name)) as ask:
        if alone:
            ask("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
        _empty(ask, kind.kept)
        return ask(_TABLES) == _tables[postgres.port, kind.name]


_TABLES = """
select md5(string_agg(concat_ws(' ', c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull, c.relchecks, c.relhastriggers), '|'
    order by c.relname, a.attnum))
from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')"""
"""A digest of tables, columns and indexes."""


def _empty(ask: Ask, kept: str) -> None:
    """No table but ``kept`` has rows, and every sequence begins anew. Only what was used is touched: truncating costs, too."""
    own = "schemaname not in ('pg_catalog', 'information_schema')"
    tables = [t for (t,) in ask(f"select format('%I.%I', schemaname, tablename) from pg_tables where {own} and tablename <> '{kept}'")]
    filled = [t for (t,) in ask(" union all ".join(f"select '{t}' where exists (select 1 from {t})" for t in tables))]
    used = ask("select format('%I.%I', schemaname, sequencename) from pg_sequences where last_value is not null")
    commands = [f"truncate {', '.join(filled)} cascade"] * bool(filled) + [f"alter sequence {s} restart" for (s,) in used]
    if commands:
        ask("; ".join(commands))


def source_database(postgres: Postgres, system: str, count: int, seed: int = 7, **options: Any) -> str:
    """Name of a source's new database with ``count`` records from ``seed``, and ``options`` of its schema."""
    package = sources()[system].module

    def make(dsn: str) -> None:
        package.create(dsn, **options)
        if count:
            package.generate(dsn, count, seed)

    return _copy(postgres, system, (package.__name__, count, seed, *sorted(options.items())), make)


def _template(what: tuple[Any, ...]) -> str:
    return f"template_{hashlib.sha256(repr(what).encode()).hexdigest()[:16]}"


def _copy(postgres: Postgres, purpose: str, what: tuple[Any, ...], make: Callable[[str], None]) -> str:
    admin, template, name = postgres.dsn("postgres"), _template(what), new_name(purpose)
    if not run_sql(admin, f"select 1 from pg_database where datname = '{template}'"):
        # Under its name only when it is complete: a test that failed in here must not leave half of it to the next.
        unfinished = new_name("unfinished")
        make(postgres.create_database(unfinished))
        run_sql(admin, f'alter database "{unfinished}" rename to "{template}"')
    run_sql(admin, f'create database "{name}" template "{template}"')
    return name


@contextmanager
def _session(dsn: str) -> Iterator[Ask]:
    """Runs statements on one connection, each a transaction of its own."""
    with closing(psycopg2.connect(dsn)) as con, con.cursor() as cur:
        con.autocommit = True

        def ask(command: str, *values: Any) -> list[tuple[Any, ...]]:
            cur.execute(command, values or None)
            return cur.fetchall() if cur.description else []

        yield ask


def run_sql(dsn: str, command: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of one command on a connection of its own, committed."""
    with _session(dsn) as ask:
        return ask(command, *values)
