"""Change by comparison: tables that keep a version per row and no moment of change, against what was last seen of them.

The source sums each block of keys; only blocks whose number of rows or sum differ from the stored ones are read and compared row by row.
What is stored of a block is made of the rows that were read, never of the sums that were asked for before: a commit in between makes the
next sums differ, and is seen then. A block's new image and what it puts into the queue are one transaction of the integration database.

Very first pass: the records' own table comes last, and queues them all; what the other tables hold by then is part of them, and needs no
row of its own. From the first block of records on, every table speaks for itself.

A table that lost most of its rows at once is no change but a sick source (a restore fills tables one after another): the look ends with
an error before anything of it is queued. What was delivered meanwhile was read with such a table: once it is whole again, it is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select

from include.fusion.change import compare
from include.fusion.change.compare import Comparador, contadores, do_passo
from include.fusion.change.result import ResultadoCarga
from include.fusion.errors import OrigemEncolheu
from include.fusion.reading.spec import Linha, Retrato
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.filas.types import Operacao
from include.fusion.store.tables import retrato as tabela
from include.fusion.store.watermarks import Marcas

FOLGA = timedelta(minutes=5)
"""How long a table may have been losing rows before a look noticed."""
_LISTA_MAX = 500
Estado = list[Any]
"""What is kept of a row: version, active (0 or 1), key of its record, patient's key, its parcela."""


