"""One tenant's integration as the seed's API takes it (camelCase JSON), checked as a whole before anything is stored."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

MASCARA = "***"
SECRETOS = ("clientSecret", "privateKey", "password", "apiKey", "webhookSecret")
"""Keys of ``authConfig`` whose values never leave the database."""


class _Base(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, hide_input_in_errors=True)


def _local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _url(valor: str) -> str:
    try:
        partes = urlsplit(valor)
        host, _ = partes.hostname or "", partes.port
    except ValueError:
        raise ValueError("endereço inválido") from None
    if partes.scheme not in ("https", "http") or not host or partes.query or partes.fragment:
        raise ValueError("endereço http(s) sem parâmetros é esperado")
    if partes.username or partes.password:
        raise ValueError("credenciais não vão no endereço")
    if partes.scheme == "http" and not _local(host):
        raise ValueError("sem TLS só na própria máquina: use https")
    return valor.rstrip("/")


Url = Annotated[str, AfterValidator(_url), Field(max_length=500)]
Texto = Annotated[str, Field(min_length=1, max_length=8000)]
# What a header may be called (RFC 9110, token); a line break in it would write headers of its own.
Cabecalho = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")]
SemQuebra = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class _Acesso(_Base):
    """What every kind of access has: the secret under which the tenant's EHR signs its notifications."""

    webhook_secret: Annotated[str, Field(min_length=16, max_length=500, pattern=r"^[\x21-\x7e]+$")] | None = Field(default=None, repr=False)


class OAuth2(_Acesso):
    """Client credentials: with ``clientSecret``, or SMART Backend Services with ``privateKey`` (PEM), ``kid`` and ``alg``."""

    client_id: SemQuebra
    client_secret: SemQuebra | None = Field(default=None, repr=False)
    private_key: Texto | None = Field(default=None, repr=False)
    kid: SemQuebra | None = None
    alg: Literal["RS384", "ES384"] = "RS384"
    token_url: Url | None = None
    """Left out: taken from the server's ``.well-known/smart-configuration``."""
    scope: Annotated[str, Field(max_length=1000)] = "system/*.read system/*.write"
    token_auth: Literal["basic", "post"] = "basic"  # noqa: S105 - a way, not a password

    @model_validator(mode="after")
    def _uma_credencial(self) -> OAuth2:
        if (self.client_secret is None) == (self.private_key is None):
            raise ValueError("informe clientSecret ou privateKey, um dos dois")
        return self


class Basic(_Acesso):
    username: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^:\x00-\x1f\x7f]+$")]
    password: SemQuebra = Field(repr=False)


class ApiKey(_Acesso):
    api_key: SemQuebra = Field(repr=False)
    api_key_header: Cabecalho = "X-API-Key"


Credencial = OAuth2 | Basic | ApiKey
_TIPOS: dict[str, type[OAuth2] | type[Basic] | type[ApiKey]] = {"oauth2": OAuth2, "basic": Basic, "apikey": ApiKey}


def _fuso(valor: str) -> str:
    try:
        ZoneInfo(valor)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("fuso horário desconhecido") from None
    return valor


class Metadados(_Base):
    """What the seed's table has no column for; kept in its ``metadata``."""

    timezone: Annotated[str, AfterValidator(_fuso)] = "America/Sao_Paulo"
    """Zone in which effective times are written."""
    bundle: Literal["batch", "transaction", "none"] = "batch"
    bundle_size: int = Field(default=50, ge=1, le=500)
    concurrency: int = Field(default=4, ge=1, le=32)
    page_size: int = Field(default=100, ge=1, le=1000)
    overlap_seconds: int = Field(default=300, ge=0, le=86_400)
    """How far behind the last seen ``_lastUpdated`` a pull looks again."""
    timeout: float = Field(default=30.0, gt=0, le=600)
    observation_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "urn:fusion:plataforma:observation"
    webhook_signed: bool = True
    """Whether a notification must be signed; otherwise it carries the secret itself, as servers that send fixed headers do."""
    patient_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "urn:fusion:plataforma:patient"
    cpf_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf"
    cns_system: Annotated[str, Field(max_length=300, pattern=r"^\S+$")] = "http://rnds.saude.gov.br/fhir/r4/NamingSystem/cns"


