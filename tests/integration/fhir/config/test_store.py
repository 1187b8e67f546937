"""Configurations at rest: encrypted, masked, audited, cached for a short time, rotated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError
from sqlalchemy import Engine, text

from include.fusion.errors import InvalidConfiguration
from include.fusion.fhir.config.secrets import Secrets
from include.fusion.fhir.config.store import ConfigStore, UnknownTenant
from include.fusion.fhir.platform.migrate import migrate_platform
from sandbox.origens import plataforma

VELHA, NEW = (Fernet.generate_key().decode() for _ in range(2))
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
def base(engine: Engine, database: str) -> tuple[ConfigStore, str]:
    plataforma.create(database)
    [tenant] = plataforma.generate(database, 1, 1)
    migrate_platform(engine)
    migrate_platform(engine)  # Harmless to repeat.
    return ConfigStore(engine, Secrets([VELHA])), tenant.id


def row(engine: Engine) -> dict[str, Any]:
    with engine.connect() as con:
        return dict(con.execute(text("select * from fhir_integration_configs")).mappings().one())


def test_the_seeds_request_is_stored_in_the_seeds_columns_and_read_back(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    written, new = configurations.write(tenant, SEED, "ana")
    assert new and written.config.auth_config.client_secret == "segredo-bem-guardado"  # type: ignore[union-attr]
    stored = row(engine)
    assert (stored["base_url"], stored["max_delay"], stored["sync_frequency"]) == (SEED["baseUrl"], 30000, "realtime")


def test_the_secret_is_nowhere_in_the_database(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    configurations.write(tenant, SEED, "ana")
    with engine.connect() as con:
        everything = str([con.execute(text(f"select * from {t}")).all() for t in ("fhir_integration_configs", "fhir_config_audit")])
    assert "segredo-bem-guardado" not in everything and "your-client-id" not in everything


def test_no_answer_and_no_repr_shows_the_secret(base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    written, _ = configurations.write(tenant, SEED, "ana")
    assert written.config.masked()["authConfig"]["clientSecret"] == "***"
    assert "segredo" not in repr(written) + json.dumps(written.config.masked())


def test_a_change_keeps_the_masked_secret_and_says_who_changed_what(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    written, _ = configurations.write(tenant, SEED, "ana")
    after, _ = configurations.write(tenant, {"maxRetries": 5, "authConfig": written.config.masked()["authConfig"]}, "bia", partial=True)
    assert after.config.max_retries == 5 and after.config.secrets()["clientSecret"] == "segredo-bem-guardado"
    with engine.connect() as con:
        audit_columns = con.execute(text("select usuario, acao, campos from fhir_config_audit order by id")).all()
    assert [(u, a) for u, a, _ in audit_columns] == [("ana", "criacao"), ("bia", "alteracao")]
    assert audit_columns[1].campos == ["maxRetries"]


@pytest.mark.parametrize(
    "change", [{"baseUrl": "https://outro.example.com/fhir"}, {"authConfig": {"tokenUrl": "https://outro.example.com/t"}}]
)
def test_another_server_never_gets_the_stored_secret(base: tuple[ConfigStore, str], change: dict[str, Any]) -> None:
    configurations, tenant = base
    configurations.write(tenant, SEED, "ana")
    with pytest.raises(ValidationError, match="clientSecret ou privateKey"):
        configurations.write(tenant, change, "bia", partial=True)


def test_keys_rotate_and_the_old_one_may_then_go(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    configurations.write(tenant, SEED, "ana")
    before = row(engine)["auth_config"]
    assert ConfigStore(engine, Secrets([NEW, VELHA])).rotate_keys() == 1
    assert row(engine)["auth_config"] != before
    assert ConfigStore(engine, Secrets([NEW])).obtain(tenant).config.secrets()["clientId"] == "your-client-id"
    with pytest.raises(InvalidConfiguration, match="no longer"):
        ConfigStore(engine, Secrets([VELHA])).obtain(tenant)


def test_a_cached_configuration_lives_for_its_short_life_and_no_longer_than_a_change(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    configurations, tenant = base
    configurations.write(tenant, SEED, "ana")
    configurations.obtain(tenant)
    ConfigStore(engine, Secrets([VELHA])).write(tenant, {"enabled": False}, "outra", partial=True)
    assert configurations.obtain(tenant).config.enabled
    configurations.write(tenant, {"maxRetries": 1}, "ana", partial=True)
    assert not configurations.obtain(tenant).config.enabled


@pytest.mark.parametrize("stored", ['{"clientId": "c", "clientSecret": "em claro"}', None])
def test_one_that_cannot_be_read_is_replaced_by_a_whole_new_one_only(
    engine: Engine, base: tuple[ConfigStore, str], stored: str | None
) -> None:
    configurations, tenant = base
    ConfigStore(engine, Secrets([NEW])).write(tenant, SEED, "ana")
    if stored is not None:
        with engine.begin() as con:
            con.execute(text("update fhir_integration_configs set auth_config = cast(:a as jsonb)"), {"a": stored})
    with pytest.raises(InvalidConfiguration):
        configurations.write(tenant, {"maxRetries": 1}, "bia", partial=True)
    with pytest.raises(ValidationError, match="clientSecret ou privateKey"):
        configurations.write(tenant, {**SEED, "authConfig": SEED["authConfig"] | {"clientSecret": "***"}}, "bia")
    assert configurations.write(tenant, SEED, "bia")[1] is False
    assert configurations.obtain(tenant).config.secrets()["clientSecret"] == "segredo-bem-guardado"


def test_an_unknown_tenant_gets_no_configuration(base: tuple[ConfigStore, str]) -> None:
    with pytest.raises(UnknownTenant):
        base[0].write("ninguem", SEED, "ana")
    with pytest.raises(UnknownTenant):
        base[0].obtain("ninguem")


def test_the_queue_is_the_projects_own(engine: Engine, base: tuple[ConfigStore, str]) -> None:
    from sqlalchemy import inspect

    from include.fusion.fhir.platform.tables import FILA

    seen = inspect(engine)
    columns = {(c["name"], c["type"].compile(engine.dialect), c["nullable"]) for c in seen.get_columns("sincronizacaofhir")}
    assert columns == {(c.name, c.type.compile(engine.dialect), c.nullable) for c in FILA.columns}
    indexes = {i["name"] for i in seen.get_indexes("sincronizacaofhir")}
    assert indexes == {i.name for i in FILA.indexes} | {"ix_sincronizacaofhir_tenant"}
