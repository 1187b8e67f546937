"""Carga: changed keys of a source, from the watermark on, into a queue.

Pages are ordered by (marker, key), so several rows with one timestamp may straddle a page. Each pass starts an overlap window before the
watermark, for rows whose transaction began before it and committed after; rows of that window already seen are told apart by their
marker, and rows of one key and one marker by their number. A page's rows and its watermark are written in one transaction of the
integration database. The watermark never passes the source's clock: behind a row stamped ahead of it, the next ones would be skipped.

A pass over the window that finds nothing new settles the origin: it keeps what the watcher's question about the window answered, and
any other answer later is a reason to look, such as a commit that came late and hides behind the watermark.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from include.fusion.change.replica import Espelho
from include.fusion.change.result import ResultadoCarga
from include.fusion.change.window import _local, _pares, texto_marcador, ver_janela
from include.fusion.reading.spec import Linha, Origem
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.clock import AGORA, agora
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.ledger import Livro
from include.fusion.store.watermarks import Marca, Marcas

TOLERANCIA_RELOGIO = timedelta(minutes=5)
"""A marker further ahead of our clock than this is a wrong date, and counted as such."""
SEGUNDO_ABERTO = timedelta(seconds=2)
"""So long after its beginning a second may still bring changes that carry it as their marker: itself, and another for their commit."""
SEGUNDO_ADIANTADO = timedelta(seconds=10)
"""So far ahead of the source's clock a marker may be, as another machine there stamped it, and its second still be to come.

A row further ahead is queued, but the watermark stays."""
INICIO = datetime(1753, 1, 1)
"""The first date that every engine's timestamp type can hold."""
RELOGIO_VALIDADE = 60.0
"""Seconds for which the difference between the source's clock and ours is taken as measured."""


