"""What was readable at the last look and is not now: it comes first in the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from include.fusion.checkup.report import Finding
from include.fusion.reading.spec import SystemSpec
from include.fusion.reading.words import kind_in_words

MEND = "Devolva o acesso; até lá as execuções param em vermelho. Se é para valer: confira de novo com Aceitar o que falta (--accept)."


def losses(system: SystemSpec, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Finding]:
    """``before`` and ``now``: item → SQL file. A later variant of a statement than before is a loss, too: it reads less."""
    variants = {d.item: (kind_in_words(d.nome), [file for file, _ in d.files]) for reading in system.readings for d in reading.details}
    variants |= {o.item: (f"mudanças de {kind_in_words(o.nome)}", [o.sql]) for o in system.origins}
    for item, (words, files) in variants.items():
        if before.get(item) not in files:
            continue
        if item not in now:
            yield Finding("falha", f"{words.capitalize()}: era lido e não é mais", before[item], MEND)
        elif files.index(now[item]) > files.index(before[item]):
            yield Finding("falha", f"{words.capitalize()}: lê menos do que lia", f"antes {before[item]}, agora {now[item]}", MEND)
