"""The check-up of an entry: its databases, every statement, its target. Only the report is written, and what is readable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Engine

from include.fusion.checkup.ask import NOBODY
from include.fusion.checkup.codes import code_findings, code_table, yaml_to_fill
from include.fusion.checkup.losses import losses
from include.fusion.checkup.reach import reach
from include.fusion.checkup.reads import Asked, ask_everything, grant_area
from include.fusion.checkup.report import Finding, Report
from include.fusion.checkup.server import ask_server, told
from include.fusion.http.fusion import FusionClient
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.baseline import accept, keep_report, last_report, read_baseline, remember
from include.fusion.store.migrate import is_migrated
from include.fusion.wiring.delivery import Runtime, destination_of
from include.fusion.wiring.sample import take_census

__all__ = ["Report", "check_installation", "stored_report"]


def check_installation(runtime: Runtime, transport: Callable[[], Any] | None = None, *, accept_losses: bool = False) -> Report:
    """Look at everything; what does not answer is told, not raised.

    ``transport``: makes the HL7 receiver's transport, for an entry that sends messages. ``accept_losses``: a person says that what is no
    longer readable is gone for good.
    """
    entry = runtime.integracao
    report = Report(entry.id, entry.nome, entry.sistema, datetime.now(entry.zone))
    connections: list[Finding] = []
    before = _hub(runtime, connections)
    asked = _source(runtime, connections)
    if asked is not None and before and not accept_losses:
        report.add("O que se perdeu", losses(runtime.sistema, before, asked.readable))
    report.add("Conexões", connections)
    if asked is not None:
        report.add("Tipos de dado", asked.reads)
        report.add("Como as mudanças são vistas", asked.changes)
        report.add(*grant_area(asked))
        if asked.planned is not None:
            report.add(*asked.planned)
        _codes(runtime, report, asked)
    report.add("Destino", _target(runtime, transport))
    if before is not None:
        _keep(runtime, report, before, asked, accept_losses)
    return report


def stored_report(hub: Engine, entry_id: str) -> Report | None:
    """The last check-up's report in the hub's database."""
    with hub.connect() as con:
        text = last_report(con, entry_id)
    return None if text is None else Report.from_json(text)


def _hub(runtime: Runtime, found: list[Finding]) -> dict[str, str] | None:
    """What was readable; ``None`` where nothing can be kept."""

    def look() -> dict[str, str] | None:
        with runtime.fusion.connect() as con:
            found.extend(told(ask_server(con), "Banco do hub"))
        with runtime.fusion.connect() as con:
            if is_migrated(con):
                return read_baseline(con, runtime.integracao.integracao_id)
        found.append(Finding("falha", "Banco do hub: tabelas desatualizadas", "", "Rode python -m include.fusion migrate, ou peça ao DBA."))
        return None

    return reach("Banco do hub", look, found)


def _source(runtime: Runtime, found: list[Finding]) -> Asked | None:
    def look() -> Asked:
        with runtime.origem.connect() as con:
            found.extend(told(ask_server(con), "Origem", runtime.integracao.zone))
        queries = SystemQueries(runtime.origem, runtime.sistema, runtime.integracao.pasta_sql)
        with runtime.origem.connect() as con:
            return ask_everything(con, queries)

    return reach("Origem", look, found)


def _codes(runtime: Runtime, report: Report, asked: Asked) -> None:
    """Catalogues of De/Para beside the site's codes, where everything that would be sampled can be read."""
    if any(f.state == "falha" for f in asked.reads):
        report.add("De/Para", [Finding("aviso", "Não conferido", "primeiro é preciso ler todos os tipos de dado")])
        return
    found: list[Finding] = []
    queries = SystemQueries(runtime.origem, runtime.sistema, runtime.integracao.pasta_sql)
    census = reach("Amostra de registros", lambda: take_census(runtime, queries), found)
    if census is not None:
        report.add("De/Para", code_findings(census), code_table(census), yaml_to_fill(census))
    else:
        report.add("De/Para", found)


def _target(runtime: Runtime, transport: Callable[[], Any] | None) -> list[Finding]:
    """Whether what we send would arrive: Fusion is asked for records that nobody has, a receiver of messages how it is."""
    found: list[Finding] = []
    messages = any(p.messages for p in runtime.sistema.processos)
    if messages and transport is not None:
        if reach("Receptor HL7", lambda: asyncio.run(_health(transport())) or True, found):
            found.append(Finding("ok", "Receptor HL7: responde"))
        return found
    if messages or runtime.api is None:
        return [Finding("incerto", "Destino: não conferido", "confira pela DAG, ou onde as conexões do Airflow existem")]
    for path in sorted({destination_of(runtime.integracao, p).cancel(NOBODY) for p in runtime.sistema.processos}):
        route, client = path.rsplit("/", 2)[0], runtime.api(1)
        proven = reach(f"Fusion, {route}", partial(asyncio.run, _prove(client, path)), found)
        if proven is not None:
            found.append(Finding("ok", f"Fusion, {route}: responde" if proven else f"Fusion, {route}: só a página de saúde responde"))
    return found


async def _health(transport: Any) -> None:
    async with transport:
        await transport.health()


async def _prove(client: FusionClient, path: str) -> bool:
    async with client:
        return await client.prove(path)


def _keep(runtime: Runtime, report: Report, before: dict[str, str], asked: Asked | None, accept_losses: bool) -> None:
    number = runtime.integracao.integracao_id
    with runtime.fusion.begin() as con:
        keep_report(con, report.entry_id, report.as_json())
        if asked is not None and accept_losses:
            accept(con, number, asked.readable)
        elif asked is not None and not any(losses(runtime.sistema, before, asked.readable)):
            remember(con, number, asked.readable)
