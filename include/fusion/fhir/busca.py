"""Pull of one tenant: the EHR's observations of every patient with an ``ehrPatientId`` → platform. The seed's "Pull Automático".

New ones are created, known ones (by ``fhirResourceId``) skipped unless their version changed. Per patient the highest ``_lastUpdated`` is
kept once all pages are stored, and the next pull begins a while before it: what a server commits late is not missed, and what comes twice
is recognised by its version. The marker is the server's own clock.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from include.fusion.erros import FusionHubError, RegistroInvalido, motivo_de
from include.fusion.fhir.cliente import ClienteFhir
from include.fusion.fhir.erros import FhirRecusado
from include.fusion.fhir.observacao import Observacao, de_fhir, instante_fhir
from include.fusion.fhir.registro import anotar
from include.fusion.fhir.repositorio import Contagem, Repositorio
from include.fusion.fhir.tabelas import numero

PACIENTES = 500
ESPACO = uuid.UUID("0e4c7a52-7a0f-5d3b-9c3c-1f0f6a1f8d21")
"""Namespace of the ids that pulled observations get: the same resource has the same id, however often it is pulled."""
_CONHECIDAS = """\
SELECT o."fhirResourceId" AS recurso_id, o.id, o."syncedToEHR" AS sincronizada, r.version_id FROM observations o
LEFT JOIN fhir_resources r ON r.tenant_id = o."tenantId" AND r.resource_type = 'Observation' AND r.local_id = o.id
WHERE o."tenantId" = :tenant AND o."fhirResourceId" = ANY(:ids) FOR UPDATE OF o"""
_INSERIR = """\
INSERT INTO observations (id, "tenantId", "patientId", type, value, systolic, diastolic, unit, "valueText", code, "codeSystem", status, source,
    "effectiveAt", "syncedToEHR", "fhirResourceId")
VALUES (:id, :tenant, :paciente, :tipo, :valor, :sistolica, :diastolica, :unidade, :texto, :codigo, :sistema, :estado, 'ehr',
    :efetivo_em, true, :recurso_id)
ON CONFLICT DO NOTHING"""
_ATUALIZAR = """\
UPDATE observations SET type = :tipo, value = :valor, systolic = :sistolica, diastolic = :diastolica, unit = :unidade,
    "valueText" = :texto, code = :codigo, "codeSystem" = :sistema, status = :estado, "effectiveAt" = :efetivo_em, "updatedAt" = now()
