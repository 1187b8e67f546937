"""Configuration of one tenant, as the API's JSON (camelCase); checked as a whole before it is stored."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from include.fusion.http.plain_text import leaves_unprotected

MASK = "***"
SECRET_FIELDS = ("clientSecret", "privateKey", "password", "apiKey", "webhookSecret")
"""Keys of ``authConfig`` with secret values: they never leave the database."""


class _Base(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("endereço inválido") from None
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise ValueError("endereço http(s) sem parâmetros é esperado")
    if parts.username or parts.password:
        raise ValueError("credenciais não vão no endereço")
    if leaves_unprotected(value):
        raise ValueError("sem TLS só na própria máquina: use https")
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_url), Field(max_length=500)]
Text = Annotated[str, Field(min_length=1, max_length=8000)]
# Name of a header (RFC 9110, token): a line break would add other headers.
Header = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")]
SingleLine = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Access(_Base):
    """Common to all kinds of access: the secret with which the tenant's EHR signs its notifications."""

    webhook_secret: Annotated[str, Field(min_length=16, max_length=500, pattern=r"^[\x21-\x7e]+$")] | None = Field(default=None, repr=False)


class OAuth2(_Access):
    """Client credentials: with ``clientSecret``, or SMART Backend Services with ``privateKey`` (PEM), ``kid`` and ``alg``."""

    client_id: SingleLine
    client_secret: SingleLine | None = Field(default=None, repr=False)
    private_key: Text | None = Field(default=None, repr=False)
    kid: SingleLine | None = None
    alg: Literal["RS384", "ES384"] = "RS384"
    token_url: Url | None = None
    """Default: from the server's ``.well-known/smart-configuration``."""
    scope: Annotated[str, Field(max_length=1000)] = "system/*.read system/*.write"
    token_auth: Literal["basic", "post"] = "basic"  # noqa: S105 - a way, not a password

    @model_validator(mode="after")
    def _one_credential(self) -> OAuth2:
        if (self.client_secret is None) == (self.private_key is None):
            raise ValueError("informe clientSecret ou privateKey, um dos dois")
        return self


class Basic(_Access):
    username: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^:\x00-\x1f\x7f]+$")]
    password: SingleLine = Field(repr=False)


class ApiKey(_Access):
    api_key: SingleLine = Field(repr=False)
    api_key_header: Header = "X-API-Key"


Credential = OAuth2 | Basic | ApiKey
_KINDS: dict[str, type[OAuth2] | type[Basic] | type[ApiKey]] = {"oauth2": OAuth2, "basic": Basic, "apikey": ApiKey}


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("fuso horário desconhecido") from None
    return value


class SyncSettings(_Base):
    """Settings without a column of their own; stored in the column ``metadata``."""

    timezone: Annotated[str, AfterValidator(_zone)] = "America/Sao_Paulo"
    """Time zone of the effective times that are sent."""
    bundle: Literal["batch", "transaction", "none"] = "batch"
    bundle_size: int = Field(default=50, ge=1, le=500)
    concurrency: int = Field(default=4, ge=1, le=32)
    page_size: int = Field(default=100, ge=1, le=1000)
    overlap_seconds: int = Field(default=300, ge=0, le=86_400)
    """Overlap: seconds before the last seen ``_lastUpdated`` that a pull reads again."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    observation_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "urn:fusion:plataforma:observation"
    webhook_signed: bool = True
    """Whether a notification must be signed. If not, it has the secret in a fixed header."""
    patient_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "urn:fusion:plataforma:patient"
    cpf_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf"
    cns_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cns"


class FhirConfig(_Base):
    """The body of ``POST /api/v1/fhir/config``. ``initialDelay`` and ``maxDelay`` in milliseconds."""

    enabled: bool = False
    base_url: Url
    auth_type: Literal["oauth2", "basic", "apikey"]
    auth_config: Credential = Field(repr=False)
    sync_direction: Literal["push", "pull", "bidirectional"] = "bidirectional"
    sync_frequency: Literal["realtime", "hourly", "manual"] = "hourly"
    max_retries: int = Field(default=3, ge=0, le=20)
    initial_delay: int = Field(default=1000, ge=0, le=3_600_000)
    max_delay: int = Field(default=30_000, ge=0, le=3_600_000)
    backoff_multiplier: float = Field(default=2.0, ge=1, le=100)
    metadata: SyncSettings = SyncSettings()

    @model_validator(mode="before")
    @classmethod
    def _credential_of_kind(cls, data: Any) -> Any:
        # The union would report the errors of all three kinds.
        if not isinstance(data, dict):
            return data
        kind = _KINDS.get(str(data.get("authType", data.get("auth_type"))))
        key = "authConfig" if "authConfig" in data else "auth_config"
        if kind is not None and isinstance(data.get(key), dict):
            return {**data, key: kind.model_validate(data[key])}
        return data

    @model_validator(mode="after")
    def _coherent(self) -> FhirConfig:
        if not isinstance(self.auth_config, _KINDS[self.auth_type]):
            raise ValueError("authConfig não é do tipo de authType")
        if self.max_delay < self.initial_delay:
            raise ValueError("maxDelay menor que initialDelay")
        return self

    @property
    def sends(self) -> bool:
        return self.enabled and self.sync_direction != "pull"

    @property
    def receives(self) -> bool:
        return self.enabled and self.sync_direction != "push"

    def secrets(self) -> dict[str, Any]:
        """``authConfig`` in full, to be encrypted."""
        return self.auth_config.model_dump(by_alias=True, exclude_none=True)

    def masked(self) -> dict[str, Any]:
        """For answers: every secret is ``***``; ``authConfig`` has only the keys that are set."""
        body = self.model_dump(by_alias=True)
        body["authConfig"] = {k: MASK if k in SECRET_FIELDS else v for k, v in self.secrets().items()}
        return body


def merge(current: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The stored configuration with the fields of a PUT. A missing or masked secret stays, but only for the same kind of access and the
    same servers: else somebody could send a secret that they do not know to another server."""
    together = {**current, **change}
    if isinstance(change.get("metadata"), dict):
        together["metadata"] = {**(current.get("metadata") or {}), **change["metadata"]}
    old, new = current.get("authConfig") or {}, change.get("authConfig")
    new = {k: v for k, v in new.items() if not (k in SECRET_FIELDS and v == MASK)} if isinstance(new, dict) else {}
    if together.get("authType") != current.get("authType"):
        old = {}
    credential = {**old, **new}
    for chosen, other in (("privateKey", "clientSecret"), ("clientSecret", "privateKey")):
        # One kind of credential replaces the other.
        if chosen in new and other not in new:
            credential.pop(other, None)
    if _origins(current.get("baseUrl"), old) != _origins(together.get("baseUrl"), credential):
        credential = {k: v for k, v in credential.items() if k not in SECRET_FIELDS or k in new}
    return {**together, "authConfig": credential}


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"https": 443, "http": 80}.get(parts.scheme)


def _origins(base_url: Any, credential: dict[str, Any]) -> list[Any]:
    try:
        return [u and origin_of(str(u)) for u in (base_url, credential.get("tokenUrl"))]
    except ValueError:
        return []  # The validation refuses this address afterwards.
