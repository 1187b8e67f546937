"""A file of messages: one, several, MLLP frames, or a batch (FHS BHS … BTS FTS) with counts that must match."""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.fusion.hl7.wire.finding import Finding

_ENVELOPE = re.compile(rb"^(FHS|BHS|BTS|FTS)(.?)", re.DOTALL)
_MSH = re.compile(rb"(?:^|(?<=[\r\n\x0b]))MSH(?=[^A-Za-z0-9\s])")


@dataclass(frozen=True, slots=True)
class BatchFile:
    """``mensagens``: unchanged, each from its MSH on. ``found``: faults of the envelope around them."""

    mensagens: tuple[bytes, ...]
    found: tuple[Finding, ...] = ()


def read_file(raw: bytes) -> BatchFile:
    """Split a file. Envelope segments are taken out; the rest belongs to the message before it."""
    found: list[Finding] = []
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    parts = re.split(rb"(\r\n|\r|\n)", raw.replace(b"\x1c\r", b"\r").replace(b"\x0b", b""))
    lines = [(parts[n], parts[n + 1] if n + 1 < len(parts) else b"") for n in range(0, len(parts), 2)]
    messages: list[bytes] = []
    batches, in_batch, opened = 0, 0, False
    for number, (line, end) in enumerate(lines, 1):
        if envelope := _ENVELOPE.match(line):
            name = envelope[1].decode()
            if end and end != b"\r":
                found.append(Finding("erro", name, "segmento termina em LF; em HL7 só CR (0x0D) termina um segmento", number))
            fields = line.split(envelope[2]) if envelope[2] else [line]
            if name == "BHS":
                if opened:
                    found.append(Finding("erro", "BHS", "lote aberto sem o BTS do anterior", number))
                batches, in_batch, opened = batches + 1, 0, True
            elif name == "BTS":
                found += _counts("BTS-1", "mensagens no lote", fields, in_batch, number)
                opened = False
            elif name == "FTS":
                found += _counts("FTS-1", "lotes no arquivo", fields, batches, number)
        elif _MSH.match(line):
            messages.append(line + end)
            in_batch += 1
        elif messages:
            messages[-1] += line + end
        elif line:
            messages.append(line + end)
    if opened:
        found.append(Finding("erro", "BTS", "o lote (BHS) não tem fim (BTS)"))
    if raw.startswith(b"FHS") and not any(line.startswith(b"FTS") for line, _ in lines):
        found.append(Finding("erro", "FTS", "o arquivo (FHS) não tem fim (FTS)"))
    if not messages and not found:
        found.append(Finding("erro", "arquivo", "nenhuma mensagem: não há segmento MSH"))
    return BatchFile(tuple(m.rstrip(b"\r\n") + _end(m) for m in messages), tuple(found))


def _end(message: bytes) -> bytes:
    """The end of the last segment, once: blank lines after a message are no fault."""
    rest = message[len(message.rstrip(b"\r\n")) :]
    return b"\r\n" if rest.startswith(b"\r\n") else rest[:1]


def _counts(where: str, name: str, fields: list[bytes], counted: int, line: int) -> list[Finding]:
    said = fields[1].strip() if len(fields) > 1 else b""
    if not said:
        return []
    if not said.isdigit() or int(said) != counted:
        return [Finding("erro", where, f"{name}: a contagem não confere, há {counted}", line)]
    return []
