"""Plans and costs on PostgreSQL: large tables that a frequent statement would read as a whole, with the index to create."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from include.fusion.checkup.report import Finding

LARGE = 100_000
"""Rows from which reading a table as a whole is told."""
_CONDITIONS = ("Filter", "Index Cond", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter")
_ROWS = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass(:name)")


class Scan(NamedTuple):
    """A table that is read as a whole; ``column``: what an index should have, empty where the plan does not tell."""

    table: str
    column: str


def scans(plan: Mapping[str, Any], above: Sequence[str] = ()) -> Iterator[Scan]:
    """Sequential scans of a plan (``EXPLAIN (FORMAT JSON, VERBOSE)``). ``above``: conditions of the nodes that it hangs on."""
    own = [str(plan[name]) for name in _CONDITIONS if name in plan]
    if plan.get("Node Type") == "Seq Scan":
        column = next((c for condition in [*own, *reversed(above)] if (c := _column(condition, plan["Alias"]))), "")
        yield Scan(f"{plan['Schema']}.{plan['Relation Name']}", column)
    for node in plan.get("Plans", ()):
        yield from scans(node, [*above, *own])


def _column(condition: str, alias: str) -> str:
    """The column of this table that a condition compares with something."""
    name = rf'(?<![\w.])"?{re.escape(alias)}"?\."?(\w+)"?\)?(?:::[\w ]+(?:\(\d+\))?\)?)?'
    found = re.search(rf"{name} (?:=|>=|>|<=|<) ", condition) or re.search(rf" = \(?{name}", condition)
    return found[1] if found else ""


PlanArea = tuple[str, list[Finding], list[list[str]], str]
"""Name, findings, table and attached text of an area of the report."""


def plan_area(con: Connection, plans: Sequence[tuple[str, Mapping[str, Any]]]) -> PlanArea:
    """Area of the report. ``plans``: a statement in words, and its plan."""
    found: dict[Scan, list[str]] = {}
    for what, plan in plans:
        for scan in dict.fromkeys(scans(plan)):
            found.setdefault(scan, []).append(what)
    findings, indexes = [], []
    for scan, whats in found.items():
        rows = con.execute(_ROWS, {"name": scan.table}).scalar() or 0
        if rows < LARGE:
            continue
        why = f"cerca de {rows:,.0f} linhas a cada vez: {'; '.join(dict.fromkeys(whats))}".replace(",", ".")
        findings.append(Finding("aviso", f"{scan.table} é lida por inteiro", why, "Peça o índice ao DBA." if scan.column else ""))
        if scan.column:
            name = f"ix_fusion_{scan.table.split('.')[-1]}_{scan.column}"[:63]
            indexes.append(f"CREATE INDEX CONCURRENTLY {name} ON {scan.table} ({scan.column});")
    if plans and not findings:
        findings.append(Finding("ok", f"nenhuma tabela acima de {LARGE:,} linhas é lida por inteiro".replace(",", ".")))
    costs = [[what, f"{plan['Total Cost']:.0f}", str(plan["Plan Rows"])] for what, plan in plans]
    table = [["Comando", "Custo estimado", "Linhas estimadas"], *sorted(costs, key=lambda row: -float(row[1]))] if costs else []
    return "Planos e custos", findings, table, "\n".join(indexes)
