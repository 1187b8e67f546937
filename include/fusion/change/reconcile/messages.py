"""Reconciliation of systems that send messages: their unit is a patient, and the ledger alone tells what was sent of them.

Fusion keeps no state of messages that could be asked for. So the source is compared with the ledger: who has news that no message told is
put into the queue of the preparation again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from include.fusion.change.reconcile.reconciliation import PRIORITY, READ, Limits
from include.fusion.change.reconcile.result import KEYS_TOLD, Found
from include.fusion.change.reconcile.sides import SourceRefuses, source_keys
from include.fusion.errors import SourceRefused
from include.fusion.reading.sql import SystemQueries
from include.fusion.store.filas import Fila, FilaItem


@dataclass(eq=False)
class MessageReconciliation:
    """``read`` plans the messages of patients; ``news`` returns those of them with something that the ledger does not have.

    Ghosts are not looked for: what a patient no longer has is taken back when the patient is prepared.
    """

    queries: SystemQueries
    fusion: Engine
    read: Callable[[Sequence[str]], Mapping[str, Any]]
    news: Callable[[Connection, Mapping[str, Any]], Iterable[str]]
    fila: Fila
    limits: Limits
    filters: Mapping[str, Any]
    wait: Callable[[float], None]
    number: int

    def run(self, *, dry_run: bool = False) -> Found:
        """Compare page by page; each page's differences get a second look of their own."""
        found = Found("mensagem", self.number, lista_fusion=False)
        for rows in source_keys(self.queries, self.filters):
            found.origem += len(rows)
            patients = {str(x["chave"]): str(x["chave_paciente"] or "") for x in rows if x["operacao"] != "exclusao"}
            keys = list(patients)
            differing = [key for start in range(0, len(keys), READ) for key in self._with_news(keys[start : start + READ], found)]
            if differing:
                self.wait(self.limits.settle)
                again = [k for start in range(0, len(differing), READ) for k in self._with_news(differing[start : start + READ], None)]
                self._repair({key: patients[key] for key in again}, found, dry_run)
        return found

    def _with_news(self, keys: Sequence[str], found: Found | None) -> list[str]:
        try:
            plans = self.read(keys)
        except (DBAPIError, SourceRefused) as error:
            raise SourceRefuses(error) from None
        if found is not None:
            found.conteudos_lidos += len(keys)
            self.wait(self.limits.rest)
        with self.fusion.connect() as con:
            return sorted(self.news(con, {key: plan for key, plan in plans.items() if plan is not None}))

    def _repair(self, patients: Mapping[str, str], found: Found, dry_run: bool) -> None:
        with self.fusion.begin() as con:
            queued = self.fila.open_rows(con, patients)
            items = [FilaItem(key, patient, "alteracao", PRIORITY) for key, patient in patients.items() if key not in queued]
            found.na_fila += len(queued)
            found.defasado += len(items)
            told = found.chaves.setdefault("defasado", []) if items else []
            told += [item.chave for item in items][: KEYS_TOLD - len(told)]
            if not dry_run:
                found.enfileirados += self.fila.enqueue(con, items)
