"""What a tenant's configuration may say."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from include.fusion.fhir.config.model import FhirConfig, merge

BASE: dict[str, Any] = {"baseUrl": "https://fhir.example.com/fhir/", "authType": "basic", "authConfig": {"username": "u", "password": "p"}}


def test_what_is_left_out_has_the_seeds_defaults() -> None:
    c = FhirConfig.model_validate(BASE)
    assert (c.enabled, c.sync_direction, c.sync_frequency, c.max_retries) == (False, "bidirectional", "hourly", 3)
    assert (c.initial_delay, c.max_delay, c.backoff_multiplier, c.base_url) == (1000, 30000, 2.0, "https://fhir.example.com/fhir")


@pytest.mark.parametrize("wrong", [
    {"baseUrl": "http://fhir.example.com"}, {"baseUrl": "https://u:p@fhir.example.com"}, {"baseUrl": "ftp://x"}, {"baseUrl": "https://x:99999"},
    {"authType": "outro"}, {"authConfig": {"username": "u"}}, {"authType": "oauth2"}, {"syncFrequency": "sempre"}, {"maxRetries": -1},
    {"initialDelay": 5000, "maxDelay": 10}, {"backoffMultiplier": 0.5}, {"metadata": {"timezone": "Lua/Cratera"}}, {"novo": 1},
    {"authType": "apikey", "authConfig": {"apiKey": "a\r\nb"}}, {"authType": "apikey", "authConfig": {"apiKey": "a", "apiKeyHeader": "X: y"}},
    {"authType": "oauth2", "authConfig": {"clientId": "c", "clientSecret": "s", "privateKey": "k"}},
])  # fmt: skip
def test_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FhirConfig.model_validate({**BASE, **wrong})


def test_plain_http_is_for_this_machine_only() -> None:
    assert FhirConfig.model_validate({**BASE, "baseUrl": "http://127.0.0.1:8080/fhir"})


def test_changing_the_kind_of_access_forgets_the_old_one() -> None:
    assert merge(BASE, {"authType": "apikey", "authConfig": {"apiKey": "k"}})["authConfig"] == {"apiKey": "k"}


def test_a_signing_key_replaces_the_shared_secret() -> None:
    current = {**BASE, "authType": "oauth2", "authConfig": {"clientId": "c", "clientSecret": "s"}}
    assert merge(current, {"authConfig": {"privateKey": "k"}})["authConfig"] == {"clientId": "c", "privateKey": "k"}
