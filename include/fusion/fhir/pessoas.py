"""Patients in the EHR: found or made by their business identifier, updated over what the EHR knows of them."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from include.fusion.fhir import paciente as transformacao
from include.fusion.fhir.cliente import ClienteFhir, Resposta
from include.fusion.fhir.erros import FhirConflito, FhirDuplicado, FhirIndisponivel
from include.fusion.fhir.repositorio import Pessoa, Repositorio
from include.fusion.fhir.validacao import conferir

TIPO = "Patient"


class Pessoas:
    """``ValidationError``-free: what is wrong with a patient is a ``RegistroInvalido`` or what the server answered."""

    def __init__(self, repositorio: Repositorio, cliente: ClienteFhir) -> None:
        self.repositorio = repositorio
        self.cliente = cliente
        self.meta = cliente.config.metadata

    async def garantir(self, pessoa: Pessoa) -> str:
        """The EHR's id of this patient; conditional create where the platform has none yet."""
        if pessoa.ehr_id is not None:
            return pessoa.ehr_id
        recurso = await asyncio.to_thread(lambda: conferir(transformacao.para_fhir(pessoa.paciente, self.meta)))
        sistema, valor = transformacao.identificador(pessoa.paciente, self.meta)
        return await self._gravar(
            pessoa, await self.cliente.criar(recurso, f"identifier={quote(f'{sistema}|{valor}', safe=':/|')}", pessoa.paciente.id)
        )

    async def sincronizar(self, pessoa: Pessoa) -> str:
        """Make the EHR's Patient say what the platform says; what the platform does not know stays as it is there."""
        if pessoa.ehr_id is None:
            return await self.garantir(pessoa)
        try:
            return await self._atualizar(pessoa, pessoa.ehr_id)
        except FhirDuplicado:
            raise
        except FhirConflito:
            return await self._atualizar(pessoa, pessoa.ehr_id)  # It moved on meanwhile: once more over what it is now.

    async def _atualizar(self, pessoa: Pessoa, ehr_id: str) -> str:
        atual = await self.cliente.ler(TIPO, ehr_id)
        novo = await asyncio.to_thread(lambda: conferir(transformacao.mesclar(atual.corpo, pessoa.paciente, self.meta)))
        if novo == atual.corpo:
            return ehr_id
        return await self._gravar(pessoa, await self.cliente.atualizar(novo, atual.versao or "", pessoa.paciente.id))

    async def _gravar(self, pessoa: Pessoa, resposta: Resposta) -> str:
        if resposta.id is None:
            raise FhirIndisponivel(0, TIPO)
        await asyncio.to_thread(self.repositorio.gravar_paciente, pessoa.paciente.id, resposta.id, resposta.versao)
        return resposta.id
