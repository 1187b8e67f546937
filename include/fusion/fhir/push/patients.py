"""Patients in the EHR: found or made by their business identifier, updated over what the EHR knows of them."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakValueDictionary

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.http.client import ClienteFhir, Resposta, por_identificador
from include.fusion.fhir.http.errors import FhirConflito, FhirDuplicado, FhirIndisponivel
from include.fusion.fhir.mapping import patient
from include.fusion.fhir.mapping.validate import conferir
from include.fusion.fhir.platform.repository import Pessoa, Repositorio

TIPO = "Patient"


class Pessoas:
    """``ValidationError``-free: what is wrong with a patient is a ``RegistroInvalido`` or what the server answered."""

    def __init__(self, repositorio: Repositorio, cliente: ClienteFhir) -> None:
        self.repositorio = repositorio
        self.cliente = cliente
        self.meta = cliente.config.metadata
        self._travas: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def garantir(self, pessoa: Pessoa) -> str:
        """The EHR's id of this patient; conditional create where the platform has none yet.

        One at a time per identifier: not every server's own conditional create stands two at once.
        """
        if pessoa.ehr_id is not None:
            return pessoa.ehr_id
        recurso = await asyncio.to_thread(lambda: conferir(patient.para_fhir(pessoa.paciente, self.meta)))
        identificador = por_identificador(*patient.identificador(pessoa.paciente, self.meta))
        async with self._travas.setdefault(identificador, asyncio.Lock()):
            atual = await asyncio.to_thread(self.repositorio.pessoa, pessoa.paciente.id)
            if atual is not None and atual.ehr_id is not None:
                return atual.ehr_id  # Another batch was quicker.
            resposta = await self.cliente.criar(recurso, identificador, pessoa.paciente.id)
            if resposta.status == 200 and resposta.id is not None:
                achado = resposta.corpo if isinstance(resposta.corpo, dict) else {}
                if achado.get("resourceType") != TIPO:  # Nothing, or an OperationOutcome: neither says whom it found.
                    achado = (await self.cliente.ler(TIPO, resposta.id)).corpo
                self._conferir_achado(pessoa, achado)
            return await self._gravar(pessoa, resposta)

    def _conferir_achado(self, pessoa: Pessoa, achado: dict[str, Any]) -> None:
        """A newborn under their mother's CPF is not their mother: where both sides know the birth date, it must be the same."""
        nosso = {"system": self.meta.patient_system, "value": pessoa.paciente.id}
        if any(nosso.items() <= i.items() for i in achado.get("identifier") or []):
            return  # We made it ourselves, and the answer was lost.
        nascimento = patient.de_fhir(achado, self.meta).nascimento
        if None not in (nascimento, pessoa.paciente.nascimento) and nascimento != pessoa.paciente.nascimento:
            raise RegistroInvalido("birthDate", "o documento é de pessoa com outra data de nascimento no servidor FHIR")

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
        novo = await asyncio.to_thread(lambda: conferir(patient.mesclar(atual.corpo, pessoa.paciente, self.meta)))
        if novo == atual.corpo:
            return ehr_id
        return await self._gravar(pessoa, await self.cliente.atualizar(novo, atual.versao or "", pessoa.paciente.id))

    async def _gravar(self, pessoa: Pessoa, resposta: Resposta) -> str:
        if resposta.id is None:
            raise FhirIndisponivel(0, TIPO)
        await asyncio.to_thread(self.repositorio.gravar_paciente, pessoa.paciente.id, resposta.id, resposta.versao)
        return resposta.id
