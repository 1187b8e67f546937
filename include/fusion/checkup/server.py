"""Who we are at a database, and what it is: version, time zone, clock, encoding, collation, isolation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from include.fusion.checkup.report import Finding

CLOCK_MAX = timedelta(seconds=60)
"""A difference of clocks that nobody needs to hear of."""
FACTS: Mapping[str, str] = {
    "postgresql": """SELECT current_user AS conta, current_database() AS banco, version() AS versao, clock_timestamp() AS agora,
        current_setting('TimeZone') AS fuso, pg_encoding_to_char(d.encoding) AS codificacao, d.datcollate AS ordenacao,
        current_setting('default_transaction_isolation') AS isolamento,
        CASE WHEN pg_is_in_recovery() THEN 'sim' ELSE 'não' END AS replica
        FROM pg_database d WHERE d.datname = current_database()""",
    "mssql": """SELECT SUSER_SNAME() AS conta, DB_NAME() AS banco, @@VERSION AS versao, SYSDATETIMEOFFSET() AS agora,
        CONVERT(varchar(6), DATENAME(TZOFFSET, SYSDATETIMEOFFSET())) AS fuso, CONVERT(varchar(10), COLLATIONPROPERTY(d.collation_name, 'CodePage')) AS codificacao,
        d.collation_name AS ordenacao, CASE WHEN d.snapshot_isolation_state = 1 THEN 'SNAPSHOT permitido' ELSE 'sem SNAPSHOT' END AS isolamento,
        CASE WHEN d.is_read_committed_snapshot_on = 1 THEN 'sim' ELSE 'não' END AS leitura_versionada
        FROM sys.databases d WHERE d.name = DB_NAME()""",
    "oracle": """SELECT SYS_CONTEXT('USERENV', 'SESSION_USER') AS conta, SYS_CONTEXT('USERENV', 'DB_NAME') AS banco,
        (SELECT MIN(version) FROM product_component_version WHERE product LIKE 'Oracle%') AS versao, SYSTIMESTAMP AS agora,
        TO_CHAR(SYSTIMESTAMP, 'TZR') AS fuso,
        (SELECT value FROM nls_database_parameters WHERE parameter = 'NLS_CHARACTERSET') AS codificacao,
        (SELECT value FROM nls_session_parameters WHERE parameter = 'NLS_SORT') AS ordenacao, 'READ ONLY por transação' AS isolamento
        FROM dual""",
    "iris": "SELECT $USERNAME AS conta, $NAMESPACE AS banco, $ZVERSION AS versao, CURRENT_TIMESTAMP AS agora",
}
"""One row by engine. ``agora`` is the server's clock, with its offset where the engine tells it."""
_LABELS = {
    "conta": "conta",
    "banco": "banco",
    "versao": "versão",
    "fuso": "fuso do servidor",
    "codificacao": "codificação",
    "ordenacao": "ordenação",
    "isolamento": "isolamento",
    "replica": "réplica (standby)",
    "leitura_versionada": "READ_COMMITTED_SNAPSHOT",
}


class Server(NamedTuple):
    """``facts``: column → text; ``behind``: our clock less the server's, where it tells its offset; ``offset``: of its time zone."""

    engine: str
    facts: dict[str, str]
    behind: timedelta | None = None
    offset: timedelta | None = None


def ask_server(con: Connection) -> Server:
    """Facts of the server behind ``con``. Raises ``DBAPIError`` when it does not answer; one that does not tell them has none."""
    engine = con.dialect.name
    start = datetime.now(UTC)
    try:
        row = con.execute(text(FACTS[engine])).mappings().one()
    except (DBAPIError, KeyError) as error:
        if getattr(error, "connection_invalidated", False):
            raise
        con.rollback()
        return Server(engine, {})
    middle = start + (datetime.now(UTC) - start) / 2
    facts = {name: _line(value) for name, value in row.items() if name != "agora" and value is not None}
    clock: Any = row["agora"]
    if not isinstance(clock, datetime) or clock.tzinfo is None:
        return Server(engine, facts)
    return Server(engine, facts, middle - clock, clock.utcoffset())


def _line(value: Any) -> str:
    return re.sub(r"\s+", " ", str(value)).split(" on x86", 1)[0].strip()[:120]


def told(server: Server, name: str, zone: tzinfo | None = None) -> Iterator[Finding]:
    """What people should know. ``zone``: of the source's columns, by the entry."""
    facts = "; ".join(f"{_LABELS[key]}: {value}" for key, value in server.facts.items())
    yield Finding("ok", f"{name}: conectado", facts or "o servidor não conta mais sobre si a esta conta")
    if server.behind is not None:
        seconds = abs(server.behind.total_seconds())
        late = server.behind > timedelta(0)
        state = f"o relógio do servidor está {seconds:.0f} s {'atrasado' if late else 'adiantado'} em relação ao nosso"
        if seconds > CLOCK_MAX.total_seconds():
            yield Finding("aviso", f"{name}: relógio", state, "Acerte o relógio (NTP): mudanças datadas pelo relógio errado chegam tarde.")
    ours = datetime.now(zone).utcoffset() if zone is not None else None
    if server.offset is not None and ours is not None and server.offset != ours:
        text = f"o servidor está em {server.facts.get('fuso', server.offset)}, a entrada diz {zone}"
        yield Finding("aviso", f"{name}: fuso", text, "Confira em que fuso o sistema grava datas: é ele que vale em fuso_horario.")
    if server.engine == "oracle" and (old := re.match(r"(\d+)\.", server.facts.get("versao", ""))) and int(old[1]) < 12:
        yield Finding("falha", f"{name}: versão", f"Oracle {old[1]} não conhece FETCH FIRST", "É preciso o Oracle 12.1 ou mais novo.")
    if server.engine == "mssql" and server.facts.get("isolamento") == "sem SNAPSHOT":
        text = "as partes de um registro são lidas em instantes diferentes"
        yield Finding("aviso", f"{name}: isolamento", text, "Peça ao DBA: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON.")