WHERE id = :id AND "tenantId" = :tenant AND "syncedToEHR" """
_MARCAR = """\
INSERT INTO marca_dagua (integracao_id, processo, origem, marcador, executado_em)
VALUES (:n, :tenant, :origem, :marcador, statement_timestamp())
ON CONFLICT (integracao_id, processo, origem) DO UPDATE SET marcador = excluded.marcador, executado_em = excluded.executado_em"""


@dataclass
class ResultadoBusca:
    """Counts of one pull. ``conflitos``: changed on both sides; ours goes out over theirs with the next push."""

    pacientes: int = 0
    novas: int = 0
    alteradas: int = 0
    conhecidas: int = 0
    conflitos: int = 0
    falhas: int = 0
    motivos: Counter[str] = field(default_factory=Counter)


class Busca:
    """One run for one tenant."""

    def __init__(self, engine: Engine, cliente: ClienteFhir) -> None:
        self.engine = engine
        self.cliente = cliente
        self.tenant_id = cliente.tenant_id
        self.meta = cliente.config.metadata
        self.repositorio = Repositorio(engine, self.tenant_id)
        self.resultado = ResultadoBusca()
        self._latencia = self._medidos = 0

    async def executar(self, pacientes: Sequence[tuple[str, str]] | None = None) -> ResultadoBusca:
        """Pull all patients, or these ``(id, ehrPatientId)``. A patient whom the server refuses is counted, an outage ends the run."""
        inicio, erro = time.monotonic(), None
        try:
            async with self.cliente:
                if pacientes is not None:
                    await self._grupo(pacientes)
                else:
                    depois = ""
                    while grupo := await asyncio.to_thread(self.repositorio.pacientes_no_ehr, depois, PACIENTES):
                        await self._grupo(grupo)
                        depois = grupo[-1][0]
        except FusionHubError as falha:
            erro = motivo_de(falha)
            raise
        finally:
            r = self.resultado
            with suppress(SQLAlchemyError):
                ms = round((time.monotonic() - inicio) * 1000)
                contagem = Contagem(
                    recebidos=r.novas + r.alteradas, falhas=r.falhas, duracao=ms, latencia=self._latencia, medidos=self._medidos
                )
                await asyncio.to_thread(self.repositorio.concluir, "pull", erro, contagem)
        return self.resultado

    async def _grupo(self, grupo: Sequence[tuple[str, str]]) -> None:
        marcas = await asyncio.to_thread(self._marcas, [p[0] for p in grupo])
        vagas = asyncio.Semaphore(self.meta.concurrency)
        fora = False

        async def um(id: str, ehr_id: str) -> None:
            nonlocal fora
            async with vagas:
                if fora:
                    return  # A server that is down is not asked for each patient.
                try:
                    await self._paciente(id, ehr_id, marcas.get(id))
                except FhirRecusado as recusa:
                    self.resultado.falhas += 1
                    self.resultado.motivos[motivo_de(recusa)] += 1
                except Exception:
                    fora = True
                    raise

        falhas = [f for f in await asyncio.gather(*(um(*p) for p in grupo), return_exceptions=True) if f is not None]
        if falhas:
            raise falhas[0]

    async def _paciente(self, id: str, ehr_id: str, marca: str | None) -> None:
        parametros = [("patient", ehr_id), ("_count", str(self.meta.page_size))]
        if marca is not None:
            desde = datetime.fromisoformat(marca) - timedelta(seconds=self.meta.overlap_seconds)
            parametros.append(("_lastUpdated", f"ge{desde.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"))
        maior = marca
        async for recursos in self.cliente.paginas("Observation", parametros):
            vista, contagem, motivos, tempos = await asyncio.to_thread(self._guardar, id, ehr_id, recursos)
            self._latencia += sum(tempos)
            self._medidos += len(tempos)
            for nome, quantas in contagem.items():
                setattr(self.resultado, nome, getattr(self.resultado, nome) + quantas)
            self.resultado.motivos += motivos
            maior = max(filter(None, (maior, vista)), default=None)
        if maior is not None and maior != marca:
            await asyncio.to_thread(self._marcar, id, maior)
        self.resultado.pacientes += 1

    # -- one page (in a thread) ------------------------------------------------------------------------------------------------------

    def _guardar(
        self, paciente: str, ehr_id: str, recursos: list[dict[str, Any]]
    ) -> tuple[str | None, Counter[str], Counter[str], list[int]]:
        """Store one page in one transaction; the highest ``lastUpdated`` on it, counts, reasons of what was refused, ms that news took."""
        contagem: Counter[str] = Counter()
        motivos: Counter[str] = Counter()
        maior: str | None = None
        tempos: list[int] = []
        with self.engine.begin() as con:
            conhecidas = self._conhecidas(con, recursos)
            nossas = self._nossas(con, recursos)
            for recurso in recursos:
                momento = _momento(str((recurso.get("meta") or {}).get("lastUpdated") or ""))
                maior = max(filter(None, (maior, momento)), default=None)
                try:
                    destino = self._um(con, paciente, ehr_id, recurso, conhecidas, nossas)
                    contagem[destino] += 1
                    if destino in ("novas", "alteradas") and momento:
                        tempos.append(max(0, round((datetime.now(UTC) - datetime.fromisoformat(momento)).total_seconds() * 1000)))
                except RegistroInvalido as erro:
                    contagem["falhas"] += 1
                    motivos[motivo_de(erro)] += 1
                    anotar("fhir.recusado", logging.WARNING, tenant=self.tenant_id, tipo="Observation", id=str(recurso.get("id"))[:64])
        return maior, contagem, motivos, tempos

    def _conhecidas(self, con: Connection, recursos: list[dict[str, Any]]) -> dict[str, Any]:
        ids = [str(r["id"]) for r in recursos if r.get("id")]
        return {linha.recurso_id: linha for linha in con.execute(text(_CONHECIDAS), {"tenant": self.tenant_id, "ids": ids})}

    def _nossas(self, con: Connection, recursos: list[dict[str, Any]]) -> set[str]:
        """Platform ids among these resources' identifiers: sent by us, and the answer never came."""
        ids = [i for r in recursos for i in _identificadores(r, self.meta.observation_system)]
        consulta = 'SELECT id FROM observations WHERE "tenantId" = :tenant AND id = ANY(:ids)'
        return set(con.execute(text(consulta), {"tenant": self.tenant_id, "ids": ids}).scalars()) if ids else set()

    def _um(
        self, con: Connection, paciente: str, ehr_id: str, recurso: dict[str, Any], conhecidas: dict[str, Any], nossas: set[str]
    ) -> str:
        """What became of one resource, as the name of its count."""
        recurso_id, versao = recurso.get("id"), _versao(recurso)
        sujeito = str((recurso.get("subject") or {}).get("reference", ""))
        if not isinstance(recurso_id, str) or sujeito.split("/_history/")[0].rpartition("Patient/")[2] != ehr_id:
            raise RegistroInvalido("subject", "observação de outro paciente")
        conhecida = conhecidas.get(recurso_id)
        if conhecida is not None and conhecida.version_id == versao:
            return "conhecidas"
        if conhecida is None and nossas.intersection(_identificadores(recurso, self.meta.observation_system)):
            return "conhecidas"  # The push is about to learn this id itself.
        local = str(uuid.uuid5(ESPACO, f"{self.tenant_id}|{recurso_id}")) if conhecida is None else conhecida.id
        obs = de_fhir(recurso, self.meta.timezone, local)
        if conhecida is not None and not conhecida.sincronizada:
            self.repositorio.gravar_recurso(con, "Observation", local, recurso_id, versao, recurso)
            return "conflitos"
        binds = {"tenant": self.tenant_id, "paciente": paciente, "recurso_id": recurso_id, **_colunas(obs)}
        con.execute(text(_INSERIR if conhecida is None else _ATUALIZAR), binds)
        self.repositorio.gravar_recurso(con, "Observation", local, recurso_id, versao, recurso)
        return "novas" if conhecida is None else "alteradas"

    # -- markers ---------------------------------------------------------------------------------------------------------------------

    def _marcas(self, pacientes: list[str]) -> dict[str, str]:
        consulta = (
            "SELECT substr(origem, 6), marcador FROM marca_dagua WHERE integracao_id = :n AND processo = :t AND origem = ANY(:origens)"
        )
        binds = {"n": numero(self.tenant_id), "t": self.tenant_id, "origens": [f"pull:{p}" for p in pacientes]}
        with self.engine.connect() as con:
            marcas: dict[str, str] = dict(con.execute(text(consulta), binds).all())
        return marcas

    def _marcar(self, paciente: str, marcador: str) -> None:
        binds = {"n": numero(self.tenant_id), "tenant": self.tenant_id, "origem": f"pull:{paciente}", "marcador": marcador}
        with self.engine.begin() as con:
            con.execute(text(_MARCAR), binds)


def _momento(texto: str) -> str | None:
    """``lastUpdated`` in UTC, as text whose order is that of time; one in the far future would end all later pulls and does not count."""
    try:
        quando = instante_fhir(texto, ZoneInfo("UTC"))
    except ValueError:
        return None
    return quando.isoformat(timespec="microseconds") if quando < datetime.now(UTC) + timedelta(days=1) else None


def _versao(recurso: dict[str, Any]) -> str | None:
    meta = recurso.get("meta") or {}
    return meta.get("versionId") or meta.get("lastUpdated")


def _identificadores(recurso: dict[str, Any], sistema: str) -> list[str]:
    return [str(i["value"]) for i in recurso.get("identifier") or [] if i.get("system") == sistema and i.get("value")]


def _colunas(obs: Observacao) -> dict[str, Any]:
    nomes = ("id", "tipo", "valor", "sistolica", "diastolica", "unidade", "texto", "codigo", "sistema", "estado", "efetivo_em")
    return {nome: getattr(obs, nome) for nome in nomes}
