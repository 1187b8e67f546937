"""One batch of observations on its way to the EHR: bundles, every entry's own outcome, single requests where a bundle will not do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from include.fusion.errors import FusionHubError, RegistroInvalido, motivo_de
from include.fusion.fhir.http.client import ClienteFhir, Resposta, esperas, id_de, por_identificador, versao_de
from include.fusion.fhir.http.errors import (
    FhirConflito,
    FhirDuplicado,
    FhirIndisponivel,
    FhirNaoAutorizado,
    erro_de,
    esgotado,
    servidor_fora,
    transitorio,
)
from include.fusion.fhir.http.log import anotar
from include.fusion.fhir.mapping import observation
from include.fusion.fhir.mapping.validate import conferir
from include.fusion.fhir.platform.repository import Enviada, ObservacaoLocal
from include.fusion.fhir.push.patients import Pessoas
from include.fusion.store.filas import Registro

TIPO = "Observation"
PROVAS = 3
"""Records of a bundle that got a 500 which are tried alone before the server is to blame."""


@dataclass
class Item:
    """One reserved row on its way. At the end it has an ``enviada`` or a ``falha``."""

    registro: Registro
    local: ObservacaoLocal
    sujeito: str = ""
    """Reference to its patient in the EHR."""
    recurso: dict[str, Any] | None = None
    versao: str | None = None
    """Present version in the EHR, for an update."""
    enviada: Enviada | None = None
    falha: FusionHubError | None = None
    adiada: FusionHubError | None = None
    """What the last transient answer to it will mean, should no attempt be left."""


class Remessa:
    """Sends items over one client; never raises for a record's own fault, which its item then carries."""

    def __init__(self, cliente: ClienteFhir, pessoas: Pessoas) -> None:
        self.cliente = cliente
        self.pessoas = pessoas
        self.meta = cliente.config.metadata
        self._vagas = asyncio.Semaphore(self.meta.concurrency)

    async def enviar(self, itens: Sequence[Item]) -> None:
        """Prepare and send all; a server that is out of reach is not asked for each item."""
        fora: list[FusionHubError] = []
        por_paciente: dict[str, list[Item]] = {}
        for item in itens:
            por_paciente.setdefault(item.local.pessoa.paciente.id, []).append(item)
        await asyncio.gather(*(self._guardado(self._sujeito, deles, fora) for deles in por_paciente.values()))
        itens = [i for i in itens if i.falha is None]
        await asyncio.gather(*(self._guardado(self._ler_atual, [i], fora) for i in itens if i.local.fhir_id and not self._tem_atual(i)))
        await asyncio.to_thread(self._montar, [i for i in itens if i.falha is None])
        prontos = [i for i in itens if i.falha is None]
        tamanho = 1 if self.meta.bundle == "none" else self.meta.bundle_size
        fatias = [prontos[i : i + tamanho] for i in range(0, len(prontos), tamanho)]
        await asyncio.gather(*(self._guardado(self._fatia, f, fora) for f in fatias))

    async def _guardado(self, tarefa: Any, itens: list[Item], fora: list[FusionHubError]) -> None:
        async with self._vagas:
            try:
                if fora:
                    raise fora[0]
                await tarefa(itens)
            except FusionHubError as erro:
                if servidor_fora(erro):
                    fora.append(erro)
                for item in itens:
                    if item.enviada is None and item.falha is None:
                        item.falha = erro

    # -- preparation -----------------------------------------------------------------------------------------------------------------

    @staticmethod
    def _tem_atual(item: Item) -> bool:
        return item.local.versao is not None and item.local.recurso is not None

    async def _sujeito(self, deles: list[Item]) -> None:
        """The patient of all these; one whom the EHR does not know yet is made first."""
        try:
            ehr_id = await self.pessoas.garantir(deles[0].local.pessoa)
        except (FusionHubError, SQLAlchemyError):
            raise
        except Exception as erro:
            raise RegistroInvalido("Patient", motivo_de(erro)) from None
        for item in deles:
            item.sujeito = f"Patient/{ehr_id}"

    async def _ler_atual(self, itens: list[Item]) -> None:
        """An update needs the version that it replaces and all that we do not know of it."""
        for item in itens:
            assert item.local.fhir_id is not None
            resposta = await self.cliente.ler(TIPO, item.local.fhir_id)
            item.recurso, item.versao = resposta.corpo, resposta.versao

    def _montar(self, itens: Sequence[Item]) -> None:
        """Resources of all items, validated (in a thread)."""
        for item in itens:
            try:
                if item.local.fhir_id is None:
                    item.recurso = conferir(observation.para_fhir(item.local.obs, item.sujeito, self.meta))
                else:
                    item.versao = item.versao or item.local.versao
                    item.recurso = self._mesclado(item, item.recurso or item.local.recurso or {})
            except FusionHubError as erro:
                item.falha = erro
            except Exception as erro:  # Whatever a record holds, the others travel.
                item.falha = RegistroInvalido(TIPO, motivo_de(erro))

    def _mesclado(self, item: Item, atual: dict[str, Any]) -> dict[str, Any]:
        """``atual`` with our changes. Moved to another patient on the platform it moves in the EHR; moved or annulled in the EHR it is left
        to people."""
        base = item.local.recurso
        if observation.anulada(atual) and item.local.obs.estado != observation.ANULADA and not (base and observation.anulada(base)):
            raise RegistroInvalido("status", "foi anulada no servidor FHIR e editada na plataforma")
        novo, la = observation.mesclar(atual, item.local.obs, item.sujeito, self.meta), observation.paciente_de(atual)
        if la != item.sujeito.rpartition("/")[2]:
            if base is None or la != observation.paciente_de(base):
                raise RegistroInvalido("subject", "a observação está em outro paciente no servidor FHIR")
            novo["subject"] = {"reference": item.sujeito}
            novo.pop("encounter", None)  # A stay of the patient whose observation it is not.
        return conferir(novo)

    def _se_nao_existe(self, item: Item) -> str:
        return por_identificador(self.meta.observation_system, item.local.obs.id)

    # -- bundles ---------------------------------------------------------------------------------------------------------------------

    async def _fatia(self, itens: list[Item]) -> None:
        if len(itens) == 1:
            await self._cada_um(itens)
            return
        proximas = esperas(self.cliente.config)
        faltam = itens
        while True:
            try:
                entradas = await self.cliente.pacote(self._pacote(faltam))
            except (FhirIndisponivel, FhirNaoAutorizado) as erro:
                if servidor_fora(erro):
                    raise
                entradas = []
                await self._separar(faltam, erro)
            except Exception:
                # A transaction falls as a whole, a server may refuse bundles or their size, and what the EHR said of one record may be no
                # text that can be sent back: each record for itself, then.
                entradas = []
                await self._cada_um(faltam)
            repetir = [item for item, entrada in zip(faltam, entradas, strict=False) if await self._entrada(item, entrada)]
            espera = next(proximas, None) if repetir else None
            if espera is None:
                for item in repetir:
                    item.falha = item.adiada
                return
            await asyncio.sleep(espera)
            faltam = repetir

    async def _separar(self, itens: Sequence[Item], erro: FusionHubError) -> None:
        """A 500 to all of them may be one record's doing: each for itself, unless none of the first gets through either."""
        for n, item in enumerate(itens, 1):
            await self._depois([item])
            if servidor_fora(item.falha) or (n == PROVAS and all(isinstance(i.falha, FhirIndisponivel) for i in itens[:n])):
                raise item.falha or erro

    def _pacote(self, itens: Sequence[Item]) -> dict[str, Any]:
        return {"resourceType": "Bundle", "type": self.meta.bundle, "entry": [self._pedido(i) for i in itens]}

    def _pedido(self, item: Item) -> dict[str, Any]:
        assert item.recurso is not None
        if item.local.fhir_id is None:
            pedido = {"method": "POST", "url": TIPO, "ifNoneExist": self._se_nao_existe(item)}
        else:
            pedido = {"method": "PUT", "url": f"{TIPO}/{item.local.fhir_id}"}
            if item.versao:
                pedido["ifMatch"] = f'W/"{item.versao}"'
        return {"resource": item.recurso, "request": pedido}

    async def _entrada(self, item: Item, entrada: dict[str, Any]) -> bool:
        """What became of one entry; ``True`` when it should travel once more."""
        resposta = entrada.get("response") or {}
        try:
            status = int(str(resposta.get("status", ""))[:3])
        except ValueError:
            status = 500
        recurso, resultado = entrada.get("resource"), resposta.get("outcome")
        anotar("fhir.registro", tenant=self.cliente.tenant_id, tipo=TIPO, id=item.local.obs.id, status=status)
        if status < 300:
            fhir_id = id_de(resposta.get("location"), TIPO) or (recurso or {}).get("id") or item.local.fhir_id
            if fhir_id is None:
                await self._depois([item])  # Asking for it by itself finds what was made.
            else:
                versao = versao_de(resposta.get("etag")) or ((recurso or {}).get("meta") or {}).get("versionId")
                await self._depois([item], Resposta(status, recurso, versao, fhir_id))
            return False
        if transitorio(status, resultado):
            item.adiada = esgotado(status, resultado, TIPO, 1 + self.cliente.config.max_retries)
            return True
        erro = erro_de(status, resultado, TIPO, condicional=item.local.fhir_id is None)
        if status == 401 or isinstance(erro, FhirConflito):
            await self._depois([item])  # By itself it gets a new token, or is read again.
        else:
            item.falha = erro
        return False

    async def _depois(self, itens: Sequence[Item], resposta: Resposta | None = None) -> None:
        """What an entry's answer leaves to do. An outage now is that item's alone: the other entries' answers are still to be read."""
        with suppress(FhirIndisponivel, FhirNaoAutorizado):
            await self._cada_um(itens, resposta)

    # -- single requests -------------------------------------------------------------------------------------------------------------

    async def _cada_um(self, itens: Sequence[Item], resposta: Resposta | None = None) -> None:
        """Each by itself, or only what is left to do after an answer that is there already."""
        for item in itens:
            try:
                await self._chegou(item, resposta or await self._um(item))
            except FusionHubError as erro:
                item.falha = erro
                if isinstance(erro, FhirIndisponivel | FhirNaoAutorizado):
                    raise
            except Exception as erro:
                item.falha = RegistroInvalido(TIPO, motivo_de(erro))

    async def _um(self, item: Item) -> Resposta:
        try:
            return await self._uma_vez(item)
        except FhirDuplicado:
            raise
        except FhirConflito:
            # Somebody changed it meanwhile: our change over theirs, once.
            if item.local.fhir_id is not None:
                await self._ler_atual([item])
                item.recurso = await asyncio.to_thread(self._mesclado, item, item.recurso or {})
            return await self._uma_vez(item)

    async def _uma_vez(self, item: Item) -> Resposta:
        assert item.recurso is not None
        if item.local.fhir_id is None:
            return await self.cliente.criar(item.recurso, self._se_nao_existe(item), item.local.obs.id)
        return await self.cliente.atualizar(item.recurso, item.versao or "", item.local.obs.id)

    async def _chegou(self, item: Item, resposta: Resposta) -> None:
        fhir_id = resposta.id or item.local.fhir_id
        if fhir_id is None:
            raise FhirIndisponivel(0, TIPO)
        lido = resposta.corpo if isinstance(resposta.corpo, dict) and resposta.corpo.get("resourceType") == TIPO else None
        if item.local.fhir_id is None and resposta.status == 200:
            # It was there: an earlier send whose answer was lost. The platform may have edited the observation since.
            item.local = replace(item.local, fhir_id=fhir_id)
            item.recurso, item.versao = lido, resposta.versao
            if lido is None or resposta.versao is None:
                await self._ler_atual([item])
            achado = item.recurso or {}
            if observation.paciente_de(achado) != item.sujeito.rpartition("/")[2]:
                raise RegistroInvalido("subject", "o identificador desta observação é de outro paciente no servidor FHIR")
            item.recurso = await asyncio.to_thread(self._mesclado, item, achado)
            if item.recurso != achado:
                await self._chegou(item, await self._um(item))
                return
            lido, resposta = achado, replace(resposta, versao=item.versao)
        # Without the server's own text of it: what was sent is what it has.
        item.enviada = Enviada(
            item.local.obs.id, item.local.marca, fhir_id, resposta.versao, lido or {**(item.recurso or {}), "id": fhir_id}
        )
