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

CONTROL_ID_MAX = 20
"""Characters of MSH-10 in 2.4."""


@dataclass(frozen=True, slots=True)
class Hl7Message:
    """``controle`` is MSH-10; ``body`` the bytes as they travel, without any transport's frame."""

    tipo: str
    event: str
    controle: str
    body: bytes = field(repr=False)


def control_id_for(integracao: int, entity: str, version: str) -> str:
    """MSH-10, the same for the same three: 20 characters of A–Z and 2–7 (100 bits of a hash), so a repeated send is seen as one."""
    digest = hashlib.sha256(f"{integracao}\n{entity}\n{version}".encode()).digest()
    return base64.b32encode(digest[:15])[:CONTROL_ID_MAX].decode()


def build(profile: Hl7Profile, kind: str, event: str, structure: str, moment: datetime, entity: str, body: Sequence[str],
           version: str | None = None) -> Hl7Message:  # fmt: skip
    """MSH before ``body`` (segments without their CR), and the bytes of all.

    ``moment`` is MSH-7; where ``version`` is left out never now, since equal content must give equal bytes. ``entity`` names what the
    message is about, unique within the integration. ``version`` tells states of it apart; left out, it is the hash of the whole text, in
    which ``moment`` takes part: a value that comes back to what it was is a new message.

    :raises InvalidRecord: a character that the character set lacks.
    """
    start = segment("MSH", "^~\\&", st(profile, profile.remetente), st(profile, profile.unidade_remetente), st(profile, profile.destinatario), st(profile, profile.unidade_destinataria),
                      ts(profile, moment), "", f"{kind}^{event}^{structure}")  # fmt: skip
    end = f"{profile.processamento}|{profile.versao}|||||BRA|{profile.charset}"
    rest = "\r".join(body)
    if version is None:
        version = hashlib.sha256(f"{start}|{end}\r{rest}".encode("utf-8", "surrogatepass")).hexdigest()
    control_id = control_id_for(profile.integracao, f"{kind}^{event}|{entity}", version)
    return Hl7Message(kind, event, control_id, as_bytes(f"{start}|{control_id}|{end}\r{rest}\r", profile.charset))