class Carga:
    """Feeds queues from the origins of one system: ``fila`` gives the queue of an origin's process. Not shared between threads.

    ``passo``: only the origins of that search step; ``None`` for all.
    """

    def __init__(
        self,
        consultas: ConsultasSistema,
        fusion: Engine,
        fila: Callable[[str], Fila],
        marcas: Marcas,
        *,
        fuso: ZoneInfo,
        sobreposicao: timedelta,
        pagina: int,
        sem_marca: Literal["tudo", "agora"] = "tudo",
        passo: str | None = None,
    ) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.fila = fila
        self.marcas = marcas
        self.fuso = fuso
        self.sobreposicao = sobreposicao
        self.pagina = pagina
        self.sem_marca = sem_marca
        self.passo = passo
        self.numero: Callable[[str], int] = lambda _: marcas.integracao_id
        """IntegracaoID under which a process's records arrive."""
        self._abertas: set[tuple[str, str, str]] = set()
        self._relogio: tuple[float, timedelta] | None = None

    @property
    def origens(self) -> list[Origem]:
        return [o for o in self.consultas.origens if self.passo in (None, o.passo)]

    def executar(
        self, progresso: Callable[[ResultadoCarga], None] | None = None, *, janela: bool = True, resultado: ResultadoCarga | None = None
    ) -> ResultadoCarga:
        """Queue everything that changed since the last pass; safe to repeat and to run beside itself. Counts are added to ``resultado``.

        ``janela`` False leaves the overlap window out: for looks that follow one another closely, of which only some need it.
        """
        resultado = resultado or ResultadoCarga()
        with self.consultas.engine.connect() as con:
            for origem in self.origens:
                antes = resultado.enfileirados
                self._passar(con, origem, janela, resultado, progresso)
                resultado.por_origem[origem.nome] = resultado.enfileirados - antes
        return resultado

    def _passar(
        self, con: Connection, origem: Origem, janela: bool, resultado: ResultadoCarga, progresso: Callable[[ResultadoCarga], None] | None
    ) -> None:
        agora_la = self._agora_na_origem(con)
        inicio, chave = self._inicio(origem, janela, agora_la)
        # Asked before the rows are read: what commits in between changes the answer, and is looked for.
        na_janela = self._na_janela(con, origem, inicio) if janela else ""
        cursor, novas, limite = inicio, 0, self.pagina
        while True:
            linhas = self._pagina(con, origem, cursor, chave, limite)
            con.rollback()  # No snapshot of the hospital's database is held while we write to ours.
            if linhas:
                novas += self._gravar_pagina(origem, linhas, resultado, agora_la, do_inicio=inicio == INICIO)
                if progresso is not None:
                    progresso(resultado)
            if len(linhas) < limite:
                break
            marcador, ultima = linhas[-1]["marcador"], linhas[-1]["chave"]
            if marcador != cursor:
                limite = self.pagina
            elif chave is not None and ultima <= chave:
                # A driver that rounds the marker down hands out the same page for ever: only a longer one sees what lies behind it.
                limite *= 2
                continue
            cursor, chave = marcador, ultima
        if janela and not novas:
            self._assentar(origem, inicio, na_janela)

    def _pagina(self, con: Connection, origem: Origem, cursor: Any, chave: Any, limite: int) -> list[dict[str, Any]]:
        """Rows behind (cursor, chave). A driver may give a moment as text: left so, it would have no overlap window and no fixed width."""
        linhas = self.consultas.linhas(con, origem.sql, marcador=cursor, chave=chave, limite=limite)
        for linha in linhas:
            if isinstance(linha["marcador"], str):
                linha["marcador"] = self.consultas.sistema.ler_marcador(linha["marcador"])
        return linhas

    def marcar_inicio(self) -> None:
        """Set the watermark of every origin that has none to the source's now: what changes from here on is live traffic."""
        with self.consultas.engine.connect() as la:
            inicio = texto_marcador(self._agora_na_origem(la))
        for origem in self.origens:
            with self.fusion.begin() as con:
                self.marcas.travar(con, origem.nome)
                if self.marcas.ler(con, origem.nome) is None:
                    self.marcas.gravar(con, origem.nome, Marca(inicio, ""))

    def _agora(self) -> datetime:
        return datetime.now(self.fuso).replace(tzinfo=None)

    def _agora_na_origem(self, con: Connection) -> datetime:
        """The source's own clock, as the local time that its markers have."""
        if self._relogio is None or time.monotonic() - self._relogio[0] > RELOGIO_VALIDADE:
            # An engine whose clock we have no words for (IRIS) is taken to agree with us.
            la = con.execute(select(agora())).scalar_one() if con.dialect.name in AGORA else datetime.now(UTC)
            self._relogio = (time.monotonic(), la - datetime.now(UTC))
        return (datetime.now(UTC) + self._relogio[1]).astimezone(self.fuso).replace(tzinfo=None)

    def _inicio(self, origem: Origem, janela: bool, agora_la: datetime) -> tuple[Any, Any]:
        with self.fusion.connect() as con:
            marca = self.marcas.ler(con, origem.nome)
        if marca is None and self.sem_marca == "agora":
            self.marcar_inicio()
            with self.fusion.connect() as con:
                marca = self.marcas.ler(con, origem.nome)
        if marca is None or marca.marcador is None:
            return INICIO, None
        marcador = self.consultas.sistema.ler_marcador(marca.marcador)
        if janela or not marca.chave:
            return self._recuar(origem, marcador), None
        # In a second that is not over, smaller keys than the last one may still come.
        return marcador, None if self._aberto(marcador, agora_la) else self.consultas.sistema.chave_de(origem, marca.chave)

    def _na_janela(self, con: Connection, origem: Origem, inicio: Any) -> str:
        with self.fusion.connect() as fusion:
            marca = self.marcas.ler(fusion, origem.nome)
        linha = self.consultas.linhas(con, origem.sql_vigia, marcador=inicio)[0]
        return ver_janela(self.consultas, con, origem, inicio, marca.marcador if marca else None, linha)

    def _assentar(self, origem: Origem, inicio: Any, na_janela: str) -> None:
        """Keep the answer about the window behind this watermark, of which all is queued."""
        with self.fusion.begin() as con:
            marca = self.marcas.travar(con, origem.nome)
            if marca is None or marca.marcador is None or marca.na_janela == na_janela:
                return
            if self._recuar(origem, self.consultas.sistema.ler_marcador(marca.marcador)) == inicio:
                self.marcas.gravar(con, origem.nome, marca.settled(na_janela))

    def _recuar(self, origem: Origem, marcador: Any) -> Any:
        return marcador - origem.janela(self.sobreposicao) if isinstance(marcador, datetime) else marcador

    def _gravar_pagina(
        self, origem: Origem, linhas: list[dict[str, Any]], resultado: ResultadoCarga, agora_la: datetime, *, do_inicio: bool
    ) -> int:
        """Enqueue what is new of a page and move the watermark, in one transaction; how many rows were new, or may be yet.

        A watermark that somebody took away meanwhile, to have everything compared, stays away, unless that is what this pass does.
        """
        adiante, limite = agora_la + SEGUNDO_ADIANTADO, self._agora() + TOLERANCIA_RELOGIO
        validas = [linha for linha in linhas if not self._futura(linha, adiante)]
        resultado.lidos += len(linhas)
        with self.fusion.begin() as con:
            self.marcas.travar(con, origem.nome)
            marca = self.marcas.ler(con, origem.nome)
            vistas = self.marcas.vistas(con, origem.nome, [str(linha["chave"]) for linha in linhas])
            nao_vistas = [(par, linha) for par, linha in zip(_pares(linhas), linhas, strict=True) if par not in vistas]
            pares_novos = [(par, linha) for par, linha in nao_vistas if not self._ja_vista_aberta(origem, par, linha, agora_la)]
            novas = [linha for _, linha in pares_novos]
            if novas:
                resultado.enfileirados += self.fila(origem.processo).enfileirar(
                    con, (self._item(origem, x) for x in self._que_diferem(con, origem, novas))
                )
                resultado.futuros += sum(self._futura(linha, limite) for linha in novas)
            piso = None
            if validas:
                texto, chave = texto_marcador(validas[-1]["marcador"]), str(validas[-1]["chave"])
                piso = texto_marcador(self._recuar(origem, validas[-1]["marcador"]))
                # With something new the window is no longer what was counted, even where the watermark stays.
                mudou = marca is None or (marca.marcador, marca.chave) != (texto, chave) or (bool(novas) and marca.na_janela is not None)
                posta = marca is None or (do_inicio if marca.marcador is None else texto >= marca.marcador)
                if mudou and posta:
                    self.marcas.gravar(con, origem.nome, Marca(texto, chave))
                    self.marcas.podar(con, origem.nome, piso)
            fechadas = [par for par, linha in pares_novos if not self._aberto(linha["marcador"], agora_la)]
            self.marcas.marcar_vistas(con, origem.nome, [par for par in fechadas if piso is None or par[1] >= piso])
        self._abertas |= {(origem.nome, *par) for par, linha in pares_novos if self._aberto(linha["marcador"], agora_la)}
        self._abertas -= {(origem.nome, *par) for par in fechadas}
        return len(nao_vistas)

    def _que_diferem(self, con: Connection, origem: Origem, novas: Sequence[Linha]) -> Sequence[Linha]:
        """What goes on of new rows: all of them, those that are not what the copy has, or those that Fusion has not and no row is about."""
        if origem.ineditas:
            chaves = {str(x["chave"]) for x in novas}
            livro = Livro(self.fusion, self.numero(origem.processo), self.consultas.sistema.processo(origem.processo).entidade)
            entregues = {chave for chave, entrega in livro.ler(con, chaves).items() if not entrega.cancelado}
            conhecidas = entregues | self.fila(origem.processo).abertas(con, chaves - entregues).keys()
            return [x for x in novas if str(x["chave"]) not in conhecidas]
        return Espelho(origem.replica, self.marcas.integracao_id).gravar(con, novas) if origem.replica is not None else novas

    def _ja_vista_aberta(self, origem: Origem, par: tuple[str, str], linha: Linha, agora_la: datetime) -> bool:
        """Queued while its second was not over: a second change within it would look the same, so it is queued once more when it is."""
        return self._aberto(linha["marcador"], agora_la) and (origem.nome, *par) in self._abertas

    def _aberto(self, marcador: Any, agora_la: datetime) -> bool:
        """Whether more changes may still come with this very marker: one of whole seconds, and of a second that is not over."""
        if not isinstance(marcador, datetime) or marcador.microsecond:
            return False
        return -SEGUNDO_ADIANTADO < agora_la - _local(marcador, self.fuso) < SEGUNDO_ABERTO

    def _futura(self, linha: Linha, limite: datetime) -> bool:
        return isinstance(linha["marcador"], datetime) and _local(linha["marcador"], self.fuso) > limite

    @staticmethod
    def _item(origem: Origem, linha: Linha) -> ItemFila:
        prioridade = linha.get("prioridade", origem.prioridade)
        return ItemFila(str(linha["chave"]), str(linha["chave_paciente"] or ""), linha["operacao"], prioridade)
