"""The judge: what is wrong when a hub that was hurt says that it has nothing left to do. It asks sources and Fusion, never the engine.

Content is compared as ``sandbox.report`` does; whether a record lives is asked of the source by SQL of the sandbox's own.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field

import psycopg2

from sandbox.report.facts import check
from sandbox.report.report import divergent, divergent_pacientes
from sandbox.sources import sources
from tests.chaos.stack import ChaosHub
from tests.e2e.hub import OUT_OF_ORDER, REPEATED, SYSTEMS, integracao, table_of

_LIVING = "select codigo from registro where entidade = 'atendimento' and integracao_id = %s and not cancelado"
_OPEN = (
    "select id, chave, processo, situacao, motivo from {table} where integracao_id = %s and situacao in ('pendente', 'reservado', 'erro')"
)
_SMALLER_NUMBER = """select id, integracao_id, codigo from (
    select a.*, lag(split_part(chave_idempotencia, '-', 3)::bigint) over (partition by entidade, integracao_id, codigo order by id) as before
      from aplicacao a where chave_idempotencia ~ '^[0-9]+-[a-z_]+-[0-9]+-') t
where split_part(chave_idempotencia, '-', 3)::bigint < before"""
WRONGS = ("lost", "doubled", "stale", "out_of_order", "stuck")


@dataclass
class Verdict:
    """What is wrong, by kind of wrong: each a line that names a record by system and key, without content."""

    lost: list[str] = field(default_factory=list)
    """Lives at the source, and not in Fusion."""
    doubled: list[str] = field(default_factory=list)
    """The same content was applied twice in a row."""
    stale: list[str] = field(default_factory=list)
    """Differs from the source, or lives in Fusion only."""
    out_of_order: list[str] = field(default_factory=list)
    """Something older was applied after something newer."""
    stuck: list[str] = field(default_factory=list)
    """Still in a queue, or refused although nothing is wrong with it."""

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in WRONGS}

    def without(self, known: Verdict) -> Verdict:
        """What is new since ``known``."""
        return Verdict(*([line for line in getattr(self, name) if line not in getattr(known, name)] for name in WRONGS))


def living(hub: ChaosHub, system: str) -> set[str]:
    """Keys that the source has and did not cancel."""
    with closing(psycopg2.connect(hub.url(system))) as con:
        return {e.chave for e in sources()[system].module.keys(con) if e.operacao != "exclusao"}


def judge(hub: ChaosHub, since: int, *, said_again: bool, older_is_right: bool = False) -> Verdict:
    """Judge a hub at rest. ``since``: last application (id) before the round. ``said_again``: its ledger went back in time, so that it may
    say again, once, what it no longer knows to have said. ``older_is_right``: a source's time went back; only the numbers tell the order."""
    verdict = Verdict()
    for system in SYSTEMS:
        _records(hub, system, verdict)
    verdict.stale += hub.agendamentos()
    verdict.lost += hub.messages()
    if not said_again:
        repeated = hub.sql("fusion", REPEATED, hub.requested_ones)
        verdict.doubled += [f"{row['integracao_id']} {row['codigo']}" for row in repeated if row["id"] > since]
    for order in (_SMALLER_NUMBER, *(() if older_is_right else (OUT_OF_ORDER,))):
        verdict.out_of_order += [f"{row['integracao_id']} {row['codigo']}" for row in hub.sql("fusion", order) if row["id"] > since]
    return verdict


def _records(hub: ChaosHub, system: str, verdict: Verdict) -> None:
    entry, there = integracao(system), living(hub, system)
    in_fusion = {row["codigo"] for row in hub.sql("fusion", _LIVING, entry.integracao_id)}
    for key in sorted(divergent(entry, hub.url(system), hub.url("fusion"))):
        (verdict.lost if key in there - in_fusion else verdict.stale).append(f"{system} {key}")
    verdict.stale += [f"{system} patient {key}" for key in sorted(divergent_pacientes(entry, hub.url(system), hub.url("fusion")))]
    verdict.stale += check(
        system, hub.url(system), hub.url("fusion"), entry.integracao_id, ignore=set(map(_key, (*verdict.lost, *verdict.stale)))
    )
    for row in hub.sql("fusion_integracao", _OPEN.format(table=table_of(system)), entry.integracao_id):
        # A refusal that says that the record is gone is right where it is.
        if row["situacao"] != "erro" or row["chave"] in there:
            verdict.stuck.append(f"{system} {row['chave']}: {row['processo']}, {row['situacao']}, {row['motivo']}")


def _key(line: str) -> str:
    return line.rsplit(" ", 1)[-1]
