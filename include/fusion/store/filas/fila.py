"""One queue: the rows of one process of one integration in one queue table.

The row is the truth. ``pendente`` waits, ``reservado`` is in somebody's hands until its lease ends, ``concluido``, ``erro`` and
``descartado`` are outcomes. A key has at most one open row (pendente, reservado, erro). The rows of one patient in flight are all in one
batch, whose owner delivers them one after another in the order (prioridade, id): one at a time on SQL Server and Oracle, up to
``postgresql.POR_PACIENTE`` on PostgreSQL. All times are the database's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, delete, func, null, select, update
from sqlalchemy.sql.elements import SQLColumnExpression

from include.fusion.store.clock import agora, depois
from include.fusion.store.filas.dialect import Dialeto, Escopo
from include.fusion.store.filas.mssql import SQLServer
from include.fusion.store.filas.oracle import Oracle
from include.fusion.store.filas.postgresql import PostgreSQL
from include.fusion.store.filas.types import RESULTADOS, Desfecho, ItemFila, Registro, cortar_motivo
from include.fusion.store.tables import ABERTAS, DONO_MAX, FECHADAS, FILAS, SITUACOES

DIALETOS: Mapping[str, Dialeto] = {d.nome: d for d in (PostgreSQL(), SQLServer(), Oracle())}
_LISTA_MAX = 500
"""Values per IN list: Oracle takes 1,000, SQL Server 2,100 parameters."""


def _fatias(valores: Iterable[Any]) -> Iterator[list[Any]]:
    lista = list(valores)
    for i in range(0, len(lista), _LISTA_MAX):
        yield lista[i : i + _LISTA_MAX]


class Fila:
    """``tabela``: a queue of the integration database by its name, or one that another database holds. ``parados``: see :class:`Escopo`.

    ``ValueError`` for a queue table or engine that does not exist. Methods without ``con`` are transactions of their own.
    """

    def __init__(
        self,
        engine: Engine,
        integracao_id: int,
        processo: str,
        tabela: str | Table = "ImportacaoAtendimento",
        parados: tuple[str, ...] = (),
    ) -> None:
        if isinstance(tabela, str):
            if tabela not in FILAS:
                raise ValueError(f"no queue table {tabela!r}; there are {', '.join(FILAS)}")
            tabela = FILAS[tabela]
        if engine.dialect.name not in DIALETOS:
            raise ValueError(f"queues run on {', '.join(DIALETOS)}, not on {engine.dialect.name}")
        self.escopo = Escopo(tabela, integracao_id, processo, parados)
        self._dialeto = DIALETOS[engine.dialect.name]
        self._engine = engine

    @contextmanager
    def _transacao(self) -> Iterator[Connection]:
        # A reservation must see what the one before it committed while it waited for the lock; a kept snapshot would not.
        with self._engine.connect().execution_options(isolation_level="READ COMMITTED") as con, con.begin():
            yield con

    @property
    def _tabela(self) -> Table:
        return self.escopo.tabela

    def enfileirar(self, con: Connection, itens: Iterable[ItemFila]) -> int:
        """Queue changes in the caller's transaction (READ COMMITTED); returns how many keys, blocks of 20,000 counted apart.

        Every item is read and checked before the queue is touched: ``ValueError`` for a key that is empty, over 200 characters or has a
        NUL. Coalesces: an open row takes the new operation (an undelivered ``inclusao`` stays one) and the smaller priority; ``erro`` is
        pending again with no tries counted; ``reservado`` is marked to be re-opened after its outcome. A second transaction that enqueues
        into the same queue waits for this one's end.
        """
        return self._dialeto.enfileirar(con, self.escopo, itens)

    def reservar(self, quantos: int, dono: str, prazo: timedelta, *, chaves: Sequence[str] | None = None) -> list[Registro]:
        """Take at most ``quantos`` due rows (of ``chaves`` alone, where given) for ``prazo``, in delivery order; rows whose lease ran out come
        back first (as one more try)."""
        if not dono or len(dono) > DONO_MAX:
            raise ValueError(f"dono needs 1 to {DONO_MAX} characters")
        with self._transacao() as con:
            self.escopo.travar_reserva(con)
            self._soltar_vencidos(con)
            return self._dialeto.reservar(con, self.escopo, quantos, dono, prazo.total_seconds(), chaves)

    def renovar(self, dono: str, prazo: timedelta) -> int:
        """Extend the lease of every row that ``dono`` still holds; fewer than expected means that some were lost to others."""
        t = self._tabela.c
        return self._mudar(("reservado",), t.reservado_por == dono, valores={"reservado_ate": depois(prazo.total_seconds())})

    def registrar(self, con: Connection, dono: str, desfechos: Sequence[Desfecho]) -> int:
        """Write outcomes in the caller's transaction, only on rows that ``dono`` still holds; returns how many those were.

        A row that changed while it was in flight goes back to ``pendente`` instead of being closed.
        """
        if desconhecidos := {d.situacao for d in desfechos} - RESULTADOS:
            raise ValueError(f"unknown outcome {sorted(desconhecidos)}")
        unicos = list({d.registro.id: d for d in desfechos}.values())
        return self._dialeto.registrar(con, self.escopo, dono, unicos) if unicos else 0

    def ainda_meus(self, con: Connection, dono: str, ids: Iterable[int]) -> set[int]:
        """Which of these rows ``dono`` still holds, locked until the transaction of ``con`` ends: only their deliveries may be noted."""
        t = self._tabela.c
        meus: set[int] = set()
        for parte in _fatias(sorted(ids)):
            consulta = select(t.id).where(t.id.in_(parte), t.situacao == "reservado", t.reservado_por == dono).order_by(t.id)
            meus.update(con.execute(consulta.with_for_update().with_hint(self._tabela, "WITH (UPDLOCK, ROWLOCK)", "mssql")).scalars())
        return meus

    def excluidos(self, con: Connection, chaves: Iterable[str]) -> set[str]:
        """Which of these keys have an open deletion in this table, whatever its process."""
        t = self._tabela.c
        condicoes = self._dialeto.condicoes(self.escopo, ("pendente", "reservado"), processo=False)
        achadas: set[str] = set()
        for parte in _fatias(sorted(set(chaves))):
            achadas.update(con.execute(select(t.chave).where(*condicoes, t.chave.in_(parte), t.operacao == "exclusao")).scalars())
        return achadas

    def abertas(self, con: Connection, chaves: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """Situation (pendente, reservado, erro) and reason of these keys' open rows; a key without one is absent."""
        t = self._tabela.c
        condicoes = self._dialeto.condicoes(self.escopo, ABERTAS)
        achadas: dict[str, tuple[str, str | None]] = {}
        for parte in _fatias(sorted(set(chaves))):
            linhas = con.execute(select(t.chave, t.situacao, t.motivo).where(*condicoes, t.chave.in_(parte)))
            achadas.update((chave, (situacao, motivo)) for chave, situacao, motivo in linhas)
        return achadas

    def espiar(self, quantos: int) -> list[tuple[str, str]]:
        """``(chave, operacao)`` of the first pending rows, nothing reserved: for a dry run."""
        t = self._tabela.c
        consulta = select(t.chave, t.operacao).where(*self._dialeto.condicoes(self.escopo, ("pendente",))).order_by(t.prioridade, t.id)
        with self._engine.connect() as con:
            return [(chave, operacao) for chave, operacao in con.execute(consulta.limit(quantos))]

    def recuperar(self, prefixo_dono: str) -> int:
        """Take back what a dead earlier try of the same task holds; no try is counted. End the prefix where the try number starts."""
        if not prefixo_dono:
            raise ValueError("an empty prefix would take rows from living workers")
        return self._mudar(("reservado",), self._do_dono(prefixo_dono), valores=self._de_volta())

    def reenviar_erros(
        self, *, prefixo_dono: str | None = None, chaves: Iterable[str] | None = None, reason_prefix: str | None = None
    ) -> int:
        """Refused rows pending again, no tries counted: all, or those of one run or task (owner prefix), of some keys, of reasons that begin so."""
        onde = [] if prefixo_dono is None else [self._do_dono(prefixo_dono)]
        if reason_prefix is not None:
            onde.append(self._comeca(self._tabela.c.motivo, reason_prefix))
        valores = {**self._de_volta(), "tentativas": 0, "proxima_tentativa_em": null()}
        return self._mudar(("erro",), *onde, valores=valores, chaves=chaves)

    def descartar(self, chaves: Iterable[str], motivo: str) -> int:
        """Close rows unsent. A row in flight is not touched: its outcome is already on the way."""
        valores = {"situacao": "descartado", "motivo": cortar_motivo(motivo), "concluido_em": agora(), "proxima_tentativa_em": null()}
        return self._mudar(("pendente", "erro"), valores=valores, chaves=chaves)

    def refuse(self, con: Connection, reasons: Mapping[str, str], chave_paciente: str = "") -> None:
        """Put keys into ``erro`` without a delivery, in the caller's transaction: key → reason. What somebody has in hand is left to him."""
        em_maos = {chave for chave, (situacao, _) in self.abertas(con, reasons).items() if situacao == "reservado"}
        livres = {chave: cortar_motivo(motivo) for chave, motivo in reasons.items() if chave not in em_maos}
        self.enfileirar(con, [ItemFila(chave, chave_paciente, "inclusao", 0) for chave in livres])
        for motivo in set(livres.values()):
            self._mudar(
                ("pendente",), valores={"situacao": "erro", "motivo": motivo}, chaves=[c for c, m in livres.items() if m == motivo], con=con
            )

    def conclude(self, con: Connection, chaves: Iterable[str]) -> None:
        """Close keys that were settled without a delivery, in the caller's transaction. What somebody has in hand is left to him."""
        self._mudar(
            ("pendente", "erro"), valores={"situacao": "concluido", "concluido_em": agora(), "motivo": null()}, chaves=chaves, con=con
        )

    def limpar(self, mais_velhos_que: timedelta, lote: int = 5000) -> int:
        """Delete closed rows of that age in short transactions; refused rows stay until somebody decides."""
        t = self._tabela.c
        velhas = (
            select(t.id)
            .where(*self._dialeto.condicoes(self.escopo, FECHADAS), t.concluido_em < depois(-mais_velhos_que.total_seconds()))
            .order_by(t.concluido_em)
            .limit(lote)
        )
        total = 0
        while True:
            with self._transacao() as con:
                ids = con.execute(self._dialeto.ids_travados(velhas, pular=True)).scalars().all()
                for parte in _fatias(ids):
                    total += con.execute(delete(self._tabela).where(t.id.in_(parte))).rowcount
            if len(ids) < lote:
                return total

    def contar(self) -> dict[str, int]:
        """Rows per situation. Reads the whole queue: for reports, not for polling."""
        t = self._tabela.c
        deste = (t.integracao_id == self.escopo.integracao_id, t.processo == self.escopo.processo)
        with self._engine.connect() as con:
            contados: dict[str, int] = dict(con.execute(select(t.situacao, func.count()).where(*deste).group_by(t.situacao)).all())
        return {s: contados.get(s, 0) for s in SITUACOES}

    def tem_prontos(self) -> bool:
        """Whether a reservation would find something, for polling: stops at the first row."""
        with self._engine.connect() as con:
            return con.execute(self._vencidos().limit(1)).first() is not None or self._dialeto.ha_pronto(con, self.escopo)

    def tem_abertas(self) -> bool:
        """Whether any row still has to travel, now or later."""
        consulta = select(self._tabela.c.id).where(*self._dialeto.condicoes(self.escopo, ("pendente", "reservado"))).limit(1)
        with self._engine.connect() as con:
            return con.execute(consulta).first() is not None

    def _vencidos(self) -> Select[int]:
        """Rows of the whole integration whose lease ran out: one process's dead worker must not hold up another's patients."""
        t = self._tabela.c
        return select(t.id).where(*self._dialeto.condicoes(self.escopo, ("reservado",), processo=False), t.reservado_ate < agora())

    def _soltar_vencidos(self, con: Connection) -> None:
        # A row that its owner is writing at this moment is locked, hence alive, and skipped.
        consulta = self._vencidos().with_for_update(skip_locked=True).with_hint(self._tabela, "WITH (UPDLOCK, READPAST, ROWLOCK)", "mssql")
        valores = {**self._de_volta(), "tentativas": self._tabela.c.tentativas + 1}
        for ids in _fatias(con.execute(consulta).scalars()):
            con.execute(update(self._tabela).where(self._tabela.c.id.in_(ids)).values(valores))

    def _do_dono(self, prefixo: str) -> ColumnElement[bool]:
        return self._comeca(self._tabela.c.reservado_por, prefixo)

    def _comeca(self, coluna: SQLColumnExpression[str], prefixo: str) -> ColumnElement[bool]:
        return coluna.like(self._dialeto.escapar_prefixo(prefixo) + "%", escape="/")

    @staticmethod
    def _de_volta() -> dict[str, Any]:
        return {"situacao": "pendente", "reservado_por": null(), "reservado_ate": null(), "reabrir": False, "motivo": null()}

    def _mudar(
        self,
        situacoes: tuple[str, ...],
        *onde: ColumnElement[bool],
        valores: Mapping[str, Any],
        chaves: Iterable[str] | None = None,
        con: Connection | None = None,
    ) -> int:
        """Update this queue's rows in ``situacoes`` that meet ``onde``, of some keys or of all, in the transaction of ``con`` or one of its own;
        how many there were."""
        t = self._tabela
        mudadas = 0
        with self._transacao() if con is None else nullcontext(con) as con:
            for parte in [None] if chaves is None else list(_fatias(sorted(set(chaves)))):
                condicoes = [*self._dialeto.condicoes(self.escopo, situacoes), *onde]
                if parte is not None:
                    condicoes.append(t.c.chave.in_(parte))
                alvo = self._dialeto.ids_travados(select(t.c.id).where(*condicoes))
                # The condition once more: between the look and the lock a row may have moved on.
                mudadas += con.execute(update(t).where(t.c.id.in_(alvo), *condicoes).values(valores)).rowcount
        return mudadas
