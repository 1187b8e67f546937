"""A file of messages: one, several behind each other, MLLP frames, or a batch (FHS BHS … BTS FTS) whose counts must match."""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.fusion.hl7.wire.finding import Achado

_ENVELOPE = re.compile(rb"^(FHS|BHS|BTS|FTS)(.?)", re.DOTALL)
_MSH = re.compile(rb"(?:^|(?<=[\r\n\x0b]))MSH(?=[^A-Za-z0-9\s])")


@dataclass(frozen=True, slots=True)
class Arquivo:
    """``mensagens`` as they stand, each from its MSH on; ``achados`` are about the envelope around them."""

    mensagens: tuple[bytes, ...]
    achados: tuple[Achado, ...] = ()


def abrir(bruto: bytes) -> Arquivo:
    """Split a file. Envelope segments are taken out; the rest belongs to the message before it."""
    achados: list[Achado] = []
    bruto = bruto.removeprefix(b"\xef\xbb\xbf")
    partes = re.split(rb"(\r\n|\r|\n)", bruto.replace(b"\x1c\r", b"\r").replace(b"\x0b", b""))
    linhas = [(partes[n], partes[n + 1] if n + 1 < len(partes) else b"") for n in range(0, len(partes), 2)]
    mensagens: list[bytes] = []
    lotes, no_lote, aberto = 0, 0, False
    for numero, (linha, fim) in enumerate(linhas, 1):
        if envelope := _ENVELOPE.match(linha):
            nome = envelope[1].decode()
            if fim and fim != b"\r":
                achados.append(Achado("erro", nome, "segmento termina em LF; em HL7 só CR (0x0D) termina um segmento", numero))
            campos = linha.split(envelope[2]) if envelope[2] else [linha]
            if nome == "BHS":
                if aberto:
                    achados.append(Achado("erro", "BHS", "lote aberto sem o BTS do anterior", numero))
                lotes, no_lote, aberto = lotes + 1, 0, True
            elif nome == "BTS":
                achados += _contagem("BTS-1", "mensagens no lote", campos, no_lote, numero)
                aberto = False
            elif nome == "FTS":
                achados += _contagem("FTS-1", "lotes no arquivo", campos, lotes, numero)
        elif _MSH.match(linha):
            mensagens.append(linha + fim)
            no_lote += 1
        elif mensagens:
            mensagens[-1] += linha + fim
        elif linha:
            mensagens.append(linha + fim)
    if aberto:
        achados.append(Achado("erro", "BTS", "o lote (BHS) não tem fim (BTS)"))
    if _ENVELOPE.match(bruto) and bruto.startswith(b"FHS") and not any(linha.startswith(b"FTS") for linha, _ in linhas):
        achados.append(Achado("erro", "FTS", "o arquivo (FHS) não tem fim (FTS)"))
    if not mensagens and not achados:
        achados.append(Achado("erro", "arquivo", "nenhuma mensagem: não há segmento MSH"))
    return Arquivo(tuple(m.rstrip(b"\r\n") + _fim(m) for m in mensagens), tuple(achados))


def _fim(mensagem: bytes) -> bytes:
    """The terminator of the last segment, once: blank lines behind a message are no fault."""
    resto = mensagem[len(mensagem.rstrip(b"\r\n")) :]
    return b"\r\n" if resto.startswith(b"\r\n") else resto[:1]


def _contagem(onde: str, nome: str, campos: list[bytes], contadas: int, linha: int) -> list[Achado]:
    dita = campos[1].strip() if len(campos) > 1 else b""
    if not dita:
        return []
    if not dita.isdigit() or int(dita) != contadas:
        return [Achado("erro", onde, f"{nome}: a contagem não confere, há {contadas}", linha)]
    return []
