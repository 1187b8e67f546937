"""What the receiver answers: MSA and ERR, and what each answer means for the record.

AA and CA: taken. AE and CE: this message's data is wrong, so it goes to ``erro``. AR and CR: worth trying again, whether the receiver was in
trouble (0357: 206, 207) or refuses the kind of message, which somebody has to configure. Reasons hold codes of table 0357 and positions,
never a text of the receiver's, which may quote the patient.
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
    """AE or CE: the data of this one message; sending it again changes nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(200, "HL7")
        self.args = (f"Fusion recusou a mensagem HL7: {reason}",)


class Hl7Rejected(FusionUnavailable):
    """AR or CR: ``configuration`` when somebody has to change a setting (here or in Fusion) before it can pass."""

    def __init__(self, reason: str, configuration: bool) -> None:
        super().__init__(200, "HL7")
        self.configuration = configuration
        advice = "; confira versão, charset, MSH-3 e os layouts da integração" if configuration else ""
        self.args = (f"Fusion rejeitou a mensagem HL7: {reason}{advice}",)


class Hl7NoAnswer(FusionUnavailable):
    """No answer in time, a broken connection, or an answer that is none; ``detail`` says which, in fixed words."""

    def __init__(self, detail: str) -> None:
        super().__init__(0, "HL7")
        self.args = (f"Fusion indisponível em HL7: {detail}",)


@dataclass(frozen=True, slots=True)
class Ack:
    """``codigo`` is MSA-1, ``controle`` MSA-2; ``condition`` (table 0357) and ``local`` (``PID-5``) from ERR, where it says so."""

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
        """Return when accepted; :raises Hl7Refused, Hl7Rejected: as the code says."""
        if self.codigo in _REFUSE:
            raise Hl7Refused(self.motivo)
        if self.codigo in _REJECT:
            raise Hl7Rejected(self.motivo, configuration=self.condition not in _PASSING)


def read_ack(raw: bytes, control_id: str | None = None) -> Ack:
    """Read an acknowledgement; with ``control_id`` it must be the answer to that message.

    :raises Hl7NoAnswer: what came is no acknowledgement, or one of another message: nobody knows what became of ours.
    """
    try:
        m = read(raw.strip(b"\r\n\x0b\x1c") + b"\r")
    except (Unreadable, IndexError):
        raise Hl7NoAnswer("a resposta não é HL7") from None
    code, received = str(m.valor("MSA", 1)), str(m.valor("MSA", 2))
    if code not in _ACCEPT | _REFUSE | _REJECT:
        raise Hl7NoAnswer("a resposta não tem MSA-1 conhecido")
    # A receiver that could not read MSH has no control id to repeat; with an error code the answer is still ours.
    if control_id is not None and received != control_id and (received or code in _ACCEPT):
        raise Hl7NoAnswer("a resposta é de outra mensagem (MSA-2)")
    condition, local = _error(m)
    return Ack(code, received, condition, local)


def _error(m: Message) -> tuple[int | None, str | None]:
    """Condition and place: ERR-1 (ELD) in 2.4, ERR-2 (ERL) and ERR-3 from 2.5 on, MSA-6 where there is no ERR."""
    eld, erl = m.raw("ERR", 1), m.raw("ERR", 2)
    code = str(m.valor("ERR", 3)) or str(m.part(eld, 4)) or str(m.valor("MSA", 6))
    condition = int(code) if re.fullmatch("[0-9]{1,3}", code) else None
    segment, field = (m.part(erl, 1), m.part(erl, 3)) if erl else (m.part(eld, 1), m.part(eld, 3))
    # Only what can be a position is kept: it ends up in a reason.
    if not _SEGMENT.fullmatch(str(segment)):
        return condition, None
    return condition, f"{segment}-{field}" if re.fullmatch("[0-9]{1,3}", str(field)) else str(segment)
