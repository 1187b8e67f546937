"""What a FHIR server's answer means for the record. No message carries anything of a body but codes and element paths."""

from __future__ import annotations

import re
from typing import Any

from include.fusion.errors import FusionHubError, motivo_de

TRANSITORIOS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses worth the same request once more."""
_ISSUES_TRANSITORIAS = frozenset({"transient", "lock-error", "no-store", "exception", "timeout", "incomplete", "throttled"})
# R4 issue types; anything else in that place is not repeated.
_CODIGO = re.compile(r"[a-z][a-z-]{1,30}")
_CAMINHO = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+(?:\[\w+\])?|\[\d+\]|\.\d+)*")


class FhirErro(FusionHubError):
    """Base of what a FHIR server may answer."""


class FhirRecusado(FhirErro):
    """Refused for good: the record goes to the dead letter. ``issue`` and ``campo`` come from the OperationOutcome."""

    def __init__(self, status: int, recurso: str, issue: str | None = None, campo: str | None = None) -> None:
        detalhe = f" ({issue})" if issue else ""
        super().__init__(f"servidor FHIR recusou {recurso}: HTTP {status}{detalhe}" + (f" em {campo}" if campo else ""))
        self.status = status
        self.issue = issue
        self.campo = campo


class FhirDuplicado(FhirRecusado):
    """412 to a conditional create: several resources answer to one business identifier; somebody must merge them there."""

    def __init__(self, recurso: str) -> None:
        super().__init__(412, recurso, "multiple-matches")


class FhirConflito(FhirErro):
    """409, or 412 to ``If-Match``: the resource moved on; worth reading it again and repeating once."""

    def __init__(self, status: int, recurso: str) -> None:
        super().__init__(f"servidor FHIR: conflito de versão em {recurso} (HTTP {status})")
        self.status = status


class FhirIndisponivel(FhirErro):
    """No usable answer after every try; ``status`` 0 when there was none at all. ``espera``: seconds that the server asked for.
    ``corpo``: its answer, never part of the message."""

    def __init__(self, status: int, recurso: str, espera: float | None = None, tentativas: int = 1, corpo: Any = None) -> None:
        dito = f"HTTP {status}" if status else "sem resposta"
        super().__init__(f"{PREFIXO_INDISPONIVEL} em {recurso}: {dito} após {tentativas} tentativa(s)")
        self.status = status
        self.tentativas = tentativas
        self.espera = espera
        self.corpo = corpo


class FhirNaoAutorizado(FhirErro):
    """The tenant's credentials are refused: no record's fault, so nothing is dead-lettered."""

    def __init__(self, status: int, onde: str) -> None:
        super().__init__(f"credenciais recusadas pelo servidor FHIR ({onde}, HTTP {status}); confira a configuração do tenant")
        self.status = status


def servidor_fora(erro: BaseException | None) -> bool:
    """Whether nothing is to be had of the server now, for any record; a 500 may well be one record's alone."""
    return isinstance(erro, FhirNaoAutorizado) or (isinstance(erro, FhirIndisponivel) and erro.status != 500)


def motivo_do_fim(erro: BaseException) -> str:
    """``last_error`` of a synchronisation that did not come to its end."""
    return motivo_de(erro) if isinstance(erro, FusionHubError) else f"execução interrompida ({type(erro).__name__})"


PREFIXO_INDISPONIVEL = "servidor FHIR indisponível"
"""How the reason of a dead letter begins whose cause was an outage; the next scheduled run sends those again."""


def desfecho(corpo: Any) -> tuple[str | None, str | None]:
    """Issue code and element path of the first error in an OperationOutcome; nothing that could be a value."""
    if not isinstance(corpo, dict) or corpo.get("resourceType") != "OperationOutcome":
        return None, None
    issues = [i for i in corpo.get("issue") or [] if isinstance(i, dict)]
    pior = next((i for i in issues if i.get("severity") in ("fatal", "error")), issues[0] if issues else {})
    codigo, onde = pior.get("code"), (pior.get("expression") or pior.get("location") or [None])[0]
    return (
        codigo if isinstance(codigo, str) and _CODIGO.fullmatch(codigo) else None,
        onde[:120] if isinstance(onde, str) and _CAMINHO.fullmatch(onde[:120]) else None,
    )


def transitorio(status: int, corpo: Any) -> bool:
    """Whether the same request may succeed later: by status, or by what a 4xx says of itself."""
    if status in TRANSITORIOS:
        return True
    return status >= 400 and status not in (401, 409, 412) and desfecho(corpo)[0] in _ISSUES_TRANSITORIAS


def esgotado(status: int, corpo: Any, recurso: str, tentativas: int, espera: float | None = None) -> FhirErro:
    """What a transient answer means once the attempts are used up: an outage, but a 4xx that only called itself transient is the record's."""
    if status in TRANSITORIOS or status < 400:
        return FhirIndisponivel(status, recurso, espera, tentativas)
    return FhirRecusado(status, recurso, *desfecho(corpo))


def erro_de(status: int, corpo: Any, recurso: str, *, condicional: bool = False) -> FhirErro:
    """The error of one final answer (status 400 and up, not transient). ``condicional``: it went by a search."""
    if status == 412 and condicional:
        return FhirDuplicado(recurso)
    if status in (409, 412):
        return FhirConflito(status, recurso)
    return FhirRecusado(status, recurso, *desfecho(corpo))
