"""A whole message: header, control id, bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from include.fusion.hl7.build.datatypes import segment, st, ts
from include.fusion.hl7.build.profile import Hl7Profile
from include.fusion.hl7.wire.escapes import as_bytes


@dataclass(frozen=True, slots=True)
class Hl7Message:
    """``controle`` is MSH-10; ``body`` are the bytes to send, without a transport's frame."""

    tipo: str
    event: str
    controle: str
    body: bytes = field(repr=False)


def control_id_for(integracao: int, entity: str, version: str) -> str:
    """MSH-10: 20 characters A–Z, 2–7 (100 bits of a hash). The same values give the same id, so the receiver knows a repeated message."""
    digest = hashlib.sha256(f"{integracao}\n{entity}\n{version}".encode()).digest()
    return base64.b32encode(digest[:15])[:20].decode()


def build(profile: Hl7Profile, kind: str, event: str, structure: str, moment: datetime, entity: str, body: Sequence[str],
           version: str | None = None) -> Hl7Message:  # fmt: skip
    """MSH and ``body`` (segments without their CR) as one message.

    ``entity``: what the message is about, unique in the integration. ``version``: which state of it; default: the hash of the text with
    ``moment`` (MSH-7), so that a value that changes back is a new message. Without ``version``, ``moment`` must not be the present time:
    equal content must give equal bytes.

    :raises InvalidRecord: a character that is not in the character set.
    """
    start = segment("MSH", "^~\\&", st(profile, profile.remetente), st(profile, profile.unidade_remetente), st(profile, profile.destinatario), st(profile, profile.unidade_destinataria),
                      ts(profile, moment), "", f"{kind}^{event}^{structure}")  # fmt: skip
    end = f"{profile.processamento}|{profile.versao}|||||BRA|{profile.charset}"
    rest = "\r".join(body)
    if version is None:
        version = hashlib.sha256(f"{start}|{end}\r{rest}".encode("utf-8", "surrogatepass")).hexdigest()
    control_id = control_id_for(profile.integracao, f"{kind}^{event}|{entity}", version)
    return Hl7Message(kind, event, control_id, as_bytes(f"{start}|{control_id}|{end}\r{rest}\r", profile.charset))
