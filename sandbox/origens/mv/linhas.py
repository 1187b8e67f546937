"""Rows that generator and simulator make alike."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from sandbox.origens.mv import textos as t
from sandbox.origens.pessoas import MUNICIPALITIES, Person

_CITY = {m[0]: n for n, m in enumerate(MUNICIPALITIES, 1)}


def _fone(number: str | None) -> tuple[str | None, str | None]:
    return (number[:2], number[2:]) if number else (None, None)


def paciente(p: Person, rng: random.Random) -> tuple[Any, ...]:
    """Values of a person for the columns of PACIENTE between its key and SN_ATIVO. MV has two columns for one CNS: either may hold it."""
    luck = rng.random()
    cns = (p.cns, None) if luck < 0.8 else (None, p.cns) if luck < 0.9 else (p.cns, p.cns)
    number = re.sub(r"\D", "", p.numero or "")
    return (
        p.nome, p.nome_social, "S" if p.nome_social else "N", p.nascimento and datetime(p.nascimento.year, p.nascimento.month, p.nascimento.day), p.sexo,
        p.nome_mae, p.nome_pai, p.cpf, *cns, t.COLOUR[p.raca], p.logradouro, int(number) if number else None, p.complemento, p.bairro, p.cep,
        p.codigo_ibge and _CITY[p.codigo_ibge], *_fone(p.telefone), *_fone(p.celular), p.email,
    )  # fmt: skip


def prescribed(rng: random.Random, moment: datetime, end: datetime | None) -> tuple[Any, ...]:
    """Values of ITPRE_MED from CD_TIP_PRESC on, in the generator's order: an item, a tenth of them cancelled."""
    kind, description, schema, product, route, unit, quantity = t.PRESCRICAO_KINDS[int(rng.random() * len(t.PRESCRICAO_KINDS))]
    cancelled = rng.random() < 0.1
    return (kind, schema, product, route, unit, quantity, 1 + int(rng.random() * 5), f"{description}, conforme orientação" if rng.random() < 0.4 else None,
            "S" if cancelled else "N", moment, end, moment if cancelled else None, moment, "S" if rng.random() < 0.1 else "N",
            "S" if rng.random() < 0.2 else None)  # fmt: skip


def sinais(rng: random.Random, unknown: bool = False) -> list[tuple[int, int | None, str]]:
    """(sign, unit, value as typed) of one round at the bedside; pressure either as two numbers or as one text."""
    concurrent = rng.random() < 0.3
    outage = {4, 5} if concurrent else {6}
    outage |= {9, 10} if rng.random() < 0.6 else set()
    outage |= set() if unknown else {t.UNKNOWN}
    return [(code, unit, value(rng)) for code, _, unit, value in t.SINAIS if code not in outage]
