"""From patients' pendencies to messages in ``PacienteArquivo``, as the delivery loop's work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from include.fusion.delivery.outbox import Arquivo, Arquivos
from include.fusion.delivery.result import check_share
from include.fusion.delivery.work import Parametros, Work
from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.sistemas.trackcare.system import Item, Plano, a_enviar, estado
from include.fusion.store.filas import Desfecho, Fila, Registro
from include.fusion.store.filas.messages import Recusa
from include.fusion.store.ledger import ENVIO, EXCLUSAO, REENVIO, Entrega, Livro

AUSENTE = "paciente não encontrado na origem"
DURACAO_MAX = 30.0
"""Seconds of one turn: behind an initial load's million patients the messages that are made would wait for hours, and live ones with them."""
Lidos = Mapping[str, Plano | Exception | None]
"""Patient's key → what there is to say, the error that keeps it from being said, or ``None`` when the source has no such patient."""


@dataclass
class ResultadoPendencias:
    """Counts: patients looked up, messages made and queued, things that said nothing new, patients with a reason to look at."""

    pacientes: int = 0
    mensagens: int = 0
    inalteradas: int = 0
    erros: int = 0

    def somar(self, outro: ResultadoPendencias) -> None:
        for nome, valor in vars(outro).items():
            setattr(self, nome, getattr(self, nome) + valor)

    def conferir(self, parcela_max: float, minimo: int) -> None:
        """Raise ``MuitosErros`` when more than ``parcela_max`` (0 to 1) of at least ``minimo`` patients had something that cannot be said."""
        conselho = (
            "O que pôde ser dito segue para o envio; os motivos estão em PendenciaIntegracao. Corrija a causa (De/Para, charset) e limpe"
            " esta tarefa: eles serão relidos."
        )
        check_share(self.erros, self.pacientes, parcela_max, minimo, "pacientes com algo recusado", conselho)


@dataclass
class Lote:
    """Patients in hand, what there is to say of them, and why something cannot be said."""

    registros: list[Registro]
    planos: dict[str, Plano]
    motivos: dict[str, list[str]]

    def __len__(self) -> int:
        return len(self.registros)


