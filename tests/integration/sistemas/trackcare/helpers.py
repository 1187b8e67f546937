"""What the TrackCare tests do to a hospital and read from it, with a ledger of their own."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
import pytest
from sqlalchemy import create_engine

from include.fusion.hl7.build.message import Hl7Message
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader
from include.fusion.reading.sql import SystemQueries
from include.fusion.sistemas.trackcare.context import TrackCareContext
from include.fusion.sistemas.trackcare.system import SYSTEM, MessagePlan, state, to_send
from include.fusion.store.ledger import LedgerEntry
from sandbox.origens import trackcare as origin
from sandbox.origens.trackcare.hospital import Hospital

ZONE = ZoneInfo(origin.ZONE)
COUNT = 500
"""Episodes of the shared history."""
nos_dois = pytest.mark.parametrize("home", [False, True], indirect=True, ids=["iso", "horolog"])
NOW = datetime(2026, 3, 1, 12, tzinfo=ZONE)


def context(hl7: dict[str, Any] | None = None, **options: Any) -> TrackCareContext:
    settings = Hl7Profile(integracao=2, zone=ZONE, **(hl7 or {}))
    return TrackCareContext(depara=DePara.load("trackcare", "trackcare"), zone=ZONE, hl7=settings, **options)


class Home:
    """One TrakCare database, a reader over it, and what Fusion was told so far."""

    def __init__(self, dsn: str, **options: Any) -> None:
        self.engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg2://", 1))
        self.ctx = context(**options)
        self.reader = Reader(SystemQueries(self.engine, SYSTEM), self.ctx)
        self.con = psycopg2.connect(dsn)
        self.rng = random.Random(11)
        self.ledger: dict[str, LedgerEntry] = {}

    @property
    def hospital(self) -> Hospital:
        return Hospital(self.con, self.rng)

    def sql(self, command: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.con.cursor() as cur:
            cur.execute(command, values or None)
            rows = cur.fetchall() if cur.description else []
        self.con.commit()
        return rows

    def plans(self, keys: Iterable[Any]) -> dict[str, Any]:
        self.con.commit()
        return self.reader.read(list(map(str, keys)))

    def plano(self, paciente: int) -> MessagePlan:
        read_item = self.plans([paciente])[str(paciente)]
        assert isinstance(read_item, MessagePlan), read_item
        return read_item

    def dispatch(self, paciente: int) -> list[Hl7Message]:
        """Build what is missing, as the queue would, and take it as delivered."""
        return self.send_plan(self.plano(paciente))

    def send_plan(self, plan: MessagePlan) -> list[Hl7Message]:
        done = []
        for item in to_send(plan, self.ledger):
            sequence = self.ledger[item.entidade].sequencia + 1 if item.entidade in self.ledger else 1
            done.append(item.build(state(item, self.ledger, sequence, NOW, known=item.entidade in self.ledger)))
            self.ledger[item.entidade] = LedgerEntry(item.versao, sequence, "alteracao" if item.ativo else "exclusao")
        return done

    def inpatient(self, kind: str = "I") -> tuple[int, int]:
        """(patient, episode), both new."""
        paciente = self.hospital.new_paciente()
        return paciente, self.hospital.new_episode(paciente, kind)

    def close(self) -> None:
        self.con.close()
        self.engine.dispose()


def events(messages: Iterable[Hl7Message]) -> list[str]:
    return [m.event for m in messages]
