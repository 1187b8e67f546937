"""The receiver's answer (MSA, ERR) and its meaning for the record.

AA, CA: accepted. AE, CE: the data of this message is wrong; it goes to ``erro``. AR, CR: try again later: the receiver has trouble (0357:
206, 207), or somebody must configure it for this kind of message. Reasons hold codes of table 0357 and positions, never the receiver's own
text: it may quote the patient.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.fusion.errors import FusionError, FusionUnavailable
from include.fusion.hl7.wire.parser import Message, Unreadable, read

CONDITIONS = {
    0: "aceita", 100: "ordem dos segmentos", 101: "campo obrigatório ausente", 102: "tipo de dado inválido", 103: "valor fora da tabela",
    200: "tipo de mensagem não suportado", 201: "evento não suportado", 202: "processamento (MSH-11) não suportado", 203: "versão não suportada",
    204: "identificador desconhecido", 205: "identificador duplicado", 206: "registro bloqueado no destino", 207: "falha interna do destino",
}  # fmt: skip
"""Table 0357."""
_PASSING = frozenset({206, 207})
_ACCEPT, _REFUSE, _REJECT = frozenset({"AA", "CA"}), frozenset({"AE", "CE"}), frozenset({"AR", "CR"})
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")


class Hl7Refused(FusionError):
    """AE or CE: the data of this message is wrong; sending it again changes nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(200, "HL7")
        self.args = (f"Fusion recusou a mensagem HL7: {reason}",)


class Hl7Rejected(FusionUnavailable):
    """AR or CR. ``configuration``: somebody must change a setting (here or in Fusion) first."""

    def __init__(self, reason: str, configuration: bool) -> None:
        super().__init__(200, "HL7")
        self.configuration = configuration
        advice = "; confira versão, charset, MSH-3 e os layouts da integração" if configuration else ""
        self.args = (f"Fusion rejeitou a mensagem HL7: {reason}{advice}",)


class Hl7NoAnswer(FusionUnavailable):
    """No answer in time, a broken connection, or an unreadable answer; ``detail`` says which, in fixed words."""

    def __init__(self, detail: str) -> None:
        super().__init__(0, "HL7")
        self.args = (f"Fusion indisponível em HL7: {detail}",)


@dataclass(frozen=True, slots=True)
class Ack:
    """``codigo``: MSA-1. ``controle``: MSA-2. ``condition`` (table 0357) and ``local`` (``PID-5``): from ERR, if it has them."""

    codigo: str
    controle: str
    condition: int | None = None
    local: str | None = None

    @property
    def accepted(self) -> bool:
        return self.codigo in _ACCEPT

    @property
    def motivo(self) -> str:
        """Codes in words: ``AE 101 (campo obrigatório ausente) em PID-5``."""
        condition = "" if self.condition is None else f" {self.condition} ({CONDITIONS.get(self.condition, 'código do destino')})"
        return f"{self.codigo}{condition}" + (f" em {self.local}" if self.local else "")

    def check(self) -> None:
        """Do nothing when accepted. :raises Hl7Refused, Hl7Rejected: as the code says."""
        if self.codigo in _REFUSE:
            raise Hl7Refused(self.motivo)
        if self.codigo in _REJECT:
            raise Hl7Rejected(self.motivo, configuration=self.condition not in _PASSING)


def read_ack(raw: bytes, control_id: str | None = None) -> Ack:
    """Read an acknowledgement; ``control_id``: of the message that it must answer.

    :raises Hl7NoAnswer: no acknowledgement, or that of another message: the state of ours is unknown.
    """
    try:
        m = read(raw.strip(b"\r\n\x0b\x1c") + b"\r")
    except (Unreadable, IndexError):
        raise Hl7NoAnswer("a resposta não é HL7") from None
    code, received = str(m.valor("MSA", 1)), str(m.valor("MSA", 2))
    if code not in _ACCEPT | _REFUSE | _REJECT:
        raise Hl7NoAnswer("a resposta não tem MSA-1 conhecido")
    # A receiver that cannot read MSH cannot repeat the control id. With an error code, the answer is still ours.
    if control_id is not None and received != control_id and (received or code in _ACCEPT):
        raise Hl7NoAnswer("a resposta é de outra mensagem (MSA-2)")
    condition, local = _error(m)
    return Ack(code, received, condition, local)


def _error(m: Message) -> tuple[int | None, str | None]:
    """Condition and position: ERR-1 (ELD) in 2.4, ERR-2 (ERL) and ERR-3 since 2.5, MSA-6 without ERR."""
    eld, erl = m.raw("ERR", 1), m.raw("ERR", 2)
    code = str(m.valor("ERR", 3)) or str(m.part(eld, 4)) or str(m.valor("MSA", 6))
    condition = int(code) if re.fullmatch("[0-9]{1,3}", code) else None
    segment, field = (m.part(erl, 1), m.part(erl, 3)) if erl else (m.part(eld, 1), m.part(eld, 3))
    # It is shown in a reason: keep only a real position.
    if not _SEGMENT.fullmatch(str(segment)):
        return condition, None
    return condition, f"{segment}-{field}" if re.fullmatch("[0-9]{1,3}", str(field)) else str(segment)