class Preparo(Work[Lote, ResultadoPendencias]):
    """Makes messages of the patients that wait in ``pendencias``: what the ledger does not have in this very state. Nothing travels; ``lote`` at
    a time.

    Messages, ledger and the pendencies' outcomes are one transaction: who is killed has done all of a batch or nothing. What could not be
    mapped leaves the pendency in ``erro`` with its reason; the patient's other messages travel. A message that was refused does not count
    as sent: looked at again, its subject gets a new one in its place. What of it Fusion had before, it still has: the ledger's ``operacao``
    tells whether that was anything. A message that ended without an answer may have arrived: it is sent again as it is.
    """

    def __init__(
        self,
        pendencias: Fila,
        ler: Callable[[Sequence[str]], Lidos],
        arquivos: Arquivos,
        livro: Livro,
        engine: Engine,
        dono: str,
        lote: int,
    ) -> None:
        # In order, and until the turn is over; refusals are judged by the task, over all its turns.
        p = Parametros(lote=lote, max_por_ciclo=sys.maxsize, permanencia=0, duracao_max=DURACAO_MAX, lanes=1, parcela_erro_max=1)
        super().__init__([pendencias], dono, p, nullcontext(), ResultadoPendencias())
        self.pendencias = pendencias
        self.ler = ler
        self.arquivos = arquivos
        self.livro = livro
        self.engine = engine

    def preparar(self, quantos: int) -> Lote | None:
        registros = self.pendencias.reservar(quantos, self.dono, self.prazo)
        if not registros:
            return None
        lidos = self.ler([r.chave for r in registros if not self.interrompido(r)])
        lote = Lote(registros, {}, {})
        for registro in registros:
            lido = lidos.get(registro.chave)
            if motivo := self.interrompido(registro):
                lote.motivos[registro.chave] = [motivo]
            elif lido is None or isinstance(lido, Exception):
                lote.motivos[registro.chave] = [AUSENTE if lido is None else motivo_de(lido)]
            else:
                lote.planos[registro.chave], lote.motivos[registro.chave] = lido, list(lido.recusas)
        return lote

    def gravar(self, lote: Lote) -> None:
        self.arquivos.fila.repetir_incertas(list(lote.planos))
        with self.engine.begin() as con:
            # Only what is still ours: another worker may have taken a row over while we read.
            meus = self.pendencias.ainda_meus(con, self.dono, [r.id for r in lote.registros])
            nossos = {r.chave: lote.planos[r.chave] for r in lote.registros if r.id in meus and r.chave in lote.planos}
            mensagens, iguais = self._montar(con, nossos, lote.motivos)
            self.arquivos.guardar(con, mensagens)
            desfechos = [_desfecho(r, lote.motivos[r.chave]) for r in lote.registros]
            self.pendencias.registrar(con, self.dono, desfechos)
        erros = sum(d.situacao == "erro" for d in desfechos)
        self.resultado.somar(ResultadoPendencias(len(lote.registros), len(mensagens), iguais, erros))

    def _montar(self, con: Connection, planos: Mapping[str, Plano], motivos: Mapping[str, list[str]]) -> tuple[list[Arquivo], int]:
        """Messages of what is new, in order, noted in the ledger; how many items were not. What cannot be made adds to ``motivos``."""
        refeitas = self.arquivos.fila.recusadas(con, list(planos))
        entidades = {item.entidade for plano in planos.values() for item in plano.itens}
        antes = _sem_recusas(self.livro.ler(con, entidades), refeitas)
        novos = [(paciente, item) for paciente, plano in planos.items() for item in a_enviar(plano, antes)]
        numeros = self.livro.anunciar(con, [(item.entidade, item.versao if item.ativo else EXCLUSAO) for _, item in novos])
        momento = datetime.now(UTC)
        mensagens, feitos = [], []
        for paciente, item in novos:
            try:
                mensagem = item.montar(estado(item, antes, numeros[item.entidade], momento))
            except RegistroInvalido as erro:
                motivos[paciente].append(f"{motivo_de(erro)} ({item.entidade})")
                continue
            mensagens.append(Arquivo(paciente, item.entidade, mensagem, abre=_operacao(item, antes) == ENVIO))
            feitos.append(item)
        presos = {item.entidade for _, item in novos} - {item.entidade for item in feitos}
        self.livro.gravar(con, [(item.entidade, item.versao, _operacao(item, antes)) for item in feitos])
        self.livro.retirar(con, presos)
        self.arquivos.fila.substituir(con, [c for assunto in refeitas.keys() & (entidades - presos) for c in refeitas[assunto].controles])
        return mensagens, sum(len(plano.itens) for plano in planos.values()) - len(novos)


def _sem_recusas(livro: Mapping[str, Entrega], refeitas: Mapping[str, Recusa]) -> dict[str, Entrega]:
    """The ledger without what was refused, which it had hoped for: what was alive before is alive still, with a content unknown."""
    antes = {e: entrega for e, entrega in livro.items() if e not in refeitas}
    recusas = {e: refeitas[e] for e in livro.keys() & refeitas.keys()}
    vivas = {e: livro[e] for e, recusa in recusas.items() if livro[e].operacao in (REENVIO, EXCLUSAO) and not recusa.desconhecido}
    return antes | {e: entrega._replace(versao=None, operacao=REENVIO) for e, entrega in vivas.items()}


def _operacao(item: Item, antes: Mapping[str, Entrega]) -> str:
    entrega = antes.get(item.entidade)
    return EXCLUSAO if not item.ativo else ENVIO if entrega is None or entrega.cancelado else REENVIO


def _desfecho(registro: Registro, motivos: Sequence[str]) -> Desfecho:
    return Desfecho(registro, "erro" if motivos else "concluido", motivo="; ".join(motivos) or None)
