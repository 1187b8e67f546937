"""Types of the canonical fields: bounded texts, documents, dates, numbers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel
from validate_docbr import CPF

_CPF = CPF()
# Control characters (C0 but tab, LF and CR; DEL; C1) must not reach a health record. Pydantic itself refuses lone surrogates.
_NO_CONTROLS = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
LONG_TEXT_MAX = 2_000_000
"""Most characters of one free text (a note, a report)."""


def _cpf(value: str) -> str:
    if not re.fullmatch(r"[0-9]{11}", value) or not _CPF.validate(value):
        raise ValueError("CPF inválido")
    return value


def _cns(value: str) -> str:
    # Only the public rule: libraries also check endings that some real cards do not have.
    if not re.fullmatch(r"[12789][0-9]{14}", value) or sum(int(d) * (15 - i) for i, d in enumerate(value)) % 11:
        raise ValueError("CNS inválido")
    return value


def _text(size: int) -> StringConstraints:
    # Only constraints of pydantic's own core, for speed: a record has about 200 texts. ``mapping.values.to_text`` cleaned them before.
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=size, pattern=_NO_CONTROLS)


ShortText = Annotated[str, _text(500)]
LongText = Annotated[str, _text(LONG_TEXT_MAX)]
Codigo = Annotated[str, _text(100)]
Cpf = Annotated[str, AfterValidator(_cpf)]
Cns = Annotated[str, AfterValidator(_cns)]


Cid10 = Annotated[str, Field(pattern=r"^[A-Z][0-9]{2}(\.[0-9A-Z]{1,2})?$")]


Date = Annotated[date, Field(ge=date(1850, 1, 1), le=date(2200, 12, 31))]
Timestamp = Annotated[AwareDatetime, Field(ge=datetime(1850, 1, 1, tzinfo=UTC), le=datetime(2200, 12, 31, tzinfo=UTC))]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
MinutesOfDay = Annotated[int, Field(ge=0, le=1439)]


class _Base(BaseModel):
    # Built at first use: a task that only loads keys imports this module but makes no record.
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, extra="forbid", frozen=True, defer_build=True
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # Fields sorted by JSON name: so one text serves for sending and for hashing.
        cls.__pydantic_fields__ = dict(sorted(cls.__pydantic_fields__.items(), key=lambda field: to_camel(field[0])))


class _Item(_Base):
    codigo: Codigo
    """Key of this item at the source. An edit keeps it; it is unique within its kind and attendance."""
