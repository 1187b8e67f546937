"""One page of pulled observations → platform, in one transaction: created, changed, known, in conflict, or refused with its reason."""

from __future__ import annotations

import logging
import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text
from sqlalchemy.exc import DataError, IntegrityError

from include.fusion.errors import RegistroInvalido, motivo_de
from include.fusion.fhir.config.model import Configuracao
from include.fusion.fhir.http.log import anotar
from include.fusion.fhir.mapping.observation import ANULADA, Observacao, anulada, de_fhir, instante_fhir, paciente_de
from include.fusion.fhir.platform.repository import Repositorio
from include.fusion.store.filas import Fila

ESPACO = uuid.UUID("0e4c7a52-7a0f-5d3b-9c3c-1f0f6a1f8d21")
"""Namespace of the ids that pulled observations get: the same resource of a server has the same id, however often it is pulled."""
_ID = re.compile(r"[\x21-\x2e\x30-\x7b\x7d\x7e]{1,180}")
"""What can be an id: wider than R4 has it, but it goes into an address and a key."""
_DO_BANCO = (DataError, IntegrityError, ValueError, orjson.JSONEncodeError)
"""What PostgreSQL and the ways to it say of a value that they do not take: a NUL, half a surrogate pair, a number beyond its type."""
_CONHECIDAS = """\
SELECT o."fhirResourceId" AS recurso_id, o.id, o."syncedToEHR" AS sincronizada, r.version_id,
    p."ehrPatientId" IS DISTINCT FROM :ehr_id AS mudou_de_paciente, o.status, r.recurso->>'status' AS status_no_ehr,
    r.recurso->'meta'->>'lastUpdated' AS momento
FROM observations o JOIN patients p ON p.id = o."patientId"
LEFT JOIN fhir_resources r ON r.tenant_id = o."tenantId" AND r.resource_type = 'Observation' AND r.local_id = o.id
WHERE o."tenantId" = :tenant AND o."fhirResourceId" = ANY(:ids) ORDER BY o.id FOR UPDATE OF o"""
# Of observations that the platform has deleted since: what the EHR still has comes as new.
_LARGAR = """\
DELETE FROM fhir_resources r WHERE tenant_id = :tenant AND resource_type = 'Observation' AND resource_id = ANY(:ids)
    AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = r.local_id AND o."tenantId" = r.tenant_id)"""
_INSERIR = """\
INSERT INTO observations (id, "tenantId", "patientId", type, value, systolic, diastolic, unit, "valueText", code, "codeSystem", status, source,
    "effectiveAt", "syncedToEHR", "fhirResourceId")
VALUES (:id, :tenant, :paciente, :tipo, :valor, :sistolica, :diastolica, :unidade, :texto, :codigo, :sistema, :estado, 'ehr',
    :efetivo_em, true, :recurso_id)
ON CONFLICT DO NOTHING"""
_ATUALIZAR = """\
UPDATE observations SET type = :tipo, value = :valor, systolic = :sistolica, diastolic = :diastolica, unit = :unidade,
    "valueText" = :texto, code = :codigo, "codeSystem" = :sistema, status = :estado, "effectiveAt" = :efetivo_em, "updatedAt" = now(),
    "patientId" = CASE WHEN :mudou THEN :paciente ELSE "patientId" END
WHERE id = :id AND "tenantId" = :tenant AND "syncedToEHR" """


def chave_de(tipo: str, id: str) -> str:
    """Key of one resource of the server in the dead letter; ``Patient/id`` stands for a patient whose search the server refused."""
    return f"{tipo}/{id}"


@dataclass
class Pagina:
    """What became of one page: counts by their names in the result, reasons of what was refused (also by key), ms that news took.

    ``maior``: the highest ``lastUpdated`` on it, in UTC.
    """

    maior: str | None = None
    contagem: Counter[str] = field(default_factory=Counter)
    motivos: Counter[str] = field(default_factory=Counter)
    recusadas: dict[str, str] = field(default_factory=dict)
    tempos: list[int] = field(default_factory=list)


