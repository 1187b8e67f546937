"""Does every kind of data travel? Each statement is asked of the real schema; what is missing is named, and what is only not granted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from include.fusion.checkup.ask import ask, usual_binds
from include.fusion.checkup.plans import PlanArea, plan_area
from include.fusion.checkup.report import Finding
from include.fusion.checkup.source_schema import closed, in_words, missing_columns, tables_of
from include.fusion.checkup.statements import others
from include.fusion.reading.spec import Detail, ReadSpec
from include.fusion.reading.sql import SystemQueries
from include.fusion.reading.words import kind_in_words

WILL_NOT = "este tipo de dado não vai trafegar"
NOT_ASKED = "este banco só diria rodando o comando: não foi conferido"


@dataclass
class Asked:
    """What the source said. ``readable``: item → SQL file; ``grants``: tables that the DBA must open; ``plans``: of frequent statements,
    in words, where the engine tells them."""

    reads: list[Finding] = field(default_factory=list)
    changes: list[Finding] = field(default_factory=list)
    readable: dict[str, str] = field(default_factory=dict)
    grants: list[str] = field(default_factory=list)
    plans: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    account: str = "conta_do_hub"
    planned: PlanArea | None = None


def ask_everything(con: Connection, queries: SystemQueries) -> Asked:
    """Ask every statement of the installation. ``queries`` must not refuse what is gone of a baseline: it is told here."""
    asked = Asked()
    if con.dialect.name == "postgresql":
        asked.account = str(con.execute(text("SELECT current_user")).scalar())
    for reading in queries.sistema.readings:
        for detail in reading.details:
            asked.reads.append(_read(con, queries, reading, detail, asked))
    asked.changes += _changes(con, queries, asked)
    asked.grants = list(dict.fromkeys(asked.grants))
    if asked.plans:
        asked.planned = plan_area(con, asked.plans)
    return asked


def grant_area(asked: Asked) -> tuple[str, list[Finding], list[list[str]], str]:
    """Area of the report with what the DBA must grant, ready to run."""
    missing = [Finding("falha", f"Falta ler {table}") for table in asked.grants]
    return "Permissões a pedir ao DBA", missing, [], "\n".join(f"GRANT SELECT ON {t} TO {asked.account};" for t in asked.grants)


def _read(con: Connection, queries: SystemQueries, reading: ReadSpec, detail: Detail, asked: Asked) -> Finding:
    name = kind_in_words(detail.nome).capitalize()
    file = queries.fitting(detail)
    if file is None:
        gaps = [missing_columns(con, requires) for _, requires in detail.files]
        asked.grants += [gap.table for found in gaps for gap in found if gap.closed]
        why = "; ou ".join(in_words(found) for found in gaps)
        return Finding("falha", f"{name}: {WILL_NOT}", why, "Peça ao DBA o que falta, ou ponha um comando do hospital em pasta_sql.")
    answer = ask(con, queries, file, usual_binds(queries.sistema, reading.key_type))
    if answer.refusal is not None:
        tables = closed(con, tables_of(queries.sql(file).text))
        asked.grants += tables
        why = f"sem permissão para ler {', '.join(tables)}" if tables else str(answer.refusal)
        return Finding("falha", f"{name}: {WILL_NOT}", f"{why} ({file})", "Libere a tabela, ou ponha um comando do hospital em pasta_sql.")
    asked.readable[detail.item] = file
    if answer.plan is not None:
        asked.plans.append((f"leitura: {kind_in_words(detail.nome)}", answer.plan))
    return Finding("ok", name, file)


def _changes(con: Connection, queries: SystemQueries, asked: Asked) -> Iterator[Finding]:
    for origin in queries.sistema.origins:
        if not queries.has(origin.requires):
            why = in_words(missing_columns(con, origin.requires))
            yield Finding("aviso", f"Mudanças de {kind_in_words(origin.nome)}: não serão vistas por este caminho", why)
    origins = {o.sql: o for o in queries.sistema.origins}
    for statement in others(queries):
        binds = usual_binds(queries.sistema, statement.key_type)
        answer = ask(con, queries, statement.file, binds)
        title = statement.what[0].upper() + statement.what[1:]
        if answer.refusal is not None:
            asked.grants += (tables := closed(con, tables_of(queries.sql(statement.file).text)))
            why = f"sem permissão para ler {', '.join(tables)}" if tables else str(answer.refusal)
            yield Finding("falha", f"{title}: o comando não roda", f"{why} ({statement.file})", "Libere ou corrija o que o comando lê.")
        elif not answer.asked:
            yield Finding("aviso", title, f"{NOT_ASKED} ({statement.file})")
        else:
            yield Finding("ok", title, statement.file)
            if statement.frequent and answer.plan is not None:
                asked.plans.append((statement.what, answer.plan))
            if statement.file in origins:
                asked.readable[origins[statement.file].item] = statement.file
