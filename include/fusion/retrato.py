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

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, bindparam, delete, insert, select
from sqlalchemy.sql.elements import ColumnElement

from include.fusion.carga import ResultadoCarga
from include.fusion.erros import OrigemEncolheu
from include.fusion.filas import Fila, ItemFila
from include.fusion.filas.tipos import Operacao
from include.fusion.leitura import ConsultasSistema
from include.fusion.marcas import Marca, Marcas
from include.fusion.sistemas.base import Linha, Retrato
from include.fusion.tabelas import retrato as tabela

BLOCO = 500
"""Keys per block."""
RENOVACAO = 10.0
"""Seconds after which a table is compared whatever the source's counters say: PostgreSQL reports them up to so late."""
DESCANSO_MOVIDA, DESCANSO_PARADA = 4, 19
"""A table rests this many times as long as its last comparison took, where its counter moved and where only time has passed."""
PERDA_MIN = 200
"""Rows that may vanish from a table between two looks whatever their share of it."""
FOLGA = timedelta(minutes=5)
"""How long a table may have been losing rows before a look noticed."""
ENCOLHIDA = "encolhida:"
"""Watermark, with a table's name behind it, that says since when it is sick."""
_LISTA_MAX = 500
Estado = list[Any]
"""What is kept of a row: version, active (0 or 1), key of its record, patient's key, its parcela."""
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
        self._blocos = max(1, pagina // BLOCO)
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
                marcas = {r.nome: self.marcas.ler(nossa, ENCOLHIDA + r.nome) for r in self.retratos}
            self._encolhidas = {nome for nome, marca in marcas.items() if marca is not None and marca.marcador}
        return self._encolhidas

    def _notar_encolhida(self, retrato: Retrato) -> None:
        if retrato.nome not in self._ainda_encolhidas():
            with self.fusion.begin() as nossa:
                self.marcas.gravar(nossa, ENCOLHIDA + retrato.nome, Marca("sim"))
            self._ainda_encolhidas().add(retrato.nome)

    def _reler_entregues(self, retrato: Retrato, resultado: ResultadoCarga) -> None:
        """Queue what was delivered or refused while ``retrato`` was sick: it was read without that table's rows, and no row of it will change."""
        principal = next((r for r in self.retratos if r.principal), retrato)
        self.fila(principal.processo).reenviar_erros()
        with self.fusion.begin() as nossa:
            marca = self.marcas.travar(nossa, ENCOLHIDA + retrato.nome)
            if marca is not None and marca.marcador and marca.executado_em is not None:
                vivos = self._conhecidos(nossa, self._entregues(nossa, marca.executado_em - FOLGA))
                itens = [ItemFila(chave, paciente or "", "alteracao") for chave, paciente in sorted(vivos.items())]
                resultado.somar(retrato.nome, 0, self.fila(principal.processo).enfileirar(nossa, itens) if itens else 0)
                self.marcas.gravar(nossa, ENCOLHIDA + retrato.nome, Marca(None))
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
                linhas = self.consultas.linhas(con, retrato.sql, de=faixa[0] * BLOCO, ate=(faixa[-1] + 1) * BLOCO)
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
            self.marcas.gravar(nossa, retrato.nome, Marca(None))

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
        t, blocos, achados = tabela.c, sorted({int(chave) // BLOCO for chave in chaves}), dict[str, str | None]()
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
        if (bloco := pk // BLOCO) in blocos:
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


class VigiaRetratos:
    """The watcher's question: does any table differ? An answer holds until its counter or its stored image moves, or time has passed."""

    def __init__(self, consultas: ConsultasSistema, fusion: Engine, marcas: Marcas, *, passo: str | None = None) -> None:
        self.consultas = consultas
        self.fusion = fusion
        self.retratos = do_passo(consultas, passo)
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
