"""Bodies of ``POST /config`` for the API's documentation: one of each kind of access."""

from __future__ import annotations

from typing import Any

EXAMPLE: dict[str, Any] = {
    "enabled": True,
    "baseUrl": "https://fhir.example.com/fhir",
    "authType": "oauth2",
    "authConfig": {
        "clientId": "your-client-id",
        "clientSecret": "your-client-secret",
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
EXAMPLES: dict[str, Any] = {
    "oauth2": {"summary": "OAuth 2.0 com segredo", "value": EXAMPLE},
    "smart": {
        "summary": "SMART Backend Services (JWT assinado)",
        "value": EXAMPLE | {"authConfig": {"clientId": "hub", "privateKey": "-----BEGIN PRIVATE KEY-----…", "kid": "1", "alg": "ES384"}},
    },
    "basic": {"summary": "Basic Auth", "value": EXAMPLE | {"authType": "basic", "authConfig": {"username": "user", "password": "pass"}}},
    "apikey": {
        "summary": "API Key",
        "value": EXAMPLE | {"authType": "apikey", "authConfig": {"apiKey": "xxx", "apiKeyHeader": "X-API-Key"}},
    },
}
