"""JSON and HL7 records as the loop's work. One batch: reserved, read, mapped and compared with the ledger; and, once it travelled, its outcomes written in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Engine

from include.fusion.delivery.result import Resultado
from include.fusion.delivery.route import Via
from include.fusion.delivery.sender import Envio, Remessa
from include.fusion.delivery.work import Work
from include.fusion.errors import motivo_de
from include.fusion.model.content import pacote
from include.fusion.reading.reader import Lido, Pronto
from include.fusion.store.filas import Desfecho, Registro
from include.fusion.store.ledger import ENVIO, EXCLUSAO, Entrega

EXCLUIDO = "excluído na origem antes desta entrega; o cancelamento está na fila"
AUSENTE = "registro não encontrado na origem (apagado entre a fila e a leitura)"


@dataclass
class Lote:
    """Records reserved together, of one queue: how many they were, and those that must travel."""

    via: Via
    reservados: int
    envios: list[Envio]

    def __len__(self) -> int:
        return self.reservados


class Lotes(Work[Lote, Resultado]):
    """Takes batches of several queues in turn."""

    def __init__(self, fusion: Engine, vias: Sequence[Via], remessa: Remessa, dono: str) -> None:
        super().__init__([via.fila for via in vias], dono, remessa.p, remessa.cliente, Resultado())
        self.fusion = fusion
        self.vias = vias
        self.remessa = remessa
        self._vez = 0
        self._trava = threading.Lock()

    def preparar(self, quantos: int) -> Lote | None:
        for _ in self.vias:
            via = self.vias[self._vez % len(self.vias)]
            # In turn, batch by batch: a queue that never gets empty must not keep the others waiting.
            self._vez += 1
            if registros := via.fila.reservar(quantos, self.dono, self.prazo):
                return Lote(via, len(registros), self._ler(via, registros))
        return None

    def _ler(self, via: Via, registros: Sequence[Registro]) -> list[Envio]:
        lidos = via.ler([r for r in registros if r.operacao != EXCLUSAO and not self.interrompido(r)])
        sumidos = [chave for chave, lido in lidos.items() if lido is None]
        with self.fusion.begin() as con:
            excluidos = via.fila.excluidos(con, sumidos) if sumidos else set()
            entregas = via.livro.ler(con, [r.chave for r in registros])
            envios = [self._montar(via, r, lidos.get(r.chave), entregas.get(r.chave)) for r in registros]
            for envio in envios:
                if envio.desfecho is not None and envio.desfecho.motivo == AUSENTE and envio.registro.chave in excluidos:
                    envio.desfecho = Desfecho(envio.registro, "descartado", motivo=EXCLUIDO)
            a_enviar = [envio for envio in envios if envio.desfecho is None]
            # What need not travel ends here: it must not hold its patient for as long as the others are under way.
            via.fila.registrar(con, self.dono, [envio.desfecho for envio in envios if envio.desfecho is not None])
            # Written ahead, before anything leaves: whoever finds these rows after a crash knows what Fusion may have.
            numeros = via.livro.anunciar(con, [(envio.registro.chave, envio.versao) for envio in a_enviar])
        self._contar(envios)
        for envio in a_enviar:
            envio.chave = via.livro.chave_idempotencia(envio.registro.chave, envio.versao, numeros[envio.registro.chave])
        return a_enviar

    def _montar(self, via: Via, registro: Registro, lido: Lido | Pronto, entrega: Entrega | None) -> Envio:
        if motivo := self.interrompido(registro):
            return Envio(registro, Desfecho(registro, "erro", motivo=motivo))
        if registro.operacao == EXCLUSAO or (lido is None and via.cancelar_ausentes):
            if entrega is None or entrega.cancelado:
                return Envio(registro, Desfecho(registro, "concluido", motivo="nada a cancelar no Fusion"))
            return Envio(registro, versao=EXCLUSAO, rota=via.destino.cancelar(registro.chave), metodo="DELETE")
        if lido is None:
            return Envio(registro, Desfecho(registro, "erro", motivo=AUSENTE))
        if isinstance(lido, Exception):
            return Envio(registro, Desfecho(registro, "erro", motivo=motivo_de(lido)))
        if isinstance(lido, Pronto):
            return Envio(registro, dados=lido.dados, versao=lido.versao, rota=via.destino.rota)
        texto, versao = pacote(lido)
        if entrega is not None and entrega.tem(versao) and not via.sempre:
            return Envio(registro, Desfecho(registro, "concluido", motivo="conteúdo inalterado", versao=versao))
        dados = orjson.dumps(via.destino.envelopar(orjson.Fragment(texto)))
        return Envio(registro, dados=dados, versao=versao, rota=via.destino.rota)

    def gravar(self, lote: Lote) -> None:
        fila, livro = lote.via.fila, lote.via.livro
        desfechos = [envio.desfecho for envio in lote.envios if envio.desfecho is not None]
        with self.fusion.begin() as con:
            gravados = fila.ainda_meus(con, self.dono, [d.registro.id for d in desfechos])
            fila.registrar(con, self.dono, desfechos)
            meus = [envio for envio in lote.envios if envio.chave and envio.registro.id in gravados]
            confirmados = [envio for envio in meus if envio.desfecho is not None and envio.desfecho.situacao == "concluido"]
            operacoes = {"DELETE": EXCLUSAO, "POST": ENVIO}
            livro.gravar(con, [(e.registro.chave, e.versao, operacoes[e.metodo]) for e in confirmados])
            livro.retirar(con, [e.registro.chave for e in meus if e.recusado])
        self._contar(lote.envios)

    async def enviar(self, lote: Lote) -> None:
        await self.remessa.enviar(lote.envios)
        self.fora_do_ar = self.remessa.fora_do_ar

    def found(self, novos: int) -> None:
        self.resultado.enfileirados += novos

    def _contar(self, envios: Sequence[Envio]) -> None:
        with self._trava:  # One batch is counted while the next is being read.
            for envio in envios:
                self.resultado.somar(envio)
