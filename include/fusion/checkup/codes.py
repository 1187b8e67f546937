"""The codes that a site uses, beside the word that each becomes: a sample of recent records is mapped, and its questions to De/Para are kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

from include.fusion.checkup.report import Finding
from include.fusion.errors import CodeWithoutDePara
from include.fusion.model.depara import Catalog, DePara, code_text
from include.fusion.reading.reader import Reader

SHOWN = 200
"""Rows of one catalogue in the report."""
BATCH = 25
"""Records read at once: of a site of which nothing is known yet, they may be heavy."""
SAMPLE_SECONDS = 30.0
_SHORT = 6
_OFTEN = 3


class Code(NamedTuple):
    """One code of a catalogue. ``name``: the source's own, where the mapping knows it; ``word``: what it becomes; ``known``: in De/Para."""

    catalog: str
    code: str
    name: str
    times: int
    word: str
    known: bool


class Census(DePara):
    """Answers like De/Para and keeps what it was asked. A code that would refuse its record is answered with nothing, to see the others, too."""

    def __init__(self, catalogs: Mapping[str, Catalog], file: str = "De/Para") -> None:
        super().__init__(catalogs, file)
        self.catalogs = catalogs
        self._asked: Counter[tuple[str, str]] = Counter()
        self._answers: dict[tuple[str, str], tuple[str, str]] = {}

    def translate(self, catalog: str, *codes: Any) -> str | None:
        texts = [text for code in codes if (text := code_text(code))]
        try:
            word = super().translate(catalog, *codes)
        except CodeWithoutDePara:
            word = None
        if texts:
            self._asked[catalog, texts[0]] += 1
            self._answers[catalog, texts[0]] = (texts[1] if len(texts) > 1 else "", word or "")
        return word

    def add(self, seen: Mapping[tuple[str, str], int]) -> Self:
        """Codes without De/Para that runs met before, with how often; those that De/Para knows by now are left out."""
        for (catalog, code), times in seen.items():
            if catalog in self.catalogs and (catalog, code) not in self._asked:
                self.translate(catalog, code)
                self._asked[catalog, code] = times
        return self

    def codes(self) -> list[Code]:
        """What was asked: codes without De/Para first, then by catalogue, the most used first."""
        rows = []
        for (catalog, code), times in self._asked.items():
            name, word = self._answers[catalog, code]
            rows.append(Code(catalog, code, name, times, word, (catalog, code[:100]) not in self.unmapped))
        return sorted(rows, key=lambda c: (c.known, c.catalog, -c.times, c.code))


def read_sample(reader: Reader, keys: list[str], seconds: float = SAMPLE_SECONDS) -> None:
    """Map these records, or as many as this time allows; what becomes of them does not matter."""
    end = time.monotonic() + seconds
    for start in range(0, len(keys), BATCH):
        if time.monotonic() < end:
            reader.read(keys[start : start + BATCH])


def code_findings(census: Census) -> Iterator[Finding]:
    """One finding a catalogue: how many codes have no word, and what happens to them."""
    if not census.codes():
        yield Finding("aviso", "A amostra não tem códigos", "não há registros na origem que se leiam", "Confira de novo quando houver.")
        return
    for name, catalog in census.catalogs.items():
        missing = [c for c in census.codes() if c.catalog == name and not c.known]
        used = sum(c.catalog == name for c in census.codes())
        if not missing:
            yield Finding("ok", name, f"{used} códigos em uso" if used else "nenhum código na amostra")
            continue
        title, mend = f"{name}: {len(missing)} códigos sem palavra", "Preencha o YAML abaixo e grave-o em include/settings/depara."
        if catalog.politica == "recusar":
            yield Finding("falha", title, "os registros com eles são recusados", mend)
        else:
            fate = f"viram {catalog.padrao}" if catalog.padrao else "seguem como estão"
            yield Finding("aviso", title, fate, mend)


def code_table(census: Census) -> list[list[str]]:
    """Rows for people; empty without codes. What may be free text, and so a name, is not shown."""
    shown: Counter[str] = Counter()
    rows = [["Catálogo", "Código", "Nome na origem", "Vezes", "Vira"]]
    for c in census.codes():
        shown[c.catalog] += 1
        if shown[c.catalog] <= SHOWN:
            rows.append([c.catalog, _safe(c, c.code), _safe(c, c.name), str(c.times), c.word if c.known else "–"])
    return rows if len(rows) > 1 else []


def _safe(c: Code, text: str) -> str:
    return text if c.known or len(text) <= _SHORT or c.times >= _OFTEN else "(texto livre)"


def yaml_to_fill(census: Census) -> str:
    """The whole De/Para file with a comment line for each code without a word; empty when none is missing."""
    missing = [c for c in census.codes() if not c.known and _safe(c, c.code) == c.code]
    if not missing:
        return ""
    lines = ["catalogos:"]
    for name, catalog in census.catalogs.items():
        lines += [
            f"  {name}:",
            f"    politica: {catalog.politica}",
            *([f"    padrao: {_quoted(catalog.padrao)}"] if catalog.padrao else []),
        ]
        lines.append("    codigos:" if catalog.codigos else "    codigos: {}")
        lines += [f"      {_quoted(code)}: {_quoted(word)}" for code, word in catalog.codigos.items()]
        lines += [f"      # {_quoted(c.code)}:    # {_safe(c, c.name)} ({c.times} vezes)" for c in missing if c.catalog == name]
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'
