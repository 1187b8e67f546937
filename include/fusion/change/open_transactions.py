"""The oldest transaction that a source has open: its rows will be seen only when it commits, with timestamps from its beginning."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

OLDEST_MAX = timedelta(hours=1)
"""Older ones hold no watermark: a session that somebody forgot would have every look read days again. The nightly reconciliation finds what they commit."""
# A prepared transaction tells only when it was prepared. Without pg_read_all_stats, other accounts' sessions show no start; a standby
# shows none of its primary's.
_POSTGRESQL = """\
SELECT min(since) FILTER (WHERE since > now() - :oldest_max) AS since, count(*) FILTER (WHERE since <= now() - :oldest_max) AS older,
    count(*) FILTER (WHERE hidden) AS hidden, pg_is_in_recovery() AS standby
FROM (
    SELECT xact_start AS since, query = '<insufficient privilege>' AS hidden FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    UNION ALL SELECT prepared, false FROM pg_prepared_xacts WHERE database = current_database()
) open_ones"""

log = logging.getLogger(__name__)


@dataclass
class OpenTransactions:
    """What a source says of its open transactions; other engines than PostgreSQL are not asked. Says once what it cannot see."""

    _told: bool = False

    def oldest(self, con: Connection) -> datetime | None:
        """Start of the oldest one (with zone) that began within ``OLDEST_MAX``; ``None``: none is known."""
        if con.dialect.name != "postgresql":
            return None
        row = con.execute(text(_POSTGRESQL), {"oldest_max": OLDEST_MAX}).one()
        if not self._told and (row.older or row.hidden or row.standby):
            self._told = True
            if row.older:
                log.warning(
                    "%d transações abertas há mais de uma hora no banco de origem: o que elas gravarem só a conciliação encontra", row.older
                )
            if row.hidden or row.standby:
                log.info(
                    "As transações abertas de outras contas não são visíveis (%s): só a janela de sobreposição protege de gravações tardias",
                    "a origem é uma réplica" if row.standby else "GRANT pg_read_all_stats à conta de leitura as mostra",
                )
        return row.since
