"""Comparison of versioned tables, block by block, with what was last seen of them; and what a watcher asks of it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, select
from sqlalchemy.sql.elements import ColumnElement

from include.fusion.errors import OrigemEncolheu
from include.fusion.reading.spec import Retrato
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.tables import retrato as tabela
from include.fusion.store.watermarks import Marca, Marcas

BLOCO = 500
"""Keys per block."""


RENOVACAO = 10.0
"""Seconds after which a table is compared whatever the source's counters say: PostgreSQL reports them up to so late."""


DESCANSO_MOVIDA, DESCANSO_PARADA = 4, 19
"""A table rests this many times as long as its last comparison took, where its counter moved and where only time has passed."""


PERDA_MIN = 200
"""Rows that may vanish from a table between two looks whatever their share of it."""


Somas = dict[int, tuple[int, int]]
"""Block → number of rows, sum."""


def do_passo(consultas: ConsultasSistema, passo: str | None) -> list[Retrato]:
    """Tables of one search step (``None``: of all), the records' own last."""
    return sorted((r for r in consultas.sistema.retratos if passo in (None, r.passo)), key=lambda r: r.principal)


def contadores(consultas: ConsultasSistema, con: Connection) -> dict[str, int]:
    """Table (``schema.table``) → its counter of writes; nothing where the source does not say."""
    arquivo = consultas.sistema.sql_mudancas
    if not arquivo or not re.sub("--.*", "", consultas.sql(arquivo).text).strip():
        return {}
    return {f"{x['esquema']}.{x['tabela']}": int(x["contador"]) for x in consultas.linhas(con, arquivo)}


class Comparador:
    """Block sums of the source against the stored ones, and when that is worth its price. Not shared between threads."""

    def __init__(self, consultas: ConsultasSistema, marcas: Marcas, perda_max: float = 1.0) -> None:
        self.consultas = consultas
        self.marcas = marcas
        self._perda_max = perda_max
        self._feitas: dict[str, tuple[Any, float, float]] = {}

    def vale(self, retrato: Retrato, sinal: Any) -> bool:
        """Whether to compare now: never done here, ``sinal`` is not what it was then, or long enough ago."""
        if retrato.nome not in self._feitas:
            return True
        anterior, fim, durou = self._feitas[retrato.nome]
        passou = time.monotonic() - fim
        if anterior != sinal and passou >= durou * DESCANSO_MOVIDA:
            return True
        return passou >= max(RENOVACAO, durou * DESCANSO_PARADA)

    def diferentes(self, con: Connection, fusion: Engine, retrato: Retrato, sinal: Any) -> list[int]:
        """Blocks that differ, in order. ``sinal`` must have been read before. ``OrigemEncolheu`` when more than ``perda_max`` is gone."""
        inicio = time.monotonic()
        linhas = self.consultas.linhas(con, retrato.sql_blocos, tamanho=BLOCO)
        con.rollback()  # No snapshot of the hospital's database is held while we work on ours.
        fim = time.monotonic()
        la: Somas = {int(x["bloco"]): (int(x["quantidade"]), int(x["soma"])) for x in linhas}
        t = tabela.c
        with fusion.connect() as nossa:
            aqui: Somas = {b: (n, s) for b, n, s in nossa.execute(select(t.bloco, t.quantidade, t.soma).where(*self.destes(retrato)))}
        tinha, tem = (sum(n for n, _ in somas.values()) for somas in (aqui, la))
        if tinha - tem > max(PERDA_MIN, self._perda_max * tinha):
            raise OrigemEncolheu(retrato.tabela, tinha, tem)
        self._feitas[retrato.nome] = (sinal, fim, fim - inicio)
        return sorted(bloco for bloco in la.keys() | aqui.keys() if la.get(bloco) != aqui.get(bloco))

    def destes(self, retrato: Retrato) -> list[ColumnElement[bool]]:
        """Condition for the stored blocks of one table."""
        return [tabela.c[coluna] == valor for coluna, valor in self.chave(retrato).items()]

    def chave(self, retrato: Retrato) -> dict[str, Any]:
        """Their columns in common."""
        return {"integracao_id": self.marcas.integracao_id, "processo": self.marcas.processo, "origem": retrato.nome}


class VigiaRetratos:
    """The watcher's question: does any table differ? An answer holds until its counter or its stored image moves, or time has passed."""

    def __init__(self, consultas: ConsultasSistema, fusion: Engine, marcas: Marcas) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.retratos = do_passo(consultas, None)
        self._comparador = Comparador(consultas, marcas)
        self._respostas: dict[str, bool] = {}

    def ha_trabalho(self, con: Connection, marcas: Mapping[str, Marca]) -> bool:
        """``con`` is the source's; ``marcas`` tell when each image was last written."""
        if not self.retratos:
            return False
        moveu = contadores(self.consultas, con)
        con.rollback()
        for retrato in self.retratos:
            sinal = (moveu.get(retrato.tabela), marcas.get(retrato.nome, Marca(None)).executado_em)
            if self._comparador.vale(retrato, sinal):
                self._respostas[retrato.nome] = bool(self._comparador.diferentes(con, self.fusion, retrato, sinal))
        return any(self._respostas.values())
