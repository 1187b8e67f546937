"""One platform database and one FHIR server, without Airflow. ``FHIR_TEST_URL`` (with ``FHIR_TEST_AUTH``: authType and authConfig as JSON)
puts an external server in the place of the sandbox's; tests that inject faults are then skipped.

On an external server nobody is found by CPF or CNS: its patients are none of ours. All that the tests write there carries identifiers of
``urn:fusion:teste:…`` and is deleted at the end of each test; what the server does not let them delete is named in a warning.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import uuid
import warnings
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.config.store import Configuracoes
from include.fusion.fhir.http.client import ClienteFhir
from include.fusion.fhir.http.errors import FhirErro
from include.fusion.fhir.http.tokens import CacheTokens
from include.fusion.fhir.platform.migrate import migrar_plataforma
from include.fusion.fhir.pull.pull import Busca, ResultadoBusca
from include.fusion.wiring.fhir_names import Envio, Resultado
from sandbox.fhir.servidor import ServidorFhir
from sandbox.origens import plataforma

EXTERNO = os.environ.get("FHIR_TEST_URL", "")
so_sandbox = pytest.mark.skipif(bool(EXTERNO), reason="needs the sandbox's fault injection; FHIR_TEST_URL names an external server")
TESTE = {"observationSystem": "urn:fusion:teste:observation", "patientSystem": "urn:fusion:teste:patient"} if EXTERNO else {}
HOSPITAL = "urn:fusion:teste:hospital"
RAPIDO = {"initialDelay": 20, "maxDelay": 80}


class BancadaFhir:
    """Tenants of a small platform, all configured against ``servidor``."""

    def __init__(self, banco: str, pasta: Path, servidor: ServidorFhir | None, tenants: int = 1, pacientes: int = 3) -> None:
        self.dsn = banco
        self.servidor = servidor
        plataforma.criar(banco)
        self.tenants = plataforma.gerar(banco, tenants, pacientes, semente=random.SystemRandom().randrange(10**6))
        self.engine = create_engine(banco.replace("postgresql://", "postgresql+psycopg2://", 1), hide_parameters=True)
        migrar_plataforma(self.engine)
        if EXTERNO:
            self.sql("update patients set name = 'Paciente de Teste', cpf = null, cns = null, phone = null, email = null")
        self._do_hospital: set[str] = set()
        self.chave = Fernet.generate_key().decode()
        self.cofre = Cofre([self.chave])
        self.configuracoes = Configuracoes(self.engine, self.cofre, validade=0)
        self.cache = CacheTokens(self.cofre, pasta / "tokens")
        # Ids of their own for each test: several share one server.
        self.rng = random.Random(random.SystemRandom().random())
        for tenant in self.tenants:
            self.configurar(tenant.id)

    @property
    def tenant(self) -> str:
        return self.tenants[0].id

    def configurar(self, tenant: str = "", **mudancas: Any) -> None:
        if EXTERNO:
            if not (acesso := os.environ.get("FHIR_TEST_AUTH")):
                raise pytest.UsageError("FHIR_TEST_URL needs FHIR_TEST_AUTH, as docs/fhir.md has it")
            destino = {"baseUrl": EXTERNO, **json.loads(acesso)}
        else:
            assert self.servidor is not None
            destino = {"baseUrl": self.servidor.url, **self.servidor.acesso()}
        corpo = {"enabled": True, **destino, **RAPIDO, **mudancas, "metadata": TESTE | mudancas.get("metadata", {})}
        self.configuracoes.gravar(tenant or self.tenant, corpo, "teste", mesmo_servidor=True)

    def cliente(self, tenant: str = "") -> ClienteFhir:
        tenant = tenant or self.tenant
        return ClienteFhir(tenant, self.configuracoes.obter(tenant).config, self.cache)

    def enviar(self, tenant: str = "", observacoes: list[str] | None = None, dono: str = "teste#1|") -> Resultado:
        return asyncio.run(Envio(self.engine, self.cliente(tenant), dono).executar(observacoes))

    def buscar(self, tenant: str = "") -> ResultadoBusca:
        return asyncio.run(Busca(self.engine, self.cliente(tenant)).executar())

    def observar(self, quantas: int = 1, tenant: str = "") -> list[str]:
        con = psycopg2.connect(self.dsn)
        ids = [plataforma.observar(con, self.rng, tenant or self.tenant) for _ in range(quantas)]
        con.commit()
        con.close()
        return ids

    def editar(self, obs_id: str) -> None:
        con = psycopg2.connect(self.dsn)
        plataforma.editar(con, self.rng, obs_id)
        con.commit()
        con.close()

    def sql(self, comando: str, *valores: Any) -> list[tuple[Any, ...]]:
        con = psycopg2.connect(self.dsn)
        con.autocommit = True
        try:
            with con.cursor() as cur:
                cur.execute(comando, valores or None)
                return cur.fetchall() if cur.description else []
        finally:
            con.close()

    def pendentes(self, tenant: str = "") -> int:
        return int(self.sql('select count(*) from observations where not "syncedToEHR" and "tenantId" = %s', tenant or self.tenant)[0][0])

    def mortas(self, tenant: str = "") -> list[str]:
        consulta = "select motivo from SincronizacaoFhir where situacao = 'erro' and processo = %s order by id"
        return [m for (m,) in self.sql(consulta, tenant or self.tenant)]

    def no_ehr(self, tipo: str = "Observation") -> list[dict[str, Any]]:
        """Every resource of a kind that this platform's tenants have in the EHR, through the client itself."""
        return asyncio.run(self._no_ehr(tipo))

    async def _no_ehr(self, tipo: str) -> list[dict[str, Any]]:
        pacientes = {e for (e,) in self.sql('select distinct "ehrPatientId" from patients where "ehrPatientId" is not null')}
        achados: dict[str, dict[str, Any]] = {}
        async with self.cliente() as cliente:
            for paciente in sorted(pacientes):
                parametros = [("_id", paciente)] if tipo == "Patient" else [("patient", paciente)]
                async for pagina in cliente.paginas(tipo, parametros):
                    achados |= {r["id"]: r for r in pagina}
        return list(achados.values())

    def hospital(self, metodo: str, rota: str, corpo: dict[str, Any]) -> dict[str, Any]:
        """One write by somebody else than the push, marked as a test's; the resource as the server then has it."""
        tipo = corpo["resourceType"]
        if metodo == "POST":
            corpo = corpo | {"identifier": [*corpo.get("identifier", []), {"system": HOSPITAL, "value": str(uuid.uuid4())}]}
        if self.servidor is not None:
            return self.servidor.fhir(metodo, rota, corpo)

        async def escrever() -> dict[str, Any]:
            async with self.cliente() as cliente:
                escrito = await cliente.pedir(metodo, rota, tipo, corpo, {"Prefer": "return=representation"})
                assert escrito.id is not None
                self._do_hospital.add(f"{tipo}/{escrito.id}")
                lido = await cliente.ler(tipo, escrito.id)
                return dict(lido.corpo)

        return asyncio.run(escrever())

    def _apagar(self) -> None:
        """Everything that the tests wrote on an external server, observations first."""

        async def apagar(rotas: list[str]) -> list[str]:
            ficaram = []
            async with self.cliente() as cliente:
                for rota in rotas:
                    try:
                        await cliente.pedir("DELETE", rota, rota.partition("/")[0])
                    except FhirErro as erro:
                        if getattr(erro, "status", 0) not in (404, 410):
                            ficaram.append(rota)
            return ficaram

        pacientes = {f"Patient/{e}" for (e,) in self.sql('select "ehrPatientId" from patients where "ehrPatientId" is not null')}
        observacoes = {f"Observation/{r['id']}" for r in self.no_ehr()}
        if ficaram := asyncio.run(apagar(sorted(observacoes | pacientes | self._do_hospital))):
            warnings.warn(f"left on the server: {', '.join(ficaram)}", stacklevel=2)

    def fechar(self) -> None:
        if EXTERNO:
            self._apagar()
        self.engine.dispose()

    close = fechar
