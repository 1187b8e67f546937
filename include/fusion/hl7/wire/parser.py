"""Reads HL7 v2, also what others send: any delimiters, MSH-18's character set, frames and stray line feeds tolerated and reported."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.fusion.hl7.wire.escapes import APAGAR, CHARSETS, NULO, USUAIS, Apagar, Delimitadores, decodificar


class Ilegivel(Exception):
    """The bytes are no HL7 message; the text says why, without any of them."""


@dataclass(frozen=True, slots=True)
class Segmento:
    """``campos[n]`` is field n as it stands (escaped); for MSH, field 1 is the separator itself. ``linha`` counts from 1."""

    nome: str
    campos: tuple[str, ...]
    linha: int

    def campo(self, numero: int) -> str:
        """The field, or an empty text beyond the last."""
        return self.campos[numero] if numero < len(self.campos) else ""


@dataclass(frozen=True, slots=True)
class Mensagem:
    """A message as its segments. ``avisos`` says what was wrong with the bytes that could still be read."""

    segmentos: tuple[Segmento, ...]
    delimitadores: Delimitadores = USUAIS
    charset: str = ""
    avisos: tuple[str, ...] = field(default=())

    @property
    def codec(self) -> str:
        return CHARSETS.get(self.charset, "utf-8")

    def de(self, nome: str) -> tuple[Segmento, ...]:
        """Every segment of this name, in order."""
        return tuple(s for s in self.segmentos if s.nome == nome)

    def bruto(self, nome: str, numero: int) -> str:
        """Field of the first segment of this name, escaped as it stands; empty where there is none."""
        return next((s.campo(numero) for s in self.segmentos if s.nome == nome), "")

    def valor(self, nome: str, numero: int, componente: int = 1, repeticao: int = 1, subcomponente: int = 1) -> str | Apagar:
        """One value, decoded; numbers count from 1. ``APAGAR`` for ``""``."""
        return self.parte(self.bruto(nome, numero), componente, repeticao, subcomponente)

    def parte(self, bruto: str, componente: int = 1, repeticao: int = 1, subcomponente: int = 1) -> str | Apagar:
        """Like :meth:`valor`, of a field that is at hand."""
        d = self.delimitadores
        valor = bruto
        for separador, posicao in ((d.repeticao, repeticao), (d.componente, componente), (d.subcomponente, subcomponente)):
            partes = valor.split(separador)
            valor = partes[posicao - 1] if posicao <= len(partes) else ""
        return APAGAR if valor == NULO else decodificar(valor, d, self.codec)

    def texto(self, bruto: str) -> str:
        """A whole field as one text, repetitions as lines: for TX and FT."""
        return "\n".join(decodificar(r, self.delimitadores, self.codec) for r in bruto.split(self.delimitadores.repeticao))


def sem_moldura(bruto: bytes) -> bytes:
    """Without the MLLP frame, where there is one."""
    return bruto.removeprefix(b"\x0b").removesuffix(b"\r").removesuffix(b"\x1c") if bruto.startswith(b"\x0b") else bruto


def charset_declarado(bruto: bytes) -> str:
    """First value of MSH-18, empty where there is none. ``bruto`` begins with MSH and its separator."""
    campos = bruto.split(b"\r", 1)[0].split(b"\n", 1)[0].split(bruto[3:4])
    return campos[17].split(b"~")[0].decode("ascii", "replace") if len(campos) > 17 else ""


def decodificar_bytes(bruto: bytes, charset: str | None = None) -> tuple[str, str, list[str]]:
    """(text, MSH-18 that it was read by, complaints). ``charset`` goes before MSH-18. Without either: UTF-8 if it is that, else 8859/1."""
    declarado = charset_declarado(bruto)
    nome, avisos = charset or declarado, []
    if charset and declarado and charset != declarado:
        avisos.append("MSH-18 (charset): difere do charset pedido na conferência")
    if nome and nome not in CHARSETS:
        avisos.append("MSH-18 (charset): valor desconhecido; conhecidos: " + ", ".join(CHARSETS))
        nome = ""
    for tentativa in [nome] if nome else ["ASCII", "UNICODE UTF-8"]:
        try:
            texto = bruto.decode(CHARSETS[tentativa])
        except UnicodeDecodeError as erro:
            if nome:
                avisos.append(f"MSH-18 (charset): os bytes não estão em {nome} (primeiro byte estranho na posição {erro.start})")
        else:
            if not nome and tentativa != "ASCII":
                avisos.append("MSH-18 (charset): vazio, mas há caracteres fora do ASCII; os bytes parecem UTF-8")
            return texto, tentativa, avisos
    if not nome:
        avisos.append("MSH-18 (charset): vazio, mas há caracteres fora do ASCII; os bytes não são UTF-8")
    return bruto.decode("iso-8859-1"), "8859/1", avisos


def ler(bruto: bytes, charset: str | None = None) -> Mensagem:
    """Parse one message. Segments that end in LF or CR LF are read, too, and complained of.

    :raises Ilegivel: no MSH with its delimiters at the start.
    """
    bruto = sem_moldura(bruto)
    if bruto[:3] != b"MSH" or len(bruto) < 8:
        raise Ilegivel("não começa por um segmento MSH com os delimitadores")
    texto, usado, avisos = decodificar_bytes(bruto, charset)
    delimitadores = _delimitadores(texto)
    if "\n" in texto:
        avisos.append("fim de segmento: há LF (0x0A) na mensagem; em HL7 só CR (0x0D) termina um segmento")
        texto = texto.replace("\r\n", "\r").replace("\n", "\r")
    elif not texto.endswith("\r"):
        avisos.append("fim de segmento: o último segmento não termina em CR (0x0D)")
    segmentos = []
    for linha, conteudo in enumerate(texto.split("\r"), 1):
        if conteudo:
            campos = conteudo.split(delimitadores.campo)
            if campos[0] == "MSH":
                # MSH-1 is the separator itself, so its fields stand one place further.
                campos.insert(1, delimitadores.campo)
            segmentos.append(Segmento(campos[0], tuple(campos), linha))
    return Mensagem(tuple(segmentos), delimitadores, usado, tuple(avisos))


def _delimitadores(texto: str) -> Delimitadores:
    campo = texto[3]
    outros = texto[4:9].split(campo)[0].split("\r")[0]
    if len(outros) < 2 or len({campo, *outros}) != len(outros) + 1:
        raise Ilegivel("MSH-2: delimitadores ausentes ou repetidos")
    # Without a fourth character there are no subcomponents; without a third, no escapes either.
    return Delimitadores(campo, *(outros[n] if n < len(outros) else "\x00" for n in range(4)))
