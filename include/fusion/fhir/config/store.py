"""Tenants' configurations in the platform's database: encrypted access, audit of every change, a cache of short life."""

from __future__ import annotations

import json
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, text

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.config.model import Configuracao, unir
from include.fusion.fhir.config.secrets import Cofre

TENANT_MAX = 60
"""Characters of a tenant's id: it is the queue's process."""
_COLUNAS = (
    "tenant_id, enabled, base_url, auth_type, auth_config, sync_direction, sync_frequency, max_retries, initial_delay, max_delay,"
    " backoff_multiplier, metadata, last_sync_at, last_error, updated_at"
)
_GRAVAR = """\
INSERT INTO fhir_integration_configs AS c (id, tenant_id, enabled, base_url, auth_type, auth_config, sync_direction, sync_frequency,
    max_retries, initial_delay, max_delay, backoff_multiplier, metadata)
VALUES (:id, :tenant_id, :enabled, :base_url, :auth_type, CAST(:auth_config AS jsonb), :sync_direction, :sync_frequency,
    :max_retries, :initial_delay, :max_delay, :backoff_multiplier, CAST(:metadata AS jsonb))
ON CONFLICT (tenant_id) DO UPDATE SET enabled = excluded.enabled, base_url = excluded.base_url, auth_type = excluded.auth_type,
    auth_config = excluded.auth_config, sync_direction = excluded.sync_direction, sync_frequency = excluded.sync_frequency,
    max_retries = excluded.max_retries, initial_delay = excluded.initial_delay, max_delay = excluded.max_delay,
    backoff_multiplier = excluded.backoff_multiplier, metadata = excluded.metadata, updated_at = NOW()"""


_VINCULADOS = """\
SELECT 1 FROM fhir_integration_configs c WHERE c.tenant_id = :t AND c.base_url <> :base_url AND (
    EXISTS (SELECT 1 FROM patients p WHERE p."tenantId" = :t AND p."ehrPatientId" IS NOT NULL)
    OR EXISTS (SELECT 1 FROM observations o WHERE o."tenantId" = :t AND o."fhirResourceId" IS NOT NULL))"""
OUTRO_SERVIDOR = (
    "há pacientes ou observações vinculados ao servidor do endereço gravado, e em outro servidor os mesmos ids são de outras pessoas."
    " Se for o mesmo servidor em outro endereço, confirme (mesmoServidor=true); se for outro, desfaça antes os vínculos (docs/fhir.md)"
)


class TenantDesconhecido(ConfiguracaoInvalida):
    """No such tenant, or none with a configuration."""


@dataclass(frozen=True)
class Integracao:
    """A tenant's configuration, decrypted, and how its last synchronisation went."""

    tenant_id: str
    nome: str
    config: Configuracao
    last_sync_at: datetime | None = None
    last_error: str | None = None


