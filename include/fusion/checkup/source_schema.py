"""What the source's dictionary says of tables and columns, whether this account may read them or not. Only PostgreSQL tells the two apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+([A-Za-z_][\w$#.]*)", re.IGNORECASE)
_COLUMNS = text("""
SELECT lower(c.relname), lower(a.attname), bool_or(has_column_privilege(c.oid, a.attnum, 'SELECT'))
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname NOT IN ('pg_catalog', 'information_schema')
WHERE lower(c.relname) IN :tables AND c.relkind IN ('r', 'v', 'm', 'f', 'p')
GROUP BY 1, 2""").bindparams(bindparam("tables", expanding=True))
_CLOSED = text("SELECT CASE WHEN to_regclass(:name) IS NULL THEN NULL ELSE has_table_privilege(to_regclass(:name), 'SELECT') END")


def tables_of(sql: str) -> list[str]:
    """Tables that a statement names, in its order."""
    return list(dict.fromkeys(_TABLE.findall(re.sub("--.*", "", sql))))


class Gap(NamedTuple):
    """What stands in the way of a column. ``closed``: it is there, and this account may not read it."""

    table: str
    text: str
    closed: bool = False


def in_words(gaps: Sequence[Gap]) -> str:
    """One line."""
    return ", ".join(dict.fromkeys(gap.text for gap in gaps))


def missing_columns(con: Connection, requires: Sequence[str]) -> list[Gap]:
    """What stands in the way of these columns (``table.column``); empty when all are there and may be read."""
    wanted = [tuple(item.lower().split(".")[-2:]) for item in requires]
    if con.dialect.name != "postgresql":
        return [Gap(table, f"{table}.{column} não existe, ou não foi liberada para a conta") for table, column in wanted]
    found = {(t, c): ok for t, c, ok in con.execute(_COLUMNS, {"tables": sorted({table for table, _ in wanted})})}
    tables = {table for table, _ in found}
    gaps = []
    for table, column in wanted:
        if table not in tables:
            gaps.append(Gap(table, f"a tabela {table} não existe"))
        elif (table, column) not in found:
            gaps.append(Gap(table, f"a coluna {table}.{column} não existe"))
        elif not found[table, column]:
            gaps.append(Gap(table, f"sem permissão para ler {table}.{column}", closed=True))
    return gaps


def closed(con: Connection, tables: Iterable[str]) -> list[str]:
    """Those of these tables that exist and that this account may not read; on other engines than PostgreSQL nothing tells."""
    if con.dialect.name != "postgresql":
        return []
    return [name for name in tables if _may_read(con, name) is False]


def _may_read(con: Connection, name: str) -> bool | None:
    savepoint = con.begin_nested()
    try:
        answer: bool | None = con.execute(_CLOSED, {"name": name}).scalar()
    except Exception:
        # Not even the schema is open to this account.
        savepoint.rollback()
        return False
    savepoint.commit()
    return answer
