"""How one installation writes its HL7 messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from include.fusion.errors import InvalidConfiguration
from include.fusion.hl7.wire.escapes import CHARSETS

VERSIONS = ("2.4", "2.5.1", "2.7")
_NAME = re.compile(r"[^\x00-\x1f|^~\\&\x7f]{1,180}")


@dataclass(frozen=True, slots=True)
class Hl7Profile:
    """Settings of all messages; :class:`InvalidConfiguration` names the one that does not fit.

    ``zone``: for times without a zone, and for the offset that is written. ``charset``: MSH-18 and the bytes. ``aproximar``: replace
    typographic signs that ``charset`` does not have; without it the message is refused. ``tipo_cpf``: CX-5 of a CPF (table 0203 has no
    code for it). ``autoridade``: CX-4 of the source's numbers.
    """

    integracao: int
    zone: ZoneInfo
    versao: str = "2.4"
    charset: str = "8859/1"
    remetente: str = "TRACKCARE"
    """MSH-3: Fusion identifies the integration by it."""
    unidade_remetente: str = "TRACKCARE"
    destinatario: str = "FUSION"
    unidade_destinataria: str = "FUSION"
    processamento: str = "P"
    aproximar: bool = False
    autoridade: str = "TRACKCARE"
    tipo_cpf: str = "NI"

    def __post_init__(self) -> None:
        if self.versao not in VERSIONS:
            raise InvalidConfiguration(f"hl7.versao: expected one of {', '.join(VERSIONS)}")
        if self.charset not in CHARSETS or self.charset == "UNICODE":
            raise InvalidConfiguration(f"hl7.charset: expected one of {', '.join(c for c in CHARSETS if c != 'UNICODE')}")
        if self.processamento not in ("P", "T", "D"):
            raise InvalidConfiguration("hl7.processamento: expected P (production), T (training) or D (debugging)")
        for name in ("remetente", "unidade_remetente", "destinatario", "unidade_destinataria", "autoridade", "tipo_cpf"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise InvalidConfiguration(f"hl7.{name}: expected 1 to 180 characters, none of | ^ ~ \\ & or a control character")

    @property
    def before_2_5(self) -> bool:
        """In 2.4 timing is TQ, AL1-1 is coded, and diagnoses and procedures have no identifier."""
        return self.versao == "2.4"