class Configuracoes:
    """Reads and writes configurations; answers of :meth:`obter` may be ``validade`` seconds old. Shared between threads."""

    def __init__(self, engine: Engine, cofre: Cofre, validade: float = 30.0) -> None:
        self._engine = engine
        self._cofre = cofre
        self._validade = validade
        self._lidas: dict[str, tuple[float, Integracao]] = {}
        self._trava = threading.Lock()

    def obter(self, tenant_id: str) -> Integracao:
        """:class:`TenantDesconhecido` when there is none; :class:`ConfiguracaoInvalida` when it cannot be read."""
        agora = time.monotonic()
        with self._trava:
            lida = self._lidas.get(tenant_id)
        if lida is not None and agora < lida[0]:
            return lida[1]
        with self._engine.connect() as con:
            achada = self._ler(con, tenant_id)
        if achada is None:
            raise TenantDesconhecido("o tenant não tem integração FHIR configurada")
        with self._trava:
            self._lidas[tenant_id] = (agora + self._validade, achada)
        return achada

    def esquecer(self, tenant_id: str) -> None:
        with self._trava:
            self._lidas.pop(tenant_id, None)

    def existe_tenant(self, tenant_id: str) -> bool:
        with self._engine.connect() as con:
            return con.execute(text("SELECT 1 FROM tenants WHERE id = :t"), {"t": tenant_id}).first() is not None

    def gravar(
        self, tenant_id: str, corpo: dict[str, Any], usuario: str, *, parcial: bool = False, mesmo_servidor: bool = False
    ) -> tuple[Integracao, bool]:
        """Store ``corpo`` (the API's JSON); ``parcial`` lays it over what is stored. Returns it and whether it is new.

        Raises pydantic's ``ValidationError`` (without inputs), :class:`TenantDesconhecido`, and ``ConfiguracaoInvalida`` for another address
        while records are linked to the server: there the same ids are other people's. ``mesmo_servidor``: it has only moved.
        """
        if len(tenant_id) > TENANT_MAX:
            raise TenantDesconhecido(f"o id de um tenant tem no máximo {TENANT_MAX} caracteres")
        with self._engine.begin() as con:
            # Serialises two changes of one tenant, the first one included, for which no row exists yet.
            if con.execute(text("SELECT 1 FROM tenants WHERE id = :t FOR UPDATE"), {"t": tenant_id}).first() is None:
                raise TenantDesconhecido("tenant inexistente")
            antes, havia = self._anterior(con, tenant_id, parcial)
            if parcial and antes is None:
                raise TenantDesconhecido("o tenant não tem integração FHIR configurada")
            config = _nova(antes, corpo, parcial)
            if not mesmo_servidor and con.execute(text(_VINCULADOS), {"t": tenant_id, "base_url": config.base_url}).first():
                raise ConfiguracaoInvalida(OUTRO_SERVIDOR)
            con.execute(text(_GRAVAR), self._linha(tenant_id, config))
            campos = sorted(_diferentes(antes.config if antes else None, config))
            con.execute(
                text("INSERT INTO fhir_config_audit (tenant_id, usuario, acao, campos) VALUES (:t, :u, :a, :c)"),
                {"t": tenant_id, "u": usuario, "a": "alteracao" if havia else "criacao", "c": campos},
            )
            gravada = self._ler(con, tenant_id)
        self.esquecer(tenant_id)
        assert gravada is not None
        return gravada, not havia

    def previa(self, tenant_id: str, corpo: dict[str, Any]) -> Configuracao:
        """What storing ``corpo`` would make of it, stored nowhere; raises what :meth:`gravar` raises."""
        with self._engine.connect() as con:
            return _nova(self._anterior(con, tenant_id, False)[0], corpo, False)

    def tenants(self) -> list[dict[str, Any]]:
        """Every tenant of the platform, and whether it has a configuration."""
        consulta = (
            "SELECT t.id, t.name AS nome, c.tenant_id IS NOT NULL AS configurado, coalesce(c.enabled, false) AS habilitado"
            " FROM tenants t LEFT JOIN fhir_integration_configs c ON c.tenant_id = t.id ORDER BY t.name, t.id"
        )
        with self._engine.connect() as con:
            return [dict(linha) for linha in con.execute(text(consulta)).mappings()]

    def girar_chaves(self) -> int:
        """Encrypt every stored access anew under the newest key; how many."""
        with self._engine.begin() as con:
            linhas = con.execute(text("SELECT tenant_id, auth_config FROM fhir_integration_configs ORDER BY tenant_id FOR UPDATE")).all()
            for tenant_id, guardado in linhas:
                con.execute(
                    text("UPDATE fhir_integration_configs SET auth_config = CAST(:a AS jsonb) WHERE tenant_id = :t"),
                    {"a": json.dumps(self._cofre.girar(guardado)), "t": tenant_id},
                )
        return len(linhas)

    def _anterior(self, con: Connection, tenant_id: str, parcial: bool) -> tuple[Integracao | None, bool]:
        """What is stored, and whether anything is: one that cannot be read (a lost key, the seed's plain text) a whole new one replaces."""
        try:
            antes = self._ler(con, tenant_id)
        except ConfiguracaoInvalida:
            if parcial:
                raise
            return None, True
        return antes, antes is not None

    def _ler(self, con: Connection, tenant_id: str) -> Integracao | None:
        consulta = (
            f"SELECT {', '.join('c.' + c.strip() for c in _COLUNAS.split(','))}, t.name AS nome"
            " FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id WHERE c.tenant_id = :t"
        )
        linha = con.execute(text(consulta), {"t": tenant_id}).mappings().first()
        if linha is None:
            return None
        dados = {nome: linha[nome] for nome in Configuracao.model_fields if nome in linha}
        dados["auth_config"] = self._cofre.abrir(linha["auth_config"])
        dados["backoff_multiplier"] = float(dados["backoff_multiplier"])
        dados["metadata"] = dados["metadata"] or {}
        try:
            config = Configuracao.model_validate(dados)
        except ValidationError as erro:
            campos = ", ".join(sorted({".".join(map(str, e["loc"])) for e in erro.errors(include_input=False)}))
            raise ConfiguracaoInvalida(f"configuração FHIR do tenant inválida em {campos}; grave-a de novo") from None
        return Integracao(tenant_id, linha["nome"], config, linha["last_sync_at"], linha["last_error"])

    def _linha(self, tenant_id: str, config: Configuracao) -> dict[str, Any]:
        dados = config.model_dump(exclude={"auth_config", "metadata"})
        return dados | {
            "id": secrets.token_hex(12),
            "tenant_id": tenant_id,
            "auth_config": json.dumps(self._cofre.fechar(config.segredos())),
            "metadata": json.dumps(config.metadata.model_dump(by_alias=True)),
        }


def _nova(antes: Integracao | None, corpo: dict[str, Any], parcial: bool) -> Configuracao:
    base = {} if antes is None else antes.config.model_dump(by_alias=True) | {"authConfig": antes.config.segredos()}
    if not parcial and base:
        # A whole new one, save that masked secrets mean the stored ones: what was read may be sent back.
        base = {k: base[k] for k in ("authType", "authConfig", "baseUrl")}
    return Configuracao.model_validate(unir(base, corpo))


def _diferentes(antes: Configuracao | None, depois: Configuracao) -> set[str]:
    novo = depois.model_dump(by_alias=True)
    velho = {} if antes is None else antes.model_dump(by_alias=True)
    return {nome for nome, valor in novo.items() if velho.get(nome) != valor}