class Configuracao(_Base):
    """The body of ``POST /api/v1/fhir/config``. ``initialDelay`` and ``maxDelay`` in milliseconds, as in the seed."""

    enabled: bool = False
    base_url: Url
    auth_type: Literal["oauth2", "basic", "apikey"]
    auth_config: Credencial = Field(repr=False)
    sync_direction: Literal["push", "pull", "bidirectional"] = "bidirectional"
    sync_frequency: Literal["realtime", "hourly", "manual"] = "hourly"
    max_retries: int = Field(default=3, ge=0, le=20)
    initial_delay: int = Field(default=1000, ge=0, le=3_600_000)
    max_delay: int = Field(default=30_000, ge=0, le=3_600_000)
    backoff_multiplier: float = Field(default=2.0, ge=1, le=100)
    metadata: Metadados = Metadados()

    @model_validator(mode="before")
    @classmethod
    def _credencial_do_tipo(cls, dados: Any) -> Any:
        # The union alone would report the errors of all three kinds.
        if not isinstance(dados, dict):
            return dados
        tipo = _TIPOS.get(str(dados.get("authType", dados.get("auth_type"))))
        chave = "authConfig" if "authConfig" in dados else "auth_config"
        if tipo is not None and isinstance(dados.get(chave), dict):
            return {**dados, chave: tipo.model_validate(dados[chave])}
        return dados

    @model_validator(mode="after")
    def _coerente(self) -> Configuracao:
        if not isinstance(self.auth_config, _TIPOS[self.auth_type]):
            raise ValueError("authConfig não é do tipo de authType")
        if self.max_delay < self.initial_delay:
            raise ValueError("maxDelay menor que initialDelay")
        return self

    @property
    def envia(self) -> bool:
        return self.enabled and self.sync_direction != "pull"

    @property
    def recebe(self) -> bool:
        return self.enabled and self.sync_direction != "push"

    def segredos(self) -> dict[str, Any]:
        """``authConfig`` in full, to be encrypted."""
        return self.auth_config.model_dump(by_alias=True, exclude_none=True)

    def mascarada(self) -> dict[str, Any]:
        """For answers: every secret is ``***``, and what is not set is left out of ``authConfig``."""
        corpo = self.model_dump(by_alias=True)
        corpo["authConfig"] = {k: MASCARA if k in SECRETOS else v for k, v in self.segredos().items()}
        return corpo


def unir(atual: dict[str, Any], mudanca: dict[str, Any]) -> dict[str, Any]:
    """A PUT over what is stored: fields left out stay; a secret left out or sent back masked stays too, while the kind of access and the
    servers it goes to stay the same: whoever points a tenant at another server must know the secret, not borrow it."""
    junto = {**atual, **mudanca}
    if isinstance(mudanca.get("metadata"), dict):
        junto["metadata"] = {**(atual.get("metadata") or {}), **mudanca["metadata"]}
    velho, novo = atual.get("authConfig") or {}, mudanca.get("authConfig")
    novo = {k: v for k, v in novo.items() if not (k in SECRETOS and v == MASCARA)} if isinstance(novo, dict) else {}
    if junto.get("authType") != atual.get("authType"):
        velho = {}
    credencial = {**velho, **novo}
    for escolhido, outro in (("privateKey", "clientSecret"), ("clientSecret", "privateKey")):
        # Changing from one kind of credential to the other replaces it.
        if escolhido in novo and outro not in novo:
            credencial.pop(outro, None)
    if _origens(atual.get("baseUrl"), velho) != _origens(junto.get("baseUrl"), credencial):
        credencial = {k: v for k, v in credencial.items() if k not in SECRETOS or k in novo}
    return {**junto, "authConfig": credencial}


def origem(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address."""
    partes = urlsplit(url)
    return partes.scheme, partes.hostname or "", partes.port or {"https": 443, "http": 80}.get(partes.scheme)


def _origens(base_url: Any, credencial: dict[str, Any]) -> list[Any]:
    try:
        return [u and origem(str(u)) for u in (base_url, credencial.get("tokenUrl"))]
    except ValueError:
        return []  # An address that is none is refused by the validation that follows.
