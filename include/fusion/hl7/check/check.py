"""Checks a message against the standard and explains each fault to people who do not know HL7.

A finding shows positions and table codes. ``Finding.valor`` has the content of a field; it may be patient data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from include.fusion.hl7.build.profile import VERSIONS
from include.fusion.hl7.check.structures import EVENTS, SEGMENTS, STRUCTURES, where_it_leaves
from include.fusion.hl7.check.tables import CHARSETS_2_4, TABLES, Field, fields_of
from include.fusion.hl7.wire.escapes import NULL
from include.fusion.hl7.wire.finding import Finding
from include.fusion.hl7.wire.parser import Message, Segment, Unreadable, read

_TS = re.compile(r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?")
_NM = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_WITHOUT_ZONE = "hora sem fuso: cada destino a lê no seu; acrescente o deslocamento, como -0300"
_ESCAPES = re.compile(r"[FSTREHN]|\.(?:br|sp\d*|in[+-]?\d*|ti[+-]?\d*|sk\d*|ce|fi|nf)|X(?:[0-9A-Fa-f]{2})+|[CMZ]\w*")


def check_message(raw: bytes, version: str | None = None, charset: str | None = None) -> list[Finding]:
    """All findings of one message. ``version`` and ``charset`` take precedence over MSH-12 and MSH-18."""
    try:
        m = read(raw, charset)
    except Unreadable as error:
        return [Finding("erro", "MSH", str(error))]
    found = [Finding("erro", where, text) for where, _, text in (warning.partition(": ") for warning in m.avisos)]
    declared = str(m.valor("MSH", 12))
    if version and declared != version:
        found.append(Finding("erro", "MSH-12", f"a mensagem diz outra versão; conferida como {version}", 1, declared))
    used = version or declared
    if used not in VERSIONS:
        found.append(Finding("erro", "MSH-12", f"versão sem definição aqui; conhecidas: {', '.join(VERSIONS)}", 1, declared))
        used = "2.4"
    found += _structure(m, used)
    found += _charset(m, used)
    for segment in m.segments:
        found += _segment(m, segment, used)
    return found


def _structure(m: Message, version: str) -> Iterator[Finding]:
    kind, event = str(m.valor("MSH", 9, 1)), str(m.valor("MSH", 9, 2))
    declared = str(m.valor("MSH", 9, 3))
    expected = "ACK" if kind == "ACK" else EVENTS.get(kind, {}).get(event)
    if expected is None:
        known = ", ".join(f"{t}^{e}" for t, events in EVENTS.items() for e in events)
        yield Finding(
            "aviso", "MSH-9", f"tipo e evento fora dos que este projeto envia ({known}); a ordem dos segmentos não foi conferida", 1
        )
        return
    if declared and declared != expected:
        yield Finding("erro", "MSH-9", f"a estrutura (3º componente) de {kind}^{event} é {expected}", 1, declared)
    names = [s.nome for s in m.segments]
    if (first := where_it_leaves(STRUCTURES[version][expected], names)) is None:
        return
    position, expected_names = first
    there = f"aqui cabe {' ou '.join(expected_names)}" if expected_names else "nada mais cabe aqui"
    if position == len(names):
        yield Finding("erro", expected, f"a mensagem acaba antes do fim da estrutura {expected}: falta {' ou '.join(expected_names)}")
        return
    segment = m.segments[position]
    text = f"segmento fora de lugar em {expected} {version}: {there}"
    if segment.nome == "AL1" and expected == "ADT_A03" and version == "2.4":
        text += "; em 2.4 o ADT^A03 não leva alergias: envie ADT^A60 ou ADT^A08"
    yield Finding("erro", _label(segment.nome), text, segment.line)


def _label(name: str) -> str:
    # A broken text may start with a person's name of three letters: show only segment names of the standard.
    return name if name in SEGMENTS else "segmento"


def _charset(m: Message, version: str) -> Iterator[Finding]:
    declared = m.raw("MSH", 18).split(m.delimiters.repetition)[0]
    if version == "2.4" and declared and declared not in CHARSETS_2_4:
        yield Finding("aviso", "MSH-18", "charset fora da tabela 0211 de 2.4 (UNICODE UTF-8 só existe a partir de 2.5.1): confirme que o destino aceita", 1,
                     declared)  # fmt: skip


def _segment(m: Message, s: Segment, version: str) -> Iterator[Finding]:
    if not _NAME.fullmatch(s.nome):
        yield Finding("erro", "segmento", "linha que não começa por um nome de segmento: há um CR no meio de um texto?", s.line, s.nome)
        return
    for field in fields_of(s.nome, version):
        where, raw = f"{s.nome}-{field.numero}", s.field(field.numero)
        if not raw:
            if field.required:
                yield Finding("erro", where, f"{field.nome}: campo obrigatório vazio", s.line)
            continue
        repetitions = raw.split(m.delimiters.repetition) if s.nome != "MSH" or field.numero > 2 else [raw]
        if len(repetitions) > 1 and not field.repeats:
            yield Finding("erro", where, f"{field.nome}: tem {len(repetitions)} repetições, mas só pode ter uma", s.line)
        for repetition in repetitions:
            yield from _value(m, s, field, where, repetition)
    for number, raw in enumerate(s.fields):
        if number and (s.nome != "MSH" or number > 2):
            yield from _escapes(m, s, f"{_label(s.nome)}-{number}", raw)


def _value(m: Message, s: Segment, field: Field, where: str, raw: str) -> Iterator[Finding]:
    if not raw or raw == NULL:
        return
    kind = s.field(2) if field.tipo == "*" else field.tipo  # OBX-2 names the type of OBX-5.
    first = raw.split(m.delimiters.component)[0]
    if problem := _problem(kind, first):
        yield Finding("aviso" if problem is _WITHOUT_ZONE else "erro", where, f"{field.nome}: {problem}", s.line, first)
    elif field.table == "0211":
        pass  # Checked once, in _charset.
    elif field.table and first not in TABLES[field.table]:
        accepted_values = " ".join(sorted(TABLES[field.table]))
        yield Finding("erro", where, f"{field.nome}: código fora da tabela {field.table} (aceitos: {accepted_values})", s.line, first)
    if field.maximo and len(raw) > field.maximo:
        level: Literal["erro", "aviso"] = "erro" if field.maximo <= 20 else "aviso"
        yield Finding(level, where, f"{field.nome}: {len(raw)} caracteres, o máximo é {field.maximo}", s.line)


def _problem(kind: str, value: str) -> str | None:
    if kind in ("TS", "DT", "DTM"):
        return _date(kind, value)
    if kind == "NM" and not _NM.fullmatch(value):
        return "não é um número (use ponto decimal, sem unidade)"
    if kind == "SI" and not (value.isascii() and value.isdigit() and len(value) <= 4):
        return "não é um número de sequência (1, 2, 3, ...)"
    if kind in ("ID", "IS") and any(c.isspace() for c in value) and value not in CHARSETS_2_4 | {"UNICODE UTF-8"}:
        return "código com espaço"
    return None


def _date(kind: str, value: str) -> str | None:
    match = _TS.fullmatch(value)
    if match is None or (kind == "DT" and (match[4] or match[7])):
        shape = "AAAA[MM[DD]]" if kind == "DT" else "AAAA[MM[DD[HHMM[SS]]]] com o fuso, como 20240131143000-0300"
        return f"não é uma data HL7: {shape}"
    year, month, day, hour, minute, second = (int(match[n] or default) for n, default in zip(range(1, 7), (1, 1, 1, 0, 0, 0), strict=True))
    try:
        datetime(year, month, day, hour, minute, second)
    except ValueError:
        return "data ou hora que não existe no calendário"
    if match[4] and not match[7]:
        return _WITHOUT_ZONE
    return None


def _escapes(m: Message, s: Segment, where: str, raw: str) -> Iterator[Finding]:
    escape = m.delimiters.escape
    if escape not in raw:
        return
    parts = raw.split(escape)
    if len(parts) % 2 == 0:
        yield Finding("erro", where, "há uma barra de escape sem par: uma barra no texto se escreve \\E\\", s.line)
    elif any(not _ESCAPES.fullmatch(p) for p in parts[1::2]):
        yield Finding("erro", where, "sequência de escape desconhecida (conhecidas: \\F\\ \\S\\ \\T\\ \\R\\ \\E\\ \\.br\\ \\Xhh\\)", s.line)
