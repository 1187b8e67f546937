"""What the Tasy tests do to a hospital and read from Fusion."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg2

from sandbox.origens.tasy.hospital import Hospital, Target
from tests.harness import Harness

ATENDIMENTOS, PACIENTES = "buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"


@contextmanager
def hospital(harness: Harness, seconds_ago: int = 0) -> Iterator[Hospital]:
    """The hospital's own hands; what they did (that long ago) is committed when the block ends.

    A row of the second that is not over yet is queued once more when it is: what shall be quiet was done before.
    """
    con = psycopg2.connect(harness.dsn["origem"])
    try:
        h = Hospital(con, random.Random(3))
        h.now -= timedelta(seconds=seconds_ago)
        yield h
        con.commit()
    finally:
        con.close()


def new(harness: Harness, kind: int = 1) -> Target:
    """An attendance of a patient of its own, already in Fusion."""
    with hospital(harness, 60) as h:
        paciente = h.new_paciente()
        target = Target(h.new_atendimento(paciente, kind), paciente)
    synchronise(harness)
    return target


def synchronise(harness: Harness) -> Any:
    harness.load()
    return harness.deliver()


def pending_ones(harness: Harness, *keys: object) -> set[tuple[str, str, str]]:
    """(process, key, operation) of the rows of these keys that wait, in both queues."""
    sql = " union all ".join(
        f"select processo, chave, operacao from {t} where situacao = 'pendente'" for t in ("ImportarAtendimento", "PendenciaIntegracao")
    )
    return {row for row in harness.fila(sql) if row[1] in map(str, keys)}


def in_fusion(harness: Harness, key: object, entity: str = "atendimento") -> dict[str, Any] | None:
    """The record as Fusion has it; ``None`` when it has none, or a cancelled one."""
    found = harness.fusion("select corpo from registro where entidade = %s and codigo = %s and not cancelado", entity, str(key))
    return found[0][0] if found else None


def error(harness: Harness, key: object) -> str | None:
    found = harness.fila("select motivo from ImportarAtendimento where chave = %s and situacao = 'erro'", str(key))
    return found[0][0] if found else None
