"""Accounts that may only read a source, as hospitals give them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.databases import run_sql
from tests.harness import Harness

SCHEMAS = "nspname not like 'pg\\_%' and nspname <> 'information_schema'"


class Reader(NamedTuple):
    """The role, and what the source's owner does."""

    harness: Harness
    role: str
    owner: str

    def revoke(self, table: str) -> None:
        """It may no longer read this table."""
        run_sql(self.owner, f"revoke select on {table} from {self.role}")

    def admin(self, sql: str) -> None:
        run_sql(self.owner, sql)


@contextmanager
def read_only(b: Harness) -> Iterator[Reader]:
    """Meanwhile the hub reads the source as a new role."""
    owner = b.dsn["origem"]
    role = f"leitor_{secrets.token_hex(4)}"
    run_sql(owner, f"create role {role} login password 'x'")
    for (schema,) in run_sql(owner, f"select nspname from pg_namespace where {SCHEMAS}"):
        run_sql(owner, f'grant usage on schema "{schema}" to {role}; grant select on all tables in schema "{schema}" to {role}')
    at = urlsplit(owner)
    b.dsn["origem"] = at._replace(netloc=f"{role}:x@{at.hostname}:{at.port}").geturl()
    b.runtime = b.build()
    yield Reader(b, role, owner)
    b.runtime.close()
    run_sql(owner, f"drop owned by {role}; drop role {role}")
