"""What a FHIR server's answer means for the record. No message carries anything of a body but codes and element paths."""

from __future__ import annotations

import re
from typing import Any

from include.fusion.errors import FusionHubError, reason_of

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses worth the same request once more."""
_TRANSIENT_ISSUES = frozenset({"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"})
# R4 issue types; anything else in that place is not repeated.
_CODE = re.compile(r"[a-z][a-z-]{1,30}")
_PATH = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+(?:\[\w+\])?|\[\d+\]|\.\d+)*")


class FhirError(FusionHubError):
    """Base of what a FHIR server may answer."""


class FhirRefused(FhirError):
    """Refused for good: the record goes to the dead letter. ``issue`` and ``field`` come from the OperationOutcome."""

    def __init__(self, status: int, resource: str, issue: str | None = None, field: str | None = None) -> None:
        detail = f" ({issue})" if issue else ""
        super().__init__(f"servidor FHIR recusou {resource}: HTTP {status}{detail}" + (f" em {field}" if field else ""))
        self.status = status
        self.issue = issue
        self.field = field


class FhirDuplicate(FhirRefused):
    """412 to a conditional create: several resources answer to one business identifier; somebody must merge them there."""

    def __init__(self, resource: str) -> None:
        super().__init__(412, resource, "multiple-matches")


class FhirConflict(FhirError):
    """409, or 412 to ``If-Match``: the resource moved on; worth reading it again and repeating once."""

    def __init__(self, status: int, resource: str) -> None:
        super().__init__(f"servidor FHIR: conflito de versão em {resource} (HTTP {status})")
        self.status = status


class FhirUnavailable(FhirError):
    """No usable answer after every try; ``status`` 0 when there was none at all. ``wait``: seconds that the server asked for.
    ``body``: its answer, never part of the message."""

    def __init__(self, status: int, resource: str, wait: float | None = None, attempts: int = 1, body: Any = None) -> None:
        said = f"HTTP {status}" if status else "sem resposta"
        super().__init__(f"{UNAVAILABLE_PREFIX} em {resource}: {said} após {attempts} tentativa(s)")
        self.status = status
        self.tentativas = attempts
        self.espera = wait
        self.body = body


class FhirUnauthorized(FhirError):
    """The tenant's credentials are refused: no record's fault, so nothing is dead-lettered."""

    def __init__(self, status: int, where: str) -> None:
        super().__init__(f"credenciais recusadas pelo servidor FHIR ({where}, HTTP {status}); confira a configuração do tenant")
        self.status = status


def server_is_down(error: BaseException | None) -> bool:
    """Whether nothing is to be had of the server now, for any record; a 500 may well be one record's alone."""
    return isinstance(error, FhirUnauthorized) or (isinstance(error, FhirUnavailable) and error.status != 500)


def reason_of_end(error: BaseException) -> str:
    """``last_error`` of a synchronisation that did not come to its end."""
    return reason_of(error) if isinstance(error, FusionHubError) else f"execução interrompida ({type(error).__name__})"


UNAVAILABLE_PREFIX = "servidor FHIR indisponível"
"""How the reason of a dead letter begins whose cause was an outage; the next scheduled run sends those again."""


def outcome(body: Any) -> tuple[str | None, str | None]:
    """Issue code and element path of the first error in an OperationOutcome; nothing that could be a value."""
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
    """Whether the same request may succeed later: by status, or by what a 4xx says of itself."""
    if status in TRANSIENT:
        return True
    return status >= 400 and status not in (401, 409, 412) and outcome(body)[0] in _TRANSIENT_ISSUES


def exhausted(status: int, body: Any, resource: str, attempts: int, wait: float | None = None) -> FhirError:
    """What a transient answer means once the attempts are used up: an outage, but a 4xx that only called itself transient is the record's."""
    if status in TRANSIENT or status < 400:
        return FhirUnavailable(status, resource, wait, attempts)
    return FhirRefused(status, resource, *outcome(body))


def error_for(status: int, body: Any, resource: str, *, conditional: bool = False) -> FhirError:
    """The error of one final answer (status 400 and up, not transient). ``conditional``: it went by a search."""
    if status == 412 and conditional:
        return FhirDuplicate(resource)
    if status in (409, 412):
        return FhirConflict(status, resource)
    return FhirRefused(status, resource, *outcome(body))
