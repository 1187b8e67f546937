"""The delivery ledger: per record, what Fusion last confirmed, what may be on its way, and a number for each new content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, null, select, text, update

from include.fusion.store.clock import agora
from include.fusion.store.locks import gravar_linha
from include.fusion.store.pg_arrays import vetor
from include.fusion.store.tables import livro_entrega as tabela

_LISTA_MAX = 500

NENHUMA = "nenhuma"
"""``operacao`` of a record of which Fusion has confirmed nothing yet."""
EXCLUSAO = "exclusao"
ENVIO = "envio"
REENVIO = "reenvio"
"""Like ``envio``, of what was alive in Fusion before and still is should this one be refused: messages are noted when they are queued."""

# One statement for a whole batch; other engines write row by row.
_ANUNCIAR = f"""\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_tentada, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.tentada, '{NENHUMA}', 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:tentadas AS text[])) AS v (chave, tentada)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    sequencia = CASE WHEN l.versao_tentada = excluded.versao_tentada THEN l.sequencia ELSE l.sequencia + 1 END,
    versao_tentada = excluded.versao_tentada
RETURNING l.chave, l.sequencia"""
_GRAVAR = """\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_conteudo, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.versao, v.operacao, 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:versoes AS text[]), CAST(:operacoes AS text[])) AS v (chave, versao, operacao)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    versao_conteudo = excluded.versao_conteudo, versao_tentada = NULL, operacao = excluded.operacao, entregue_em = excluded.entregue_em"""


class Entrega(NamedTuple):
    """What is known of a record's deliveries.

    ``versao``: content that Fusion last confirmed; ``None`` when nothing was, or when it was forgotten, so that the next goes out whatever
    its content. ``tentada``: content that was announced and never confirmed: Fusion may have it or not.
    """

    versao: str | None
    sequencia: int
    operacao: str
    tentada: str | None = None

    @property
    def cancelado(self) -> bool:
        """Fusion certainly has nothing alive under this key."""
        return self.operacao in (EXCLUSAO, NENHUMA) and self.tentada is None

    def tem(self, versao: str) -> bool:
        """Fusion certainly has this very content."""
        return self.versao == versao and self.operacao != EXCLUSAO and self.tentada is None


class Livro:
    """Ledger of one integration for one kind of record. Write in the same transaction as the queue's outcomes."""

    def __init__(self, engine: Engine, integracao_id: int, entidade: str = "atendimento") -> None:
        self._postgresql = engine.dialect.name == "postgresql"
        self.integracao_id = integracao_id
        self.entidade = entidade

    def _deste(self) -> tuple[ColumnElement[bool], ...]:
        return (tabela.c.integracao_id == self.integracao_id, tabela.c.entidade == self.entidade)

    def ler(self, con: Connection, chaves: Iterable[str]) -> dict[str, Entrega]:
        """Last deliveries by key; a key that was never delivered is absent."""
        achadas: dict[str, Entrega] = {}
        lista = list(chaves)
        colunas = select(tabela.c.chave, tabela.c.versao_conteudo, tabela.c.sequencia, tabela.c.operacao, tabela.c.versao_tentada)
        for i in range(0, len(lista), _LISTA_MAX):
            consulta = colunas.where(*self._deste(), tabela.c.chave.in_(lista[i : i + _LISTA_MAX]))
            achadas.update({linha[0]: Entrega(*linha[1:]) for linha in con.execute(consulta)})
        return achadas

    def anunciar(self, con: Connection, envios: Iterable[tuple[str, str]]) -> dict[str, int]:
        """Write ahead what is about to be sent, ``(chave, versao or "exclusao")``; returns each key's sequence number.

        The same content as an unconfirmed announcement keeps the number, so that Fusion recognises a repeated send; any other takes the
        next one. Without this, content that went A, B, A with both answers lost would end as B: the second A would look like a repetition.
        """
        unicos = sorted(dict(envios).items())
        comuns = {"integracao_id": self.integracao_id, "entidade": self.entidade}
        if self._postgresql:
            binds = {"chaves": vetor(chave for chave, _ in unicos), "tentadas": vetor(tentada for _, tentada in unicos)}
            return {linha.chave: linha.sequencia for linha in con.execute(text(_ANUNCIAR), {**comuns, **binds})}
        anteriores = self.ler(con, [chave for chave, _ in unicos])
        numeros = {}
        for chave, tentada in unicos:
            anterior = anteriores.get(chave)
            repetido = anterior is not None and anterior.tentada == tentada
            numeros[chave] = (anterior.sequencia if anterior else 0) + (0 if repetido else 1)
            novos = {"versao_tentada": tentada, "sequencia": numeros[chave], "entregue_em": agora()}
            novos |= {} if anterior else {"operacao": NENHUMA}
            gravar_linha(con, tabela, {**comuns, "chave": chave}, novos)
        return numeros

    def gravar(self, con: Connection, entregas: Iterable[tuple[str, str | None, str]]) -> None:
        """Note confirmed deliveries ``(chave, versao, operacao)``; of a repeated key the last counts."""
        # In key order, so that two workers that share keys wait for each other instead of deadlocking.
        unicas = sorted({chave: (chave, versao, operacao) for chave, versao, operacao in entregas}.values())
        comuns = {"integracao_id": self.integracao_id, "entidade": self.entidade}
        if not self._postgresql:
            for chave, versao, operacao in unicas:
                novos = {"versao_conteudo": versao, "versao_tentada": None, "operacao": operacao, "entregue_em": agora()}
                gravar_linha(con, tabela, {**comuns, "chave": chave}, novos)
            return
        colunas = {"chaves": 0, "versoes": 1, "operacoes": 2}
        con.execute(text(_GRAVAR), {**comuns, **{nome: vetor(u[i] for u in unicas) for nome, i in colunas.items()}})

    def retirar(self, con: Connection, chaves: Iterable[str]) -> None:
        """Take announcements back that Fusion refused: it certainly has what was confirmed before, and nothing newer."""
        self._mudar(con, chaves, "versao_tentada")

    def entregues_desde(self, con: Connection, desde: datetime) -> list[str]:
        """Keys of what Fusion confirmed at this moment or later."""
        return list(con.execute(select(tabela.c.chave).where(*self._deste(), tabela.c.entregue_em >= desde)).scalars())

    def esquecer(self, con: Connection, chaves: Iterable[str]) -> int:
        """Forget what these records looked like, so that a replay sends them; the sequence stays. How many were known."""
        return self._mudar(con, chaves, "versao_conteudo")

    def _mudar(self, con: Connection, chaves: Iterable[str], coluna: str) -> int:
        lista = sorted(set(chaves))
        mudadas = 0
        for i in range(0, len(lista), _LISTA_MAX):
            onde = (*self._deste(), tabela.c.chave.in_(lista[i : i + _LISTA_MAX]))
            mudadas += con.execute(update(tabela).where(*onde).values({coluna: null()})).rowcount
        return mudadas

    def chave_idempotencia(self, chave: str, tentada: str, sequencia: int) -> str:
        """``Idempotency-Key`` of an announced delivery: the same for every try of it."""
        resumo = hashlib.sha256(f"{chave}|{tentada}".encode()).hexdigest()[:40]
        return f"{self.integracao_id}-{self.entidade}-{sequencia}-{resumo}"


class SemLivro:
    """The ledger of records whose key names their content, too: the receiver knows by it what it has, and nothing is kept here."""

    def ler(self, con: Connection, chaves: Iterable[str]) -> dict[str, Entrega]:
        return {}

    def anunciar(self, con: Connection, envios: Iterable[tuple[str, str]]) -> dict[str, int]:
        return {chave: 0 for chave, _ in envios}

    def gravar(self, con: Connection, entregas: Iterable[tuple[str, str | None, str]]) -> None:
        pass

    def retirar(self, con: Connection, chaves: Iterable[str]) -> None:
        pass

    def chave_idempotencia(self, chave: str, tentada: str, sequencia: int) -> str:
        return chave
