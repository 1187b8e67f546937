"""Errors of a FHIR server's answers. Their texts have only codes and element paths of a body."""

from __future__ import annotations

import re
from typing import Any

from include.fusion.errors import FusionHubError, reason_of

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""
_TRANSIENT_ISSUES = frozenset({"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"})
# Shape of R4 issue types: anything else is not shown.
_CODE = re.compile(r"[a-z][a-z-]{1,30}")
_PATH = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+(?:\[\w+\])?|\[\d+\]|\.\d+)*")


class FhirError(FusionHubError):
    """Base of a FHIR server's errors."""


class FhirRefused(FhirError):
    """Refused for good: the record becomes a dead letter. ``issue`` and ``field`` come from the OperationOutcome."""

    def __init__(self, status: int, resource: str, issue: str | None = None, field: str | None = None) -> None:
        detail = f" ({issue})" if issue else ""
        super().__init__(f"servidor FHIR recusou {resource}: HTTP {status}{detail}" + (f" em {field}" if field else ""))
        self.status = status
        self.issue = issue
        self.field = field


class FhirDuplicate(FhirRefused):
    """412 to a conditional create: several resources have the same identifier; somebody must merge them there."""

    def __init__(self, resource: str) -> None:
        super().__init__(412, resource, "multiple-matches")


class FhirConflict(FhirError):
    """409, or 412 to ``If-Match``: the resource has changed; read it again and repeat once."""

    def __init__(self, status: int, resource: str) -> None:
        super().__init__(f"servidor FHIR: conflito de versão em {resource} (HTTP {status})")
        self.status = status


class FhirUnavailable(FhirError):
    """No usable answer after all tries; ``status`` 0: no answer at all. ``wait``: seconds that the server asked for. ``body``: its answer,
    never part of the text."""

    def __init__(self, status: int, resource: str, wait: float | None = None, attempts: int = 1, body: Any = None) -> None:
        said = f"HTTP {status}" if status else "sem resposta"
        super().__init__(f"{UNAVAILABLE_PREFIX} em {resource}: {said} após {attempts} tentativa(s)")
        self.status = status
        self.tentativas = attempts
        self.espera = wait
        self.body = body


class FhirUnauthorized(FhirError):
    """The server refuses the tenant's credentials. It is no record's fault: nothing becomes a dead letter."""

    def __init__(self, status: int, where: str) -> None:
        super().__init__(f"credenciais recusadas pelo servidor FHIR ({where}, HTTP {status}); confira a configuração do tenant")
        self.status = status


def server_is_down(error: BaseException | None) -> bool:
    """Whether the server serves no record now. A 500 may concern one record only."""
    return isinstance(error, FhirUnauthorized) or (isinstance(error, FhirUnavailable) and error.status != 500)


def reason_of_end(error: BaseException) -> str:
    """``last_error`` of a synchronisation that failed."""
    return reason_of(error) if isinstance(error, FusionHubError) else f"execução interrompida ({type(error).__name__})"


UNAVAILABLE_PREFIX = "servidor FHIR indisponível"
"""Start of the reason of dead letters after an outage; the next scheduled run sends them again."""


def outcome(body: Any) -> tuple[str | None, str | None]:
    """Issue code and element path of the first error in an OperationOutcome, never a value."""
    if not isinstance(body, dict) or body.get("resourceType") != "OperationOutcome":
        return None, None
    issues = [i for i in body.get("issue") or [] if isinstance(i, dict)]
    worst = next((i for i in issues if i.get("severity") in ("fatal", "error")), issues[0] if issues else {})
    code, where = worst.get("code"), (worst.get("expression") or worst.get("location") or [None])[0]
    return (
        code if isinstance(code, str) and _CODE.fullmatch(code) else None,
        where[:120] if isinstance(where, str) and _PATH.fullmatch(where[:120]) else None,
    )


def is_transient(status: int, body: Any) -> bool:
    """Whether the same request may succeed later: by status, or by the issue code of a 4xx."""
    if status in TRANSIENT:
        return True
    return status >= 400 and status not in (401, 409, 412) and outcome(body)[0] in _TRANSIENT_ISSUES


def exhausted(status: int, body: Any, resource: str, attempts: int, wait: float | None = None) -> FhirError:
    """Error of a transient answer after the last attempt: an outage, or a refusal if it is a 4xx."""
    if status in TRANSIENT or status < 400:
        return FhirUnavailable(status, resource, wait, attempts)
    return FhirRefused(status, resource, *outcome(body))


def error_for(status: int, body: Any, resource: str, *, conditional: bool = False) -> FhirError:
    """Error of a final answer (status 400 and more, not transient). ``conditional``: the request had a search."""
    if status == 412 and conditional:
        return FhirDuplicate(resource)
    if status in (409, 412):
        return FhirConflict(status, resource)
    return FhirRefused(status, resource, *outcome(body))