class Retratos:
    """Queues what differs from what was last seen: ``fila`` gives the queue of a process. Not shared between threads.

    ``pagina``: rows that are read and compared together, at most (a block at least). ``perda_max``: share of a table's rows that may vanish
    between two looks. ``entregues``: keys of the records that Fusion confirmed since a moment.
    """

    def __init__(
        self,
        consultas: ConsultasSistema,
        fusion: Engine,
        fila: Callable[[str], Fila],
        marcas: Marcas,
        *,
        entregues: Callable[[Connection, datetime], Collection[str]],
        pagina: int,
        passo: str | None = None,
        perda_max: float = 1.0,
    ) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.fila = fila
        self.marcas = marcas
        self.retratos = do_passo(consultas, passo)
        self._entregues = entregues
        self._blocos = max(1, pagina // compare.BLOCO)
        self._comparador = Comparador(consultas, marcas, perda_max)
        self._iniciado = False
        self._encolhidas: set[str] | None = None

    def executar(self, resultado: ResultadoCarga, ao_avancar: Callable[[object], None] | None = None) -> None:
        """Compare every table that may have changed, all of them at first; safe to repeat and to run beside itself."""
        if not self.retratos:
            return
        with self.fusion.connect() as nossa:
            inicial = not self._comecou(nossa)
        with self.consultas.engine.connect() as con:
            # Counters before sums: a write in between moves them once more.
            moveu = contadores(self.consultas, con)
            con.rollback()
            for retrato in self.retratos:
                sinal = moveu.get(retrato.tabela)
                if not inicial and not self._comparador.vale(retrato, sinal):
                    continue
                resultado.por_origem.setdefault(retrato.nome, 0)
                try:
                    blocos = self._comparador.diferentes(con, self.fusion, retrato, sinal)
                except OrigemEncolheu:
                    self._notar_encolhida(retrato)
                    raise
                for i in range(0, len(blocos), self._blocos):
                    lote = blocos[i : i + self._blocos]
                    self._atualizar(con, retrato, lote, resultado, calado=inicial and not retrato.principal)
                    if ao_avancar is not None:
                        ao_avancar(resultado)
                if retrato.nome in self._ainda_encolhidas():
                    self._reler_entregues(retrato, resultado)

    def _ainda_encolhidas(self) -> set[str]:
        """Tables that were found sick and not whole again since, in whatever process."""
        if self._encolhidas is None:
            with self.fusion.connect() as nossa:
                self._encolhidas = {r.nome for r in self.retratos if self.marcas.sick_since(nossa, r.nome)}
        return self._encolhidas

    def _notar_encolhida(self, retrato: Retrato) -> None:
        if retrato.nome not in self._ainda_encolhidas():
            with self.fusion.begin() as nossa:
                self.marcas.note_health(nossa, retrato.nome, sick=True)
            self._ainda_encolhidas().add(retrato.nome)

    def _reler_entregues(self, retrato: Retrato, resultado: ResultadoCarga) -> None:
        """Queue what was delivered or refused while ``retrato`` was sick: it was read without that table's rows, and no row of it will change."""
        principal = next((r for r in self.retratos if r.principal), retrato)
        self.fila(principal.processo).reenviar_erros()
        with self.fusion.begin() as nossa:
            if desde := self.marcas.sick_since(nossa, retrato.nome, lock=True):
                vivos = self._conhecidos(nossa, self._entregues(nossa, desde - FOLGA))
                itens = [ItemFila(chave, paciente or "", "alteracao") for chave, paciente in sorted(vivos.items())]
                resultado.somar(retrato.nome, 0, self.fila(principal.processo).enfileirar(nossa, itens) if itens else 0)
                self.marcas.note_health(nossa, retrato.nome, sick=False)
        self._ainda_encolhidas().discard(retrato.nome)

    def _comecou(self, con: Connection) -> bool:
        """Whether anything is stored of the records' own table."""
        principal = next((r for r in self.retratos if r.principal), None)
        if not self._iniciado and principal is not None:
            self._iniciado = con.execute(select(tabela.c.bloco).where(*self._comparador.destes(principal)).limit(1)).first() is not None
        return self._iniciado or principal is None

    def _atualizar(self, con: Connection, retrato: Retrato, blocos: Sequence[int], resultado: ResultadoCarga, *, calado: bool) -> None:
        t, destes = tabela.c, [*self._comparador.destes(retrato), tabela.c.bloco.in_(blocos)]
        with self.fusion.begin() as nossa:
            # The lock before the rows: of two that read at once, the later reader must also be the later writer.
            self.marcas.travar(nossa, retrato.nome)
            antes: dict[str, Estado] = {}
            for (conteudo,) in nossa.execute(select(t.conteudo).where(*destes)):
                antes |= orjson.loads(conteudo)
            novos: dict[int, tuple[dict[str, Estado], int]] = {}
            for faixa in juntar(blocos, self._blocos):
                linhas = self.consultas.linhas(con, retrato.sql, de=faixa[0] * compare.BLOCO, ate=(faixa[-1] + 1) * compare.BLOCO)
                novos |= _por_bloco(linhas, frozenset(faixa))
            con.rollback()
            depois = {pk: estado for estados, _ in novos.values() for pk, estado in estados.items()}
            mudadas = [pk for pk in antes.keys() | depois.keys() if antes.get(pk) != depois.get(pk)]
            resultado.regressivas += sum(pk in antes and pk in depois and _voltou(antes[pk], depois[pk]) for pk in mudadas)
            # Asked after the rows were read: records that another pass queues later than this are read with all that these rows say.
            itens = [] if calado and not self._comecou(nossa) else self._itens(con, nossa, retrato, mudadas, antes, depois)
            resultado.somar(retrato.nome, len(mudadas), self.fila(retrato.processo).enfileirar(nossa, itens) if itens else 0)
            nossa.execute(delete(tabela).where(*destes))
            if novos:
                chave = self._comparador.chave(retrato)
                nossa.execute(insert(tabela), [{**chave, **_linha(b, estados, soma)} for b, (estados, soma) in sorted(novos.items())])
            self.marcas.done(nossa, retrato.nome)

    def _itens(
        self,
        con: Connection,
        nossa: Connection,
        retrato: Retrato,
        mudadas: Sequence[str],
        antes: Mapping[str, Estado],
        depois: Mapping[str, Estado],
    ) -> list[ItemFila]:
        """One per record that a changed row reaches: the one it belonged to, and the one it belongs to now."""
        if retrato.principal:
            return [_do_registro(antes.get(pk), depois.get(pk)) for pk in sorted(mudadas, key=int)]
        estados = [e for pk in mudadas for e in (antes.get(pk), depois.get(pk)) if e is not None]
        if retrato.sql_alvos:
            pares = self._alcancados(con, retrato.sql_alvos, sorted({e[3] for e in estados if e[3]}))
        else:
            pares = {e[2]: e[3] for e in estados if e[2]}
            apagadas = pares.keys() - {depois[pk][2] for pk in mudadas if pk in depois}
            for chave in apagadas - self._conhecidos(nossa, apagadas).keys():
                del pares[chave]  # The record went before this row of its: it is cancelled already, and there is nothing to read.
        return [ItemFila(chave, paciente or "", "alteracao") for chave, paciente in sorted(pares.items())]

    def _conhecidos(self, nossa: Connection, chaves: Collection[str]) -> dict[str, str | None]:
        """Which of these records the stored image has, with their patients."""
        principal = next((r for r in self.retratos if r.principal), None)
        if principal is None:
            return dict.fromkeys(chaves)
        t, blocos, achados = tabela.c, sorted({int(chave) // compare.BLOCO for chave in chaves}), dict[str, str | None]()
        for i in range(0, len(blocos), _LISTA_MAX):
            onde = (*self._comparador.destes(principal), t.bloco.in_(blocos[i : i + _LISTA_MAX]))
            for (conteudo,) in nossa.execute(select(t.conteudo).where(*onde)):
                achados |= {estado[2]: estado[3] for estado in orjson.loads(conteudo).values()}
        return {chave: achados[chave] for chave in achados.keys() & set(chaves)}

    def _alcancados(self, con: Connection, arquivo: str, pacientes: Sequence[str]) -> dict[str, str]:
        comando = self.consultas.sql(arquivo).bindparams(bindparam("pacientes", expanding=True))
        tipo = self.consultas.sistema.tipo_chave
        pares: dict[str, str] = {}
        for i in range(0, len(pacientes), _LISTA_MAX):
            achados = con.execute(comando, {"pacientes": [tipo(p) for p in pacientes[i : i + _LISTA_MAX]]})
            pares |= {str(chave): str(paciente) for chave, paciente in achados}
        con.rollback()
        return pares


def juntar(blocos: Sequence[int], quantos: int) -> Iterator[list[int]]:
    """Blocks in order, put together where one range of ``quantos`` blocks holds them: each is one statement at the source."""
    grupo: list[int] = []
    for bloco in blocos:
        if grupo and bloco - grupo[0] >= quantos:
            yield grupo
            grupo = []
        grupo.append(bloco)
    if grupo:
        yield grupo


def _texto(valor: Any) -> str | None:
    return None if valor is None else str(valor)


def _por_bloco(linhas: Sequence[Linha], blocos: frozenset[int]) -> dict[int, tuple[dict[str, Estado], int]]:
    """State by key and sum of every block of ``blocos`` that has rows."""
    achados: dict[int, tuple[dict[str, Estado], int]] = {}
    for x in linhas:
        pk = int(x["pk"])
        if (bloco := pk // compare.BLOCO) in blocos:
            estados, soma = achados.get(bloco, ({}, 0))
            parcela = int(x["parcela"])
            estados[str(pk)] = [int(x["versao"]), int(bool(x["ativo"])), _texto(x["chave"]), _texto(x["chave_paciente"]), parcela]
            achados[bloco] = (estados, soma + parcela)
    return achados


def _voltou(antes: Estado, depois: Estado) -> bool:
    """Whether a restored database shows: a smaller version, or another row under the same key and version."""
    return depois[0] < antes[0] or (depois[0] == antes[0] and depois[4] != antes[4])


def _linha(bloco: int, estados: Mapping[str, Estado], soma: int) -> dict[str, Any]:
    return {"bloco": bloco, "quantidade": len(estados), "soma": soma, "conteudo": orjson.dumps(estados).decode()}


def _do_registro(antes: Estado | None, depois: Estado | None) -> ItemFila:
    estado = depois or antes
    assert estado is not None
    vivo = depois is not None and depois[1]
    operacao: Operacao = "exclusao" if not vivo else "inclusao" if antes is None else "alteracao"
    return ItemFila(estado[2], estado[3] or "", operacao)
