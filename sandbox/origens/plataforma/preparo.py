"""The platform's database for a stack: tables, people, migrations, tenants configured against the sandbox's FHIR server."""

from __future__ import annotations

import time
from typing import Any

import psycopg2
from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.config.store import Configuracoes
from include.fusion.fhir.platform.migrate import migrar_plataforma
from include.fusion.fhir.platform.repository import Repositorio
from sandbox.origens.plataforma.ehr import ServidorEhr
from sandbox.origens.plataforma.gerador import criar, gerar

TENANTS = (("oauth2", "realtime"), ("apikey", "realtime"), ("basic", "hourly"))
"""How each of the sandbox's tenants enters the EHR, and when it sends."""
PACIENTES = 12
CONHECIDOS = 4
"""Patients of each tenant whom the hospital knows before the platform sends anything, each with an observation."""


def acesso(tipo: str, servidor: str, segredo: str) -> dict[str, Any]:
    """``authType`` and ``authConfig`` at the sandbox's FHIR server."""
    raiz = servidor.removesuffix("/fhir")
    credenciais: dict[str, dict[str, Any]] = {
        "oauth2": {"clientId": "hub", "clientSecret": segredo, "tokenUrl": f"{raiz}/auth/token"},
        "basic": {"username": "usuario", "password": segredo},
        "apikey": {"apiKey": segredo, "apiKeyHeader": "X-API-Key"},
    }
    return {"authType": tipo, "authConfig": credenciais[tipo]}


def preparar(url: str, servidor: str, segredo: str, chave: str) -> None:
    """Harmless to repeat; a FHIR server that has moved to another port gets the tenants' configurations entered anew.

    ``url``: of the platform's database; ``servidor`` and ``segredo``: of the sandbox's FHIR server; ``chave``: a Fernet key.
    """
    criar(url)
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg2://", 1))
    migrar_plataforma(engine)
    con = psycopg2.connect(url)
    with con, con.cursor() as cur:
        cur.execute("select id from tenants order by name")
        tenants = [t for (t,) in cur.fetchall()]
    con.close()
    if not tenants:
        tenants = [t.id for t in gerar(url, len(TENANTS), PACIENTES)]
    configuracoes = Configuracoes(engine, Cofre([chave]))
    for tenant, (tipo, frequencia) in zip(tenants, TENANTS, strict=False):
        corpo = {"enabled": True, "baseUrl": servidor, "syncFrequency": frequencia, "initialDelay": 200, "maxDelay": 2000}
        configuracoes.gravar(tenant, corpo | acesso(tipo, servidor, segredo), "sandbox", mesmo_servidor=True)
        _apresentar(Repositorio(engine, tenant), ServidorEhr(servidor, segredo), url)
    engine.dispose()


def _apresentar(repositorio: Repositorio, ehr: ServidorEhr, url: str) -> None:
    """The hospital's own history: patients who are in the EHR already, linked by their ehrPatientId."""
    con = psycopg2.connect(url)
    with con, con.cursor() as cur:
        cur.execute('select id from patients where "tenantId" = %s order by id limit %s', (repositorio.tenant_id, CONHECIDOS))
        ids = [linha[0] for linha in cur.fetchall()]
    con.close()
    _esperar(ehr)
    for paciente_id in ids:
        pessoa = repositorio.pessoa(paciente_id)
        if pessoa is not None and pessoa.ehr_id is None:
            ehr_id, versao = ehr.cadastrar(pessoa.paciente)
            repositorio.gravar_paciente(paciente_id, ehr_id, versao)
            ehr.observar(ehr_id, 70)


def _esperar(ehr: ServidorEhr, segundos: float = 60.0) -> None:
    limite = time.monotonic() + segundos
    while not ehr.responde():
        if time.monotonic() > limite:
            raise RuntimeError("the sandbox FHIR server does not answer")
        time.sleep(0.1)
