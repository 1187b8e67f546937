"""A whole message: header, control id, bytes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from include.fusion.hl7.build.datatypes import segmento, st, ts
from include.fusion.hl7.build.profile import AjustesHl7
from include.fusion.hl7.wire.escapes import em_bytes

CONTROLE_MAX = 20
"""Characters of MSH-10 in 2.4."""


@dataclass(frozen=True, slots=True)
class MensagemHl7:
    """``controle`` is MSH-10; ``corpo`` the bytes as they travel, without any transport's frame."""

    tipo: str
    evento: str
    controle: str
    corpo: bytes = field(repr=False)


def controle_de(integracao: int, entidade: str, versao: str) -> str:
    """MSH-10, the same for the same three: 20 characters of A–Z and 2–7 (100 bits of a hash), so a repeated send is seen as one."""
    resumo = hashlib.sha256(f"{integracao}\n{entidade}\n{versao}".encode()).digest()
    return base64.b32encode(resumo[:15])[:CONTROLE_MAX].decode()


def montar(aj: AjustesHl7, tipo: str, evento: str, estrutura: str, momento: datetime, entidade: str, corpo: Sequence[str],
           versao: str | None = None) -> MensagemHl7:  # fmt: skip
    """MSH before ``corpo`` (segments without their CR), and the bytes of all.

    ``momento`` is MSH-7; where ``versao`` is left out never now, since equal content must give equal bytes. ``entidade`` names what the
    message is about, unique within the integration. ``versao`` tells states of it apart; left out, it is the hash of the whole text, in
    which ``momento`` takes part: a value that comes back to what it was is a new message.

    :raises RegistroInvalido: a character that the character set lacks.
    """
    inicio = segmento("MSH", "^~\\&", st(aj, aj.remetente), st(aj, aj.unidade_remetente), st(aj, aj.destinatario), st(aj, aj.unidade_destinataria),
                      ts(aj, momento), "", f"{tipo}^{evento}^{estrutura}")  # fmt: skip
    fim = f"{aj.processamento}|{aj.versao}|||||BRA|{aj.charset}"
    resto = "\r".join(corpo)
    if versao is None:
        versao = hashlib.sha256(f"{inicio}|{fim}\r{resto}".encode("utf-8", "surrogatepass")).hexdigest()
    controle = controle_de(aj.integracao, f"{tipo}^{evento}|{entidade}", versao)
    return MensagemHl7(tipo, evento, controle, em_bytes(f"{inicio}|{controle}|{fim}\r{resto}\r", aj.charset))
