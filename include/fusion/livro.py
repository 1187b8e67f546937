"""The delivery ledger: per record, the hash of what Fusion last accepted and how many deliveries it has had."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, null, select, text, update

from include.fusion.relogio import agora
from include.fusion.tabelas import codigo_sem_depara
from include.fusion.tabelas import livro_entrega as tabela
from include.fusion.travas import gravar_linha
from include.fusion.vetores import vetor

_LISTA_MAX = 500

# One statement for a whole batch; other engines write row by row.
_GRAVAR = """\
INSERT INTO livro_entrega AS l (integracao_id, entidade, chave, versao_conteudo, operacao, sequencia, entregue_em)
SELECT :integracao_id, :entidade, v.chave, v.versao, v.operacao, 1, statement_timestamp()
FROM unnest(CAST(:chaves AS text[]), CAST(:versoes AS text[]), CAST(:operacoes AS text[])) AS v (chave, versao, operacao)
ON CONFLICT (integracao_id, entidade, chave) DO UPDATE SET
    versao_conteudo = excluded.versao_conteudo, operacao = excluded.operacao,
    sequencia = l.sequencia + 1, entregue_em = excluded.entregue_em"""


class Entrega(NamedTuple):
    """Last delivery of a record; ``versao`` is ``None`` when it was forgotten, so that the next goes out whatever its content."""

    versao: str | None
    sequencia: int
    operacao: str


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
        colunas = select(tabela.c.chave, tabela.c.versao_conteudo, tabela.c.sequencia, tabela.c.operacao)
        for i in range(0, len(lista), _LISTA_MAX):
            consulta = colunas.where(*self._deste(), tabela.c.chave.in_(lista[i : i + _LISTA_MAX]))
            achadas.update({linha[0]: Entrega(*linha[1:]) for linha in con.execute(consulta)})
        return achadas

    def gravar(self, con: Connection, entregas: Iterable[tuple[str, str | None, str]]) -> None:
        """Note deliveries ``(chave, versao, operacao)``: each key's sequence moves on by one; of a repeated key the last counts."""
        # In key order, so that two workers that share keys wait for each other instead of deadlocking.
        unicas = sorted({chave: (chave, versao, operacao) for chave, versao, operacao in entregas}.values())
        comuns = {"integracao_id": self.integracao_id, "entidade": self.entidade}
        if not self._postgresql:
            for chave, versao, operacao in unicas:
                novos = {"versao_conteudo": versao, "operacao": operacao, "entregue_em": agora()}
                gravar_linha(con, tabela, {**comuns, "chave": chave}, novos, {"sequencia": 1})
            return
        colunas = {"chaves": 0, "versoes": 1, "operacoes": 2}
        con.execute(text(_GRAVAR), {**comuns, **{nome: vetor(u[i] for u in unicas) for nome, i in colunas.items()}})

    def esquecer(self, con: Connection, chaves: Iterable[str]) -> int:
        """Forget what these records looked like, so that a replay sends them; the sequence stays. How many were known."""
        lista = sorted(set(chaves))
        esquecidas = 0
        for i in range(0, len(lista), _LISTA_MAX):
            onde = (*self._deste(), tabela.c.chave.in_(lista[i : i + _LISTA_MAX]))
            esquecidas += con.execute(update(tabela).where(*onde).values(versao_conteudo=null())).rowcount
        return esquecidas

    def chave_idempotencia(self, chave: str, operacao: str, versao: str | None, anterior: Entrega | None) -> str:
        """``Idempotency-Key`` of the next delivery: the same for every try of it, another one once the ledger noted it."""
        sequencia = (anterior.sequencia if anterior else 0) + 1
        resumo = hashlib.sha256(f"{chave}|{operacao}|{versao}".encode()).hexdigest()[:40]
        return f"{self.integracao_id}-{self.entidade}-{sequencia}-{resumo}"


def somar_faltantes(con: Connection, integracao_id: int, faltantes: Mapping[tuple[str, str], int]) -> None:
    """Add codes without De/Para, ``(catalogo, codigo)`` and how often they came, to the report table."""
    for (catalogo, codigo), vezes in sorted(faltantes.items()):
        chave = {"integracao_id": integracao_id, "catalogo": catalogo, "codigo": codigo[:200].replace("\x00", "")}
        gravar_linha(con, codigo_sem_depara, chave, {"ultima_em": agora()}, {"ocorrencias": vezes})