class Guarda:
    """Stores for one tenant; blocking, for a thread."""

    def __init__(self, repositorio: Repositorio, config: Configuracao, recusadas: Fila) -> None:
        self.engine = repositorio.engine
        self.tenant_id = repositorio.tenant_id
        self.repositorio = repositorio
        self.meta = config.metadata
        self.base_url = config.base_url
        self.recusadas = recusadas

    def guardar(self, paciente: str, ehr_id: str, recursos: list[dict[str, Any]]) -> Pagina:
        """All in one go; should the database refuse one of them, once more with a savepoint for each."""
        try:
            return self._pagina(paciente, ehr_id, recursos, self._um)
        except _DO_BANCO:
            # Only now: asked for each page, it takes as long as all the rest of it.
            self._largar(recursos)
            return self._pagina(paciente, ehr_id, recursos, self._um_cercado)

    def _largar(self, recursos: list[dict[str, Any]]) -> None:
        with self.engine.begin() as con:
            con.execute(text(_LARGAR), {"tenant": self.tenant_id, "ids": _ids(recursos)})

    def _pagina(self, paciente: str, ehr_id: str, recursos: list[dict[str, Any]], um: Any) -> Pagina:
        pagina, feitas = Pagina(), []
        with self.engine.begin() as con:
            conhecidas = self._conhecidas(con, ehr_id, recursos)
            nossas = self._nossas(con, recursos)
            for recurso in recursos:
                momento = _momento(str(_parte(recurso, "meta").get("lastUpdated") or ""))
                pagina.maior = max(filter(None, (pagina.maior, momento)), default=None)
                try:
                    destino = um(con, paciente, ehr_id, recurso, conhecidas, nossas)
                except RegistroInvalido as erro:
                    # Somebody else's observation, or one without an id, is no record's fault but the search's.
                    chave = chave_de(*(("Patient", ehr_id) if erro.campo == "subject" else ("Observation", _id(recurso) or "")))
                    pagina.motivos[motivo_de(erro)] += 1
                    pagina.recusadas[chave] = motivo_de(erro)
                    anotar("fhir.recusado", logging.WARNING, tenant=self.tenant_id, tipo="Observation", id=_id(recurso))
                    continue
                feitas.append(chave_de("Observation", recurso["id"]))
                pagina.contagem[destino] += 1
                if destino in ("novas", "alteradas") and momento:
                    pagina.tempos.append(max(0, round((datetime.now(UTC) - datetime.fromisoformat(momento)).total_seconds() * 1000)))
            if pagina.recusadas:
                self.recusadas.refuse(con, pagina.recusadas, paciente)
            self.recusadas.conclude(con, feitas)
        return pagina

    def _um_cercado(self, con: Connection, *resto: Any) -> str:
        try:
            with con.begin_nested():
                return self._um(con, *resto)
        except _DO_BANCO:
            # "from None": the database's own message quotes the value.
            raise RegistroInvalido("Observation", "valor que o banco da plataforma não aceita") from None

    def _um(
        self, con: Connection, paciente: str, ehr_id: str, recurso: dict[str, Any], conhecidas: dict[str, Any], nossas: set[str]
    ) -> str:
        """What became of one resource, as the name of its count."""
        recurso_id, versao = _id(recurso), _versao(recurso)
        if recurso_id is None or paciente_de(recurso) != ehr_id:
            raise RegistroInvalido("subject", "observação de outro paciente ou sem id")
        conhecida = conhecidas.get(recurso_id)
        if conhecida is not None and (conhecida.version_id == versao or _atrasada(conhecida, recurso)):
            return "conhecidas"
        if conhecida is None and nossas.intersection(_identificadores(recurso, self.meta.observation_system)):
            return "conhecidas"  # The push is about to learn this id itself.
        local = str(uuid.uuid5(ESPACO, f"{self.tenant_id}|{self.base_url}|{recurso_id}")) if conhecida is None else conhecida.id
        obs = de_fhir(recurso, self.meta.timezone, local)
        if conhecida is not None and not conhecida.sincronizada:
            if conhecida.mudou_de_paciente:
                raise RegistroInvalido("patientId", "mudou de paciente no servidor FHIR e foi editada na plataforma")
            if anulada(recurso) and ANULADA not in (conhecida.status, conhecida.status_no_ehr):
                raise RegistroInvalido("status", "foi anulada no servidor FHIR e editada na plataforma")
            self.repositorio.gravar_recurso(con, "Observation", local, recurso_id, versao, recurso)
            return "conflitos"
        mudou = conhecida is not None and conhecida.mudou_de_paciente
        binds = {"tenant": self.tenant_id, "paciente": paciente, "recurso_id": recurso_id, "mudou": mudou, **_colunas(obs)}
        con.execute(text(_INSERIR if conhecida is None else _ATUALIZAR), binds)
        self.repositorio.gravar_recurso(con, "Observation", local, recurso_id, versao, recurso)
        return "novas" if conhecida is None else "alteradas"

    def _conhecidas(self, con: Connection, ehr_id: str, recursos: list[dict[str, Any]]) -> dict[str, Any]:
        binds = {"tenant": self.tenant_id, "ids": _ids(recursos), "ehr_id": ehr_id}
        return {linha.recurso_id: linha for linha in con.execute(text(_CONHECIDAS), binds)}

    def _nossas(self, con: Connection, recursos: list[dict[str, Any]]) -> set[str]:
        """Platform ids among these resources' identifiers: sent by us, and the answer never came."""
        ids = [i for r in recursos for i in _identificadores(r, self.meta.observation_system)]
        consulta = 'SELECT id FROM observations WHERE "tenantId" = :tenant AND id = ANY(:ids)'
        return set(con.execute(text(consulta), {"tenant": self.tenant_id, "ids": ids}).scalars()) if ids else set()


