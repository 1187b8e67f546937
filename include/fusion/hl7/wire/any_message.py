"""Messages from anywhere as they are to travel: split, segments ended by CR alone, bytes that are what MSH-18 says."""

from __future__ import annotations

from include.fusion.errors import RegistroInvalido
from include.fusion.hl7.wire.batch_file import abrir
from include.fusion.hl7.wire.escapes import CHARSETS, em_bytes
from include.fusion.hl7.wire.parser import Ilegivel, charset_declarado, ler


def de_texto(texto: str) -> list[bytes]:
    """Messages of one text, each encoded in the character set of its own MSH-18; raises like :func:`de_arquivo`.

    Without MSH-18 a message is ASCII, as the standard has it: anything else would be a guess about somebody's name.
    """
    return [_conferida(_codificada(m)) for m in _separadas(texto.encode("utf-8", "surrogatepass"))]


def de_arquivo(bruto: bytes) -> list[bytes]:
    """Messages of one file: a message, several, MLLP frames, or a batch whose counts match.

    :raises RegistroInvalido: a broken envelope, no MSH, no control id, or bytes that are not in the character set of MSH-18.
    """
    return [_conferida(m) for m in _separadas(bruto)]


def _separadas(bruto: bytes) -> list[bytes]:
    # A line feed in the envelope is as harmless as one between segments: it does not travel.
    arquivo = abrir(bruto.replace(b"\r\n", b"\r").replace(b"\n", b"\r"))
    for achado in arquivo.achados:
        raise RegistroInvalido(achado.onde, achado.texto)
    return [b"\r".join(filter(None, m.split(b"\r"))) + b"\r" for m in arquivo.mensagens]


def _codificada(mensagem: bytes) -> bytes:
    charset = charset_declarado(mensagem) or "ASCII"
    if charset not in CHARSETS:
        raise RegistroInvalido("MSH-18", f"charset desconhecido; conhecidos: {', '.join(CHARSETS)}")
    return em_bytes(mensagem.decode("utf-8", "surrogatepass"), charset)


def _conferida(mensagem: bytes) -> bytes:
    """What the receiver would not even read, or not know again, does not leave."""
    try:
        lida = ler(mensagem)
    except Ilegivel as erro:
        raise RegistroInvalido("MSH", str(erro)) from None
    if not lida.bruto("MSH", 10):
        raise RegistroInvalido("MSH-10", "sem número de controle, um reenvio duplicaria a mensagem")
    charset = charset_declarado(mensagem)
    if charset in CHARSETS and charset != lida.charset:
        raise RegistroInvalido("MSH-18", f"os bytes não estão em {charset}")
    return mensagem
