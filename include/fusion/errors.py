"""All errors of the hub. No message has a value of a patient's record in it."""

from __future__ import annotations

import re

from pydantic import ValidationError

REASON_MAX = 300
"""Characters of the ``motivo`` column."""


_LIKE_A_CODE = re.compile(r"[A-Za-z0-9.-]{1,3}|(?=.*\d)[A-Za-z0-9.-]{1,6}")


class FusionHubError(Exception):
    """Base of all errors of this project."""


class InvalidConfiguration(FusionHubError):
    """A settings, De/Para or SQL file is wrong; the message has file, path inside it and what was expected."""


class InvalidRequest(FusionHubError):
    """A run's form is wrong; the message (Portuguese) lists all problems."""


class InvalidRecord(FusionHubError):
    """One record cannot be mapped: it goes to ``erro``, and the batch continues."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.motivo = reason


class CodeWithoutDePara(InvalidRecord):
    """A code of the source without De/Para, in a catalogue that refuses such codes."""

    def __init__(self, catalog: str, code: str) -> None:
        # What is no code may be anything that somebody typed there, a name even: the table of unmapped codes has it.
        shown = repr(code) if _LIKE_A_CODE.fullmatch(code) else "(em codigo_sem_depara)"
        super().__init__(catalog, f"código {shown} sem De/Para")
        self.catalog = catalog
        self.codigo = code


class SourceShrank(FusionHubError):
    """A table of the source lost more rows at once than a hospital deletes. To believe it would cancel all those records in Fusion."""

    def __init__(self, table: str, before: int, now: int) -> None:
        super().__init__(
            f"{table}: {now} linhas na origem, {before} da última vez: restauração em andamento ou permissão perdida? Nada dela foi "
            "cancelado nem alterado no Fusion. Se a redução for verdadeira, ponha perda_max: 1 na seção carga e limpe a tarefa."
        )


class SourceRefused(FusionHubError):
    """A statement is refused: a right, a table or a column is missing. No record is at fault, and what is unreadable is not empty."""

    def __init__(self, what: str, why: str) -> None:
        self.reason = f"{what}: {why}"
        text = "Permissão revogada, ou tabela mudada? Nada deste lote foi enviado, e o Fusion fica com o que tinha."
        super().__init__(f"{self.reason}. {text}")


class SourceLost(FusionHubError):
    """Kinds of data that were readable and are no longer. To go on would send them as empty lists."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"A origem não deixa mais ler o que deixava: {what}. Permissão revogada, ou tabela mudada? Nada foi enviado, e o Fusion fica com o "
            "que tinha. Devolva o acesso e limpe a tarefa; se a perda é para valer, rode Conferir instalação com Aceitar o que falta."
        )


RECORD_UNKNOWN = "urn:fusion:registro-desconhecido"
SEQUENCE_OLD = "urn:fusion:sequencia-antiga"
"""Types of Fusion's problem documents that mean something to the hub: only the first makes a 404 say that a record is absent."""


class FusionError(FusionHubError):
    """Fusion refused one request for good (4xx).

    ``field``: the field that it named. ``kind``: ``type`` of its problem document, such as ``RECORD_UNKNOWN``; ``None`` without one.
    """

    def __init__(self, status: int, path: str, field: str | None = None, kind: str | None = None) -> None:
        super().__init__(f"Fusion recusou {path}: HTTP {status}" + (f" em {field}" if field else ""))
        self.status = status
        self.path = path
        self.field = field
        self.kind = kind


class FusionUnavailable(FusionHubError):
    """Fusion cannot take the request now (408, 425, 429, 5xx, no answer): try again.

    ``status``: 0 without a complete answer. ``retry_after``: seconds to wait, if Fusion asked for it.
    """

    def __init__(self, status: int, path: str, retry_after: float | None = None) -> None:
        super().__init__(f"Fusion indisponível em {path}: " + (f"HTTP {status}" if status else "sem resposta"))
        self.status = status
        self.path = path
        self.retry_after = retry_after


DENIED = "negou o acesso, ou um firewall barrou o envio"
"""Part of the reason of a record that got a 403 again and again while others got through."""


class FusionUnauthorized(FusionUnavailable):
    """Fusion refused our credentials (401, 403). No record is at fault: the whole batch is released and the task fails.

    ``of_record``: it may be about one record after all, if others get through: a firewall refuses its text, or we may not send its kind.
    """

    def __init__(self, status: int, path: str) -> None:
        super().__init__(status, path)
        self.of_record = status == 403 and path != "token"
        who = DENIED if self.of_record else "recusou as credenciais da conexão"
        self.args = (f"Fusion {who} (HTTP {status}); confira a conexão da API no Airflow",)


class OwnershipLost(FusionHubError):
    """Another worker holds rows that this one was sending: this one was stopped for longer than its lease, or its task was started anew."""

    def __init__(self) -> None:
        super().__init__("outra execução assumiu registros desta; esta para aqui, e o que estava a caminho será lido e enviado de novo")


# pydantic's error types, in words for data ops; never with the input value.
_KINDS = {
    "missing": "campo obrigatório ausente",
    "string_type": "deveria ser texto",
    "string_too_short": "texto vazio",
    "string_too_long": "texto longo demais",
    "string_pattern_mismatch": "formato inválido",
    "literal_error": "valor fora da lista aceita",
    "timezone_aware": "data e hora sem fuso",
    "extra_forbidden": "campo desconhecido",
    "finite_number": "número inválido",
    "float_parsing": "número inválido",
    "less_than_equal": "valor acima do limite",
    "greater_than_equal": "valor abaixo do limite",
}


def reason_of(error: BaseException) -> str:
    """Reason for the queue's row: Portuguese, at most ``REASON_MAX`` characters, without values of the record."""
    if isinstance(error, ValidationError):
        parts = []
        for item in error.errors(include_input=False, include_url=False, include_context=True):
            where = ".".join(str(p) for p in item["loc"]) or "registro"
            # Only our validators raise ValueError, and their texts have no values.
            text = str(item["ctx"]["error"]) if item["type"] == "value_error" else _KINDS.get(item["type"], "valor inválido")
            parts.append(f"{where}: {text}")
        return "; ".join(parts)[:REASON_MAX]
    if isinstance(error, FusionHubError):
        return str(error)[:REASON_MAX]
    return f"falha inesperada ao montar o registro ({type(error).__name__})"
