"""Configurations at rest: encrypted, masked, audited, cached for a short time, rotated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError
from sqlalchemy import Engine, text

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.fhir.config.secrets import Cofre
from include.fusion.fhir.config.store import Configuracoes, TenantDesconhecido
from include.fusion.fhir.platform.migrate import migrar_plataforma
from sandbox.origens import plataforma

VELHA, NOVA = (Fernet.generate_key().decode() for _ in range(2))
SEED: dict[str, Any] = {
    "enabled": True,
    "baseUrl": "https://fhir.example.com/fhir",
    "authType": "oauth2",
    "authConfig": {
        "clientId": "your-client-id",
        "clientSecret": "segredo-bem-guardado",
        "tokenUrl": "https://fhir.example.com/oauth/token",
        "scope": "system/*.read system/*.write",
    },
    "syncDirection": "bidirectional",
    "syncFrequency": "realtime",
    "maxRetries": 3,
    "initialDelay": 1000,
    "maxDelay": 30000,
    "backoffMultiplier": 2.0,
}


@pytest.fixture
def base(engine: Engine, banco: str) -> tuple[Configuracoes, str]:
    plataforma.criar(banco)
    [tenant] = plataforma.gerar(banco, 1, 1)
    migrar_plataforma(engine)
    migrar_plataforma(engine)  # Harmless to repeat.
    return Configuracoes(engine, Cofre([VELHA])), tenant.id


def linha(engine: Engine) -> dict[str, Any]:
    with engine.connect() as con:
        return dict(con.execute(text("select * from fhir_integration_configs")).mappings().one())


def test_the_seeds_request_is_stored_in_the_seeds_columns_and_read_back(engine: Engine, base: tuple[Configuracoes, str]) -> None:
    configuracoes, tenant = base
    gravada, nova = configuracoes.gravar(tenant, SEED, "ana")
    assert nova and gravada.config.auth_config.client_secret == "segredo-bem-guardado"  # type: ignore[union-attr]
    guardada = linha(engine)
    assert (guardada["base_url"], guardada["max_delay"], guardada["sync_frequency"]) == (SEED["baseUrl"], 30000, "realtime")


def test_the_secret_is_nowhere_in_the_database(engine: Engine, base: tuple[Configuracoes, str]) -> None:
    configuracoes, tenant = base
    configuracoes.gravar(tenant, SEED, "ana")
    with engine.connect() as con:
        tudo = str([con.execute(text(f"select * from {t}")).all() for t in ("fhir_integration_configs", "fhir_config_audit")])
    assert "segredo-bem-guardado" not in tudo and "your-client-id" not in tudo


def test_no_answer_and_no_repr_shows_the_secret(base: tuple[Configuracoes, str]) -> None:
    configuracoes, tenant = base
    gravada, _ = configuracoes.gravar(tenant, SEED, "ana")
    assert gravada.config.mascarada()["authConfig"]["clientSecret"] == "***"
    assert "segredo" not in repr(gravada) + json.dumps(gravada.config.mascarada())


def test_a_change_keeps_the_masked_secret_and_says_who_changed_what(engine: Engine, base: tuple[Configuracoes, str]) -> None:
    configuracoes, tenant = base
    gravada, _ = configuracoes.gravar(tenant, SEED, "ana")
    depois, _ = configuracoes.gravar(tenant, {"maxRetries": 5, "authConfig": gravada.config.mascarada()["authConfig"]}, "bia", parcial=True)
    assert depois.config.max_retries == 5 and depois.config.segredos()["clientSecret"] == "segredo-bem-guardado"
    with engine.connect() as con:
        auditoria = con.execute(text("select usuario, acao, campos from fhir_config_audit order by id")).all()
    assert [(u, a) for u, a, _ in auditoria] == [("ana", "criacao"), ("bia", "alteracao")]
    assert auditoria[1].campos == ["maxRetries"]


@pytest.mark.parametrize(
    "mudanca", [{"baseUrl": "https://outro.example.com/fhir"}, {"authConfig": {"tokenUrl": "https://outro.example.com/t"}}]
)
def test_another_server_never_gets_the_stored_secret(base: tuple[Configuracoes, str], mudanca: dict[str, Any]) -> None:
    configuracoes, tenant = base
    configuracoes.gravar(tenant, SEED, "ana")
    with pytest.raises(ValidationError, match="clientSecret ou privateKey"):
        configuracoes.gravar(tenant, mudanca, "bia", parcial=True)


def test_keys_rotate_and_the_old_one_may_then_go(engine: Engine, base: tuple[Configuracoes, str]) -> None:
    configuracoes, tenant = base
    configuracoes.gravar(tenant, SEED, "ana")
    antes = linha(engine)["auth_config"]
    assert Configuracoes(engine, Cofre([NOVA, VELHA])).girar_chaves() == 1
    assert linha(engine)["auth_config"] != antes
    assert Configuracoes(engine, Cofre([NOVA])).obter(tenant).config.segredos()["clientId"] == "your-client-id"
    with pytest.raises(ConfiguracaoInvalida, match="no longer"):
        Configuracoes(engine, Cofre([VELHA])).obter(tenant)


def test_a_cached_configuration_lives_for_its_short_life_and_no_longer_than_a_change(
    engine: Engine, base: tuple[Configuracoes, str]
) -> None:
    configuracoes, tenant = base
    configuracoes.gravar(tenant, SEED, "ana")
    configuracoes.obter(tenant)
    Configuracoes(engine, Cofre([VELHA])).gravar(tenant, {"enabled": False}, "outra", parcial=True)
    assert configuracoes.obter(tenant).config.enabled
    configuracoes.gravar(tenant, {"maxRetries": 1}, "ana", parcial=True)
    assert not configuracoes.obter(tenant).config.enabled


@pytest.mark.parametrize("guardado", ['{"clientId": "c", "clientSecret": "em claro"}', None])
def test_one_that_cannot_be_read_is_replaced_by_a_whole_new_one_only(
    engine: Engine, base: tuple[Configuracoes, str], guardado: str | None
) -> None:
    configuracoes, tenant = base
    Configuracoes(engine, Cofre([NOVA])).gravar(tenant, SEED, "ana")
    if guardado is not None:
        with engine.begin() as con:
            con.execute(text("update fhir_integration_configs set auth_config = cast(:a as jsonb)"), {"a": guardado})
    with pytest.raises(ConfiguracaoInvalida):
        configuracoes.gravar(tenant, {"maxRetries": 1}, "bia", parcial=True)
    with pytest.raises(ValidationError, match="clientSecret ou privateKey"):
        configuracoes.gravar(tenant, {**SEED, "authConfig": SEED["authConfig"] | {"clientSecret": "***"}}, "bia")
    assert configuracoes.gravar(tenant, SEED, "bia")[1] is False
    assert configuracoes.obter(tenant).config.segredos()["clientSecret"] == "segredo-bem-guardado"


def test_an_unknown_tenant_gets_no_configuration(base: tuple[Configuracoes, str]) -> None:
    with pytest.raises(TenantDesconhecido):
        base[0].gravar("ninguem", SEED, "ana")
    with pytest.raises(TenantDesconhecido):
        base[0].obter("ninguem")


def test_the_queue_is_the_projects_own(engine: Engine, base: tuple[Configuracoes, str]) -> None:
    from sqlalchemy import inspect

    from include.fusion.fhir.platform.tables import FILA

    visto = inspect(engine)
    colunas = {(c["name"], c["type"].compile(engine.dialect), c["nullable"]) for c in visto.get_columns("sincronizacaofhir")}
    assert colunas == {(c.name, c.type.compile(engine.dialect), c.nullable) for c in FILA.columns}
    indices = {i["name"] for i in visto.get_indexes("sincronizacaofhir")}
    assert indices == {i.name for i in FILA.indexes} | {"ix_sincronizacaofhir_tenant"}
