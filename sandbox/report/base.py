"""What the parts of the report share: counts, latencies, comparison of source and Fusion."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from include.fusion.model.content import body, content_version
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Reader, ReadResult
from include.fusion.reading.sql import SystemQueries
from include.fusion.settings import Integracao
from include.fusion.wiring.names import system_of
from sandbox.report.query import ask, engine
from sandbox.report.table import table

BATCH = 500


_RECORDS = "select codigo, corpo, cancelado from registro where entidade = %s and integracao_id = %s and codigo = any(%s)"


@dataclass
class Row:
    """Figures of one DAG; ``missing`` counts records whose state in Fusion differs from the source's, refused ones aside."""

    changed: int = 0
    queued: int = 0
    delivered: int = 0
    refused: int = 0
    pending: int = 0
    missing: int = 0
    doubled: int = 0
    p50_s: float | None = None
    p95_s: float | None = None


@dataclass
class Report:
    integrations: dict[str, Row] = field(default_factory=dict)
    motivos: dict[str, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    saved: dict[str, int] = field(default_factory=dict)
    """Share (percent) of each queue's finished rows that did not have to be sent: their content was the last one delivered."""

    @property
    def verdict(self) -> str:
        """``ok``, or every count that should be zero."""
        absences = [
            f"{dag}: {n} {name}"
            for dag, row in self.integrations.items()
            for name in ("missing", "doubled", "pending")
            if (n := getattr(row, name))
        ]
        return "; ".join([*absences, *self.notes]) or "ok"

    @property
    def is_late(self) -> bool:
        """Whether time may still mend it: records are on their way or not there yet."""
        return any(row.missing or row.pending for row in self.integrations.values())

    @property
    def ok(self) -> bool:
        return self.verdict == "ok"

    def json(self) -> str:
        return json.dumps({"integrations": {k: asdict(v) for k, v in self.integrations.items()}, "verdict": self.verdict}, indent=2)

    def texto(self) -> str:
        names = ("integration", "changed", "queued", "delivered", "refused", "pending", "missing", "doubled", "p50 s", "p95 s", "saved %")
        rows = [[dag, *asdict(row).values(), self.saved.get(dag)] for dag, row in self.integrations.items()]
        parts = [table(names, rows)]
        for dag, reasons in self.motivos.items():
            parts += [f"\n{dag}: refused, by reason", *(f"  {n:5}  {reason}" for reason, n in reasons.most_common(10))]
        return "\n".join([*parts, f"\nverdict: {self.verdict}"])


def percentile(values: list[float], p: float) -> float | None:
    """Nearest-rank percentile, rounded to milliseconds; ``None`` of nothing."""
    if not values:
        return None
    in_order = sorted(values)
    return round(in_order[min(len(in_order) - 1, int(p * len(in_order)))], 3)


def latencies(changes: list[tuple[Any, ...]], applied: list[tuple[Any, ...]]) -> list[float]:
    """Seconds from each change's commit to Fusion's first acceptance of the record after it.

    A version accepted before the commit was known here counts when its marker is not older than the change's transaction. The marker cannot
    be asked of all: most versions carry the attendance row's own, which a clinical item's change does not move, or none. So a version that
    was on its way at the commit counts, too, and a change without content has the latency of the record's next version, or none.
    """
    by_key: dict[str, list[tuple[Any, Any]]] = {}
    for code, _, _, updated_at, accepted_at in applied:
        by_key.setdefault(code, []).append((updated_at, accepted_at))
    found = []
    for key, _, marker, committed_at in changes:
        for updated_at, accepted_at in by_key.get(key, ()):
            if accepted_at >= committed_at or (updated_at is not None and updated_at >= marker):
                found.append(max(0.0, (accepted_at - committed_at).total_seconds()))
                break
    return found


def repeated(applied: list[tuple[Any, ...]]) -> list[str]:
    """Keys to which Fusion applied the same content twice in a row."""
    last: dict[str, tuple[str, str]] = {}
    found = []
    for code, operation, hash_conteudo, _, _ in applied:
        if last.get(code) == (operation, hash_conteudo):
            found.append(code)
        last[code] = (operation, hash_conteudo)
    return found


def reader_for(integracao: Integracao, engine: Any, entity: str) -> Reader:
    """The project's reader for this installation, on an engine of ours."""
    system = system_of(integracao)
    context = system.make_context(integracao, DePara.load(integracao.id, integracao.sistema))
    return Reader(SystemQueries(engine, system, integracao.pasta_sql), context, entity)


def differing(integracao: Integracao, entity: str, expected: dict[str, str], source_url: str, url_fusion: str) -> set[str]:
    """Keys whose state in Fusion is not the expected one (key → alteracao: what the source says; exclusao: gone)."""
    reader = reader_for(integracao, engine(source_url), entity)
    keys = list(expected)
    found = set()
    for i in range(0, len(keys), BATCH):
        batch = keys[i : i + BATCH]
        read_items = reader.read(batch)
        rows = ask(url_fusion, _RECORDS, entity, integracao.integracao_id, batch)
        kept = {code: (data, cancelled) for code, data, cancelled in rows}
        found |= {key for key in batch if not _same(expected[key], read_items[key], kept.get(key))}
    return found


def _same(operation: str, read_item: ReadResult, stored: tuple[dict[str, Any], bool] | None) -> bool:
    if operation == "exclusao":
        return stored is None or stored[1]
    if read_item is None or isinstance(read_item, Exception) or stored is None or stored[1]:
        return False
    return content_version(stored[0]) == content_version(body(read_item))
