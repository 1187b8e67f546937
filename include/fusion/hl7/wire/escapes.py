"""Text inside HL7: escapes, the delete marker, and character sets that MSH-18 and the bytes agree on. Encoding and decoding are exact inverses.

A text may hold any delimiter, quote or control character. Line feed becomes ``\\.br\\``, other control characters ``\\Xhh\\``; a text that is
``""`` literally is written in hex, since the bare quotes mean "delete the value". A character that the character set lacks is an error
with its field and code point; only :func:`aproximar`, where the installation asks for it, replaces typographic signs by plain ones.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from include.fusion.errors import RegistroInvalido


class Apagar:
    """The value ``""``: the receiver deletes what it has. An empty field only says nothing."""

    def __repr__(self) -> str:
        return "APAGAR"


APAGAR: Final = Apagar()
NULO = '""'
CHARSETS: Final = {
    "8859/1": "iso-8859-1", "8859/2": "iso-8859-2", "8859/3": "iso-8859-3", "8859/4": "iso-8859-4", "8859/5": "iso-8859-5",
    "8859/6": "iso-8859-6", "8859/7": "iso-8859-7", "8859/8": "iso-8859-8", "8859/9": "iso-8859-9", "8859/15": "iso-8859-15",
    "ASCII": "ascii", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8",
}  # fmt: skip
"""MSH-18 (table 0211) → Python codec. ``UNICODE UTF-8`` is in the table from 2.5.1 on only; ``UNICODE`` is read as UTF-8, never written."""
_ESCAPES = (("\\", "\\E\\"), ("|", "\\F\\"), ("^", "\\S\\"), ("&", "\\T\\"), ("~", "\\R\\"), ("\n", "\\.br\\"))
_CONTROLE = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_ESPECIAL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\\|^&~]")
_SEQUENCIA = re.compile(r"\\([^\\\r]*)\\")
_QUEBRA = re.compile(r"\.(?:br|sp([0-9]*))")
_TIPOGRAFICOS = str.maketrans({
    "‘": "'", "’": "'", "‚": "'", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"', "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-",
    "•": "-", "…": "...", "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≠": "<>", "≈": "~", "∆": "delta ", "Δ": "delta ", "↑": "(aumentado) ",
    "↓": "(diminuido) ", "€": "EUR", "™": "(TM)", "œ": "oe", "Œ": "OE", "\u2003": " ", "\u2009": " ", "\u202f": " ", "\u200b": "", "\ufeff": "",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Delimitadores:
    """Of one message, from MSH-1 and MSH-2. What we build has the usual ``|^~\\&``."""

    campo: str = "|"
    componente: str = "^"
    repeticao: str = "~"
    escape: str = "\\"
    subcomponente: str = "&"


USUAIS: Final = Delimitadores()


def codificar(texto: str) -> str:
    """Escape one value, the escape character first. Nothing is cleaned: :func:`decodificar` gives ``texto`` back exactly."""
    if texto == NULO:
        return "\\X22\\\\X22\\"
    # Nearly every value has nothing to escape.
    if not _ESPECIAL.search(texto):
        return texto
    for caractere, escape in _ESCAPES:
        if caractere in texto:
            texto = texto.replace(caractere, escape)
    return _CONTROLE.sub(lambda c: f"\\X{ord(c[0]):02X}\\", texto)


def decodificar(valor: str, delimitadores: Delimitadores = USUAIS, codec: str = "utf-8") -> str:
    """Undo :func:`codificar`. ``codec``: of the bytes in ``\\X..\\``. Highlighting is dropped; an unknown sequence stays as it stands."""
    if delimitadores.escape != "\\":
        valor = valor.replace(delimitadores.escape, "\\")
    if "\\" not in valor:
        return valor
    letras = {"F": delimitadores.campo, "S": delimitadores.componente, "T": delimitadores.subcomponente, "R": delimitadores.repeticao,
              "E": delimitadores.escape, "H": "", "N": ""}  # fmt: skip

    def trocar(achado: re.Match[str]) -> str:
        sequencia = achado[1]
        if sequencia in letras:
            return letras[sequencia]
        if quebra := _QUEBRA.fullmatch(sequencia):
            return "\n" * min(int(quebra[1] or 1), 100)
        if sequencia[:1] == "X":
            try:
                return bytes.fromhex(sequencia[1:]).decode(codec)
            except ValueError:
                return achado[0]
        return achado[0]

    return _SEQUENCIA.sub(trocar, valor)


def linhas_normais(texto: str) -> str:
    """CR LF and CR as LF: what a receiver shows as one line break is sent as one."""
    return texto.replace("\r\n", "\n").replace("\r", "\n") if "\r" in texto else texto


def codec_de(charset: str) -> str:
    """Python codec of an MSH-18 value. :raises KeyError: unknown."""
    return CHARSETS[charset]


def em_bytes(mensagem: str, charset: str) -> bytes:
    """The bytes of a message; every segment ends in CR.

    :raises RegistroInvalido: a character that ``charset`` lacks, named by field and code point.
    """
    try:
        return mensagem.encode(CHARSETS[charset])
    except UnicodeEncodeError as erro:
        onde = _campo_em(mensagem, erro.start)
        raise RegistroInvalido(onde, f"caractere U+{ord(mensagem[erro.start]):04X} não existe no charset {charset}") from None


def _campo_em(mensagem: str, posicao: int) -> str:
    inicio = mensagem.rfind("\r", 0, posicao) + 1
    nome = mensagem[inicio : inicio + 3]
    return f"{nome}-{mensagem.count('|', inicio, posicao) + (nome == 'MSH')}"


def aproximar(texto: str, charset: str) -> str:
    """``texto`` with what ``charset`` lacks in its plain form where it has one: composed accents, quotes, dashes, ``>=``; ASCII loses accents.

    What has no plain form stays, and :func:`em_bytes` refuses it.
    """
    codec = CHARSETS[charset]
    if _cabe(texto, codec):
        return texto
    texto = unicodedata.normalize("NFC", texto)
    return "".join(c if _cabe(c, codec) else _plano(c, codec) for c in texto)


def _plano(caractere: str, codec: str) -> str:
    candidato = caractere.translate(_TIPOGRAFICOS)
    if candidato != caractere:
        return candidato
    base = "".join(c for c in unicodedata.normalize("NFKD", caractere) if not unicodedata.combining(c))
    return base if _cabe(base, codec) and base.strip() else caractere


def _cabe(texto: str, codec: str) -> bool:
    try:
        texto.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