def _ids(recursos: list[dict[str, Any]]) -> list[str]:
    return [i for r in recursos if (i := _id(r)) is not None]


def _parte(recurso: dict[str, Any], nome: str) -> dict[str, Any]:
    valor = recurso.get(nome)
    return valor if isinstance(valor, dict) else {}


def _id(recurso: dict[str, Any]) -> str | None:
    valor = recurso.get("id")
    return valor if isinstance(valor, str) and _ID.fullmatch(valor) else None


def _momento(texto: str) -> str | None:
    """``lastUpdated`` in UTC, as text whose order is that of time; one in the far future would end all later pulls and does not count."""
    try:
        quando = instante_fhir(texto, ZoneInfo("UTC"))
    except ValueError:
        return None
    return quando.isoformat(timespec="microseconds") if quando < datetime.now(UTC) + timedelta(days=1) else None


def _versao(recurso: dict[str, Any]) -> str | None:
    meta = _parte(recurso, "meta")
    versao = meta.get("versionId") or meta.get("lastUpdated")
    return None if versao is None else str(versao)


def _atrasada(conhecida: Any, recurso: dict[str, Any]) -> bool:
    """Whether this page was read before what is stored was written: a push or a notification was quicker."""
    guardada, lida = conhecida.version_id or "", _versao(recurso) or ""
    antes, agora = _momento(conhecida.momento or ""), _momento(str(_parte(recurso, "meta").get("lastUpdated") or ""))
    if guardada.isdecimal() and lida.isdecimal():
        # A server that was restored counts from where it was, but its clock goes on.
        return int(lida) < int(guardada) and not (antes and agora and agora > antes)
    return bool(antes and agora) and str(agora) < str(antes)


def _identificadores(recurso: dict[str, Any], sistema: str) -> list[str]:
    lista = recurso.get("identifier")
    nossos = [i for i in lista if isinstance(i, dict) and i.get("system") == sistema] if isinstance(lista, list) else []
    # An id of ours that no database stores is none of ours.
    return [v for i in nossos if isinstance(v := i.get("value"), str) and v.isprintable()]


def _colunas(obs: Observacao) -> dict[str, Any]:
    nomes = ("id", "tipo", "valor", "sistolica", "diastolica", "unidade", "texto", "codigo", "sistema", "estado", "efetivo_em")
    colunas = {nome: getattr(obs, nome) for nome in nomes}
    if not all(v is None or isinstance(v, str | Decimal | datetime) for v in colunas.values()):
        raise RegistroInvalido("Observation", "estrutura fora do FHIR R4")
    return colunas
