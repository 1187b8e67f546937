"""Rows that generator and simulator make alike: values in the order of :data:`sandbox.origens.trackcare.colunas.COLUMNS`."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.pessoas import MUNICIPALITIES, Person
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.tempo import Calendar

_CITY = {m[0]: n for n, m in enumerate(MUNICIPALITIES, 1)}
_SEX = {"F": 1, "M": 2, "I": 3}
Row = tuple[Any, ...]


def person(c: Calendar, key: int, p: Person, moment: datetime) -> tuple[Row, Row]:
    """(PA_Person, PA_PatMas) of one person: family name first, given name second, social name third."""
    first, _, rest = p.nome.strip().partition(" ")
    sexo, birth = _SEX[p.sexo], c.day(p.nascimento)
    obito = key % 97 == 0
    person = (
        key, key, rest or first, first if rest else None, p.nome_social, birth, sexo, p.cpf, p.cns, p.nome_mae, p.nome_pai, p.celular,
        p.telefone, p.email, " ".join(x for x in (p.logradouro, p.numero) if x) or None, 1 + key % 199 if p.cep else None,
        p.codigo_ibge and _CITY[p.codigo_ibge], "Y" if obito else "N", c.day(moment) if obito else None, c.day(moment), *c.pair(moment),
    )  # fmt: skip
    return person, (
        key,
        key,
        f"{100_000 + key}",
        p.cpf,
        person[2],
        person[3],
        birth,
        sexo,
        key,
        p.cns,
        "Y",
        "Y" if obito else "N",
    )


def alergia(c: Calendar, rng: random.Random, paciente: int, sub: int, moment: datetime) -> Row:
    n = int(rng.random() * len(t.ALLERGENS))
    is_free = rng.random() < 0.15
    inactive = rng.random() < 0.08
    return (
        paciente, sub, f"{paciente}||{sub}", None if is_free else n + 1, t.CATEGORIES[n], 1 + int(rng.random() * 4), None, "Corante amarelo" if is_free else None,
        rng.choice((None, "Urticária", "Edema de glote", "Náuseas & vômitos")), c.day(moment), *c.pair(moment), "I" if inactive else "A", "C",
        c.day(moment) if inactive else None, *c.pair(moment),
    )  # fmt: skip


def diagnostico(c: Calendar, rng: random.Random, mradm: int, sub: int, moment: datetime) -> Row:
    return (mradm, sub, f"{mradm}||{sub}", 1 + int(rng.random() * len(t.CIDS)), None, "Y" if sub == 1 else "N", 1 + int(rng.random() * 3), *c.pair(moment),
            "E" if rng.random() < 0.02 else "C", str(1 + int(rng.random() * t.PROFISSIONAIS)), *c.pair(moment))  # fmt: skip


def sinais(c: Calendar, rng: random.Random, mradm: int, sub: int, moment: datetime) -> list[Row]:
    """One round at the bedside, one row in fifty entered in error."""
    items = [s for s in t.SINAIS if s[1] not in ("PESO", "DIURESE") or rng.random() < 0.15]
    return [
        (
            mradm,
            sub + n,
            f"{mradm}||{sub + n}",
            s[0],
            s[4](rng),
            *c.pair(moment),
            1,
            t.ERROR if rng.random() < 0.02 else None,
            *c.pair(moment),
        )
        for n, s in enumerate(items)
    ]


def note(c: Calendar, rng: random.Random, mradm: int, sub: int, moment: datetime, text: str, kind: int | None = None) -> Row:
    kind = kind or (t.ANAMNESE if sub == 1 else rng.choices((t.EVOLUCAO, t.OTHER), (9, 1))[0])
    # The time is not always filled in.
    hour = None if rng.random() < 0.02 else c.hour(moment)
    return (mradm, sub, f"{mradm}||{sub}", kind, text, c.day(moment), hour, str(1 + int(rng.random() * t.PROFISSIONAIS)), c.day(moment),
            t.ERROR if rng.random() < 0.02 else None)  # fmt: skip


def procedimento(c: Calendar, rng: random.Random, mradm: int, sub: int, moment: datetime) -> Row:
    return (
        mradm,
        sub,
        f"{mradm}||{sub}",
        1 + int(rng.random() * len(t.OPERATIONS)),
        *c.pair(moment),
        str(1 + int(rng.random() * t.PROFISSIONAIS)),
    )


def prescribed(c: Calendar, rng: random.Random, request: int, sub: int, moment: datetime) -> Row:
    item = t.ITEMS[int(rng.random() * len(t.ITEMS))]
    status = rng.choices((1, 4, 6, 9), (70, 8, 17, 5))[0]
    return (
        request, sub, f"{request}||{sub}", item[0], rng.choice(("1", "2", "0,5", "1.5")), item[4], item[6], item[5], 1.0 + int(rng.random() * 10),
        *c.pair(moment), *c.pair(moment), c.day(moment + timedelta(days=3)), status, str(1 + int(rng.random() * t.PROFISSIONAIS)), *c.pair(moment),
    )  # fmt: skip


def cirurgia(c: Calendar, rng: random.Random, key: int, adm: int, booked: datetime, status: str, moment: datetime) -> Row:
    return (key, adm, 1 + int(rng.random() * len(t.OPERATIONS)), *c.pair(booked), status, str(1 + int(rng.random() * t.PROFISSIONAIS)),
            rng.choice((None, "Videolaparoscopia")), 1 + int(rng.random() * 6), *c.pair(moment))  # fmt: skip
