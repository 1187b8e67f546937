"""What a database means when it refuses a statement: no right, no such table, no such column. Only names of objects are told, never values."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

from sqlalchemy.exc import DBAPIError

Cause = Literal["sem_permissao", "sem_tabela", "escondido", "sem_coluna", "outra"]
TEXTS: dict[str, str] = {
    "sem_permissao": "sem permissão em {}",
    "sem_tabela": "{} não existe",
    "escondido": "{} não existe, ou não foi liberado para a conta",
    "sem_coluna": "a coluna {} não existe",
    "outra": "o banco não aceita o comando ({})",
}

_CODES: dict[str, dict[str, Cause]] = {
    "postgresql": {"42501": "sem_permissao", "42P01": "sem_tabela", "3F000": "sem_tabela", "42703": "sem_coluna"},
    "oracle": {"942": "escondido", "1031": "sem_permissao", "41900": "sem_permissao", "904": "sem_coluna"},
    "mssql": {"229": "sem_permissao", "230": "sem_permissao", "916": "sem_permissao", "208": "sem_tabela", "207": "sem_coluna"},
    "iris": {"-99": "sem_permissao", "-30": "escondido", "-29": "sem_coluna"},
}
_QUOTED = re.compile(r"[\"'`«“]\s*([\w$#. ]+?)\s*[\"'`»”]")
_NAME = re.compile(r"[\w$#]+(?:\.[\w$#]+)*")
_NO_NAME = "um objeto"


class Refusal(NamedTuple):
    """Why a statement was refused. ``name``: the object, as the database calls it."""

    cause: Cause
    name: str

    def __str__(self) -> str:
        return TEXTS[self.cause].format(self.name)

    @property
    def lost(self) -> bool:
        """Whether a table or column is gone or closed; anything else is a fault of ours, or an outage."""
        return self.cause != "outra"


def refusal_of(error: DBAPIError, engine: str, sql: str = "") -> Refusal:
    """What ``error`` says. ``engine``: name of SQLAlchemy's dialect; ``sql``: the statement, in which Oracle only points at a name."""
    original: Any = error.orig
    code = _code(original, engine)
    cause = _CODES.get(engine, {}).get(code, "outra")
    if cause == "outra":
        return Refusal(cause, f"{type(original).__name__} {code}".strip())
    return Refusal(cause, _name(_message(original), cause, engine, getattr(_first(original), "offset", 0), sql))


def _first(original: Any) -> Any:
    return original.args[0] if getattr(original, "args", ()) else original


def _message(original: Any) -> str:
    """pymssql keeps it as bytes, behind its number."""
    last = original.args[-1] if getattr(original, "args", ()) else original
    return last.decode(errors="replace") if isinstance(last, bytes) else str(last)


def _code(original: Any, engine: str) -> str:
    first = _first(original)
    if engine == "postgresql":
        return str(getattr(original, "pgcode", "") or "")
    if engine == "iris":
        found = re.search(r"SQLCODE:?\s*<(-?\d+)>", str(original))
        return found[1] if found else ""
    return str(first if isinstance(first, int) else getattr(first, "code", ""))


def _name(message: str, cause: Cause, engine: str, offset: int, sql: str) -> str:
    line = message.strip().split("\n", 1)[0]
    if engine == "oracle":
        parts = re.findall(r'"([^"]+)"', line)
        if parts:
            return ".".join(parts)
        found = _NAME.match(sql, offset or 0) if sql else None
        return found[0] if found and offset else _NO_NAME
    if quoted := _QUOTED.search(line):
        return quoted[1]
    words = _NAME.findall(line)
    # "permission denied for table x", "column a.x does not exist", and the same in Portuguese.
    place = 1 if cause == "sem_coluna" else -1
    return words[place] if len(words) > 1 else _NO_NAME
