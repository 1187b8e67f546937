"""What the Tasy tests do to a hospital and read from Fusion."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg2

from sandbox.origens.tasy.hospital import Alvo, Hospital
from tests.bancada import Bancada

ATENDIMENTOS, PACIENTES = "buscar_informacoes_atendimentos", "integrar_pendencia_atualizacao_pacientes"


@contextmanager
def hospital(bancada: Bancada, ha_segundos: int = 0) -> Iterator[Hospital]:
    """The hospital's own hands; what they did (that long ago) is committed when the block ends.

    A row of the second that is not over yet is queued once more when it is: what shall be quiet was done before.
    """
    con = psycopg2.connect(bancada.dsn["origem"])
    try:
        h = Hospital(con, random.Random(3))
        h.agora -= timedelta(seconds=ha_segundos)
        yield h
        con.commit()
    finally:
        con.close()


def novo(bancada: Bancada, tipo: int = 1) -> Alvo:
    """An attendance of a patient of its own, already in Fusion."""
    with hospital(bancada, 60) as h:
        paciente = h.novo_paciente()
        alvo = Alvo(h.novo_atendimento(paciente, tipo), paciente)
    sincronizar(bancada)
    return alvo


def sincronizar(bancada: Bancada) -> Any:
    bancada.carregar()
    return bancada.entregar()


def pendentes(bancada: Bancada, *chaves: object) -> set[tuple[str, str, str]]:
    """(process, key, operation) of the rows of these keys that wait, in both queues."""
    sql = " union all ".join(
        f"select processo, chave, operacao from {t} where situacao = 'pendente'" for t in ("ImportarAtendimento", "PendenciaIntegracao")
    )
    return {linha for linha in bancada.fila(sql) if linha[1] in map(str, chaves)}  # type: ignore[misc]


def em_fusion(bancada: Bancada, chave: object, entidade: str = "atendimento") -> dict[str, Any] | None:
    """The record as Fusion has it; ``None`` when it has none, or a cancelled one."""
    achados = bancada.fusion("select corpo from registro where entidade = %s and codigo = %s and not cancelado", entidade, str(chave))
    return achados[0][0] if achados else None


def erro(bancada: Bancada, chave: object) -> str | None:
    achados = bancada.fila("select motivo from ImportarAtendimento where chave = %s and situacao = 'erro'", str(chave))
    return achados[0][0] if achados else None
