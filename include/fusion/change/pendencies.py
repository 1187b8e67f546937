"""Application pendencies in Fusion as work: each becomes a queue row, and is concluded once that row was dealt with.

A pendency is remembered as queued in the transaction that queues it, and is done with when, remembered, its key has no row left to process:
whatever was read for that row was read after the pendency came. No clock takes part, since those of Fusion, of the hub and of whoever
announces may disagree. A task that was killed between delivering and concluding loses nothing: the next look concludes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine

from include.fusion.change.result import ResultadoCarga
from include.fusion.errors import FusionError
from include.fusion.http.fusion import ClienteFusion
from include.fusion.store.filas import Fila, ItemFila
from include.fusion.store.watermarks import Marca, Marcas

ORIGEM = "aplicacao_pendencia"


class Pendencia(NamedTuple):
    """One open pendency: Fusion's id of it, the record that it is about, and its JSON."""

    id: int
    chave: str
    dados: dict[str, Any]

    @property
    def marcador(self) -> str:
        return _marcador(self.id)


class Pendencias:
    """The open pendencies of one application, as announced by some integrations (``atende``). Not shared between threads."""

    CONEXOES = 8
    """Conclusions sent at once."""

    def __init__(
        self,
        fusion: Engine,
        fila: Fila,
        marcas: Marcas,
        cliente: ClienteFusion,
        *,
        rota: str,
        aplicacao: str,
        atende: Sequence[int],
        pagina: int,
    ) -> None:
        self.fusion = fusion
        self.fila = fila
        self.marcas = marcas
        self.cliente = cliente
        self.rota = rota
        self.aplicacao = aplicacao
        self.atende = atende
        self.pagina = pagina

    def executar(self, ao_avancar: Callable[[ResultadoCarga], None] | None = None, *, janela: bool = True) -> ResultadoCarga:
        """Queue what is new, conclude what is done (also counted, in ``por_origem``). ``janela`` means nothing here.

        Raises ``FusionIndisponivel`` and, when everything else is done, the ``FusionError`` of a conclusion that Fusion refused.
        """
        resultado = ResultadoCarga(por_origem={ORIGEM: 0, "concluidas": 0})
        asyncio.run(self._percorrer(resultado, ao_avancar or (lambda _: None)))
        return resultado

    def ha_trabalho(self, marcas: Mapping[str, Marca]) -> bool:
        """Whether a pendency is new, or done and not concluded yet. Watermarks take no part."""
        return asyncio.run(self._ha_trabalho())

    async def _ha_trabalho(self) -> bool:
        async with self.cliente:
            async for abertas in self._paginas():
                with self.fusion.connect() as con:
                    if any(self._separar(con, abertas)):
                        return True
        return False

    async def _percorrer(self, resultado: ResultadoCarga, ao_avancar: Callable[[ResultadoCarga], None]) -> None:
        recusas: list[FusionError] = []
        ids: set[int] = set()
        concluidas: set[int] = set()
        async with self.cliente:
            async for abertas in self._paginas():
                with self.fusion.begin() as con:
                    novas, feitas = self._separar(con, abertas)
                    enfileiradas = self.fila.enfileirar(con, [ItemFila(p.chave) for p in novas])
                    self.marcas.marcar_vistas(con, ORIGEM, [(p.chave, p.marcador) for p in novas])
                erros = await self._concluir(feitas)
                recusas += erros.values()
                ids |= {p.id for p in abertas}
                concluidas |= {p.id for p, _ in feitas if p.id not in erros}
                resultado.lidos += len(abertas)
                resultado.enfileirados += enfileiradas
                resultado.por_origem = {ORIGEM: resultado.enfileirados, "concluidas": len(concluidas)}
                ao_avancar(resultado)
        if ids:
            # Nothing need be remembered of pendencies that are no longer open.
            with self.fusion.begin() as con:
                self.marcas.podar(con, ORIGEM, _marcador(min(ids - concluidas, default=max(ids) + 1)))
        if recusas:
            raise recusas[0]

    async def _paginas(self) -> AsyncIterator[list[Pendencia]]:
        """Open pendencies of ours, in the order in which they came."""
        for integracao_id in self.atende:
            depois = 0
            while True:
                filtro = f"abertas=true&integracaoId={integracao_id}&limite={self.pagina}" + (f"&depoisDe={depois}" if depois else "")
                itens = (await self.cliente.enviar("GET", f"{self.rota}?{filtro}"))["itens"]
                nossas = [i for i in itens if i["pendencia"]["aplicacao"] == self.aplicacao]
                if nossas:
                    yield [Pendencia(i["id"], str(i["pendencia"]["idEntidade"]), i["pendencia"]) for i in nossas]
                if len(itens) < self.pagina:
                    break
                depois = itens[-1]["id"]

    def _separar(self, con: Connection, pendencias: Sequence[Pendencia]) -> tuple[list[Pendencia], list[tuple[Pendencia, str | None]]]:
        """(new, done with the reason of a refusal); those still in the queue are neither."""
        chaves = [p.chave for p in pendencias]
        vistas = self.marcas.vistas(con, ORIGEM, chaves)
        linhas = self.fila.abertas(con, chaves)  # After the marks: a row that was queued with one is seen.
        novas = [p for p in pendencias if (p.chave, p.marcador) not in vistas]
        feitas = []
        for p in pendencias:
            situacao, motivo = linhas.get(p.chave, ("", None))
            if (p.chave, p.marcador) in vistas and situacao not in ("pendente", "reservado"):
                feitas.append((p, (motivo or "recusado") if situacao == "erro" else None))
        return novas, feitas

    async def _concluir(self, feitas: Sequence[tuple[Pendencia, str | None]]) -> dict[int, FusionError]:
        """Conclude all; the refusals by pendency's id. Raises when Fusion cannot be reached."""
        vagas = asyncio.Semaphore(self.CONEXOES)
        agora = datetime.now(UTC).isoformat(timespec="milliseconds")
        recusas: dict[int, FusionError] = {}

        async def concluir(pendencia: Pendencia, motivo: str | None) -> None:
            dados = pendencia.dados | {"dataProcessamento": agora} | ({"erro": motivo} if motivo else {})
            corpo = orjson.dumps(dados)
            chave = f"{self.fila.escopo.integracao_id}-conclusao-{hashlib.sha256(corpo).hexdigest()[:40]}"
            async with vagas:
                try:
                    await self.cliente.enviar("POST", self.rota, corpo, chave=chave)
                except FusionError as erro:
                    recusas[pendencia.id] = erro

        for feito in await asyncio.gather(*(concluir(*f) for f in feitas), return_exceptions=True):
            if feito is not None:
                raise feito
        return recusas


def _marcador(id: int) -> str:
    """Text whose order is that of the ids."""
    return f"{id:019d}"
