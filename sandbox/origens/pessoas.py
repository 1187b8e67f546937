"""Seeded Brazilian people, fast enough for a million: pools of names from Faker, the rest by arithmetic.

Equal seeds and knobs give equal people on every machine; nobody is real. CPFs and CNSs carry valid check digits and do
not repeat within one generator (up to 900 million people). No global random state is read or changed.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from faker import Faker

REFERENCE = date(2026, 1, 1)
"""Everybody is born before this day, whatever today is: data must not change from one day to the next."""

# IBGE code, municipality, state, first five digits of a CEP there, area code.
MUNICIPALITIES = (
    ("2927408", "Salvador", "BA", 40000, "71"), ("2910800", "Feira de Santana", "BA", 44000, "75"),
    ("2933307", "Vitória da Conquista", "BA", 45000, "77"), ("2914802", "Itabuna", "BA", 45600, "73"),
    ("2913606", "Ilhéus", "BA", 45650, "73"), ("2919207", "Lauro de Freitas", "BA", 42700, "71"),
    ("2905701", "Camaçari", "BA", 42800, "71"), ("2800308", "Aracaju", "SE", 49000, "79"),
    ("2704302", "Maceió", "AL", 57000, "82"), ("2611606", "Recife", "PE", 50000, "81"),
    ("2304400", "Fortaleza", "CE", 60000, "85"), ("3550308", "São Paulo", "SP", 1000, "11"),
    ("3304557", "Rio de Janeiro", "RJ", 20000, "21"), ("3106200", "Belo Horizonte", "MG", 30000, "31"),
    ("4106902", "Curitiba", "PR", 80000, "41"), ("4314902", "Porto Alegre", "RS", 90000, "51"),
    ("5208707", "Goiânia", "GO", 74000, "62"), ("5300108", "Brasília", "DF", 70000, "61"),
    ("1302603", "Manaus", "AM", 69000, "92"), ("1501402", "Belém", "PA", 66000, "91"),
)  # fmt: skip
RACES = ("PARDA", "BRANCA", "PRETA", "AMARELA", "INDIGENA", "IGNORADA")
_RACE_WEIGHTS = tuple(r for r, n in zip(RACES, (45, 35, 14, 1, 1, 4), strict=True) for _ in range(n))
_EMAILS = ("exemplo.com.br", "correio.exemplo.br", "mail.exemplo.com")


class Person(NamedTuple):
    """One invented person; everything but name, sex and race may be ``None``."""

    nome: str
    nome_social: str | None
    nome_mae: str | None
    nome_pai: str | None
    nascimento: date | None
    sexo: str
    """M, F or I (indeterminate)."""
    raca: str
    """One of RACAS: each source writes its own code for it."""
    cpf: str | None
    cns: str | None
    logradouro: str | None
    numero: str | None
    complemento: str | None
    bairro: str | None
    cep: str | None
    municipio: str | None
    codigo_ibge: str | None
    uf: str | None
    celular: str | None
    telefone: str | None
    email: str | None


@lru_cache(maxsize=1)
def _bases() -> dict[str, tuple[str, ...]]:
    faker = Faker("pt_BR")
    faker.seed_instance(20260101)

    def base(name: str, count: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(getattr(faker, name)() for _ in range(count)))

    return {
        "M": base("first_name_male", 1500),
        "F": base("first_name_female", 1500),
        "sobrenomes": base("last_name", 2000),
        "logradouros": base("street_name", 3000),
        "bairros": base("bairro", 1500),
    }


def cpf_de(number: int) -> str:
    """The CPF whose first nine digits are ``number`` (0 to 999,999,999)."""
    base = f"{number:09d}"
    a, b, c, d, e, f, g, h, i = map(int, base)
    first = (a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i) % 11 % 10
    second = (b + 2 * c + 3 * d + 4 * e + 5 * f + 6 * g + 7 * h + 8 * i + 9 * first) % 11 % 10
    return f"{base}{first}{second}"


def cns_de(number: int, *, definitive: bool = False) -> str:
    """A CNS made from ``number`` (0 to 999,999,999): provisional (starts with 7) or definitive (starts with 1)."""
    if definitive:
        base = f"1{number:010d}"
        rest = sum(int(x) * (15 - i) for i, x in enumerate(base)) % 11
        digit = (11 - rest) % 11
        # A check digit of ten is avoided with 001 instead of 000 in front of it, which adds 1 × 2 to the sum.
        return f"{base}000{digit}" if digit != 10 else f"{base}001{(11 - (rest + 2) % 11) % 11}"
    base = f"70{number:09d}00"
    rest = sum(int(x) * (15 - i) for i, x in enumerate(base)) % 11
    # The last two digits weigh 2 and 1: of these pairs exactly one closes the sum.
    missing = (11 - rest) % 11
    return f"{base}{missing // 2}{missing % 2}"


class PersonGenerator:
    """``person()`` gives the next person; a generator of one seed always gives the same sequence.

    ``without_cpf``, ``without_cns``, ``with_social_name``, ``without_father``, ``with_address``: shares of people. ``edge`` is the share of
    odd but valid people: nothing filled in, control characters, emoji, apostrophes and decomposed accents, formatted
    documents, newborns, centenarians.
    """

    def __init__(self, semente: int, *, without_cpf: float = 0.08, without_cns: float = 0.05, with_social_name: float = 0.02,
                 without_father: float = 0.25, with_address: float = 0.95, edge: float = 0.02) -> None:  # fmt: skip
        self.rng = random.Random(f"pessoas-{semente}")
        self.without_cpf, self.without_cns, self.with_social_name = without_cpf, without_cns, with_social_name
        self.without_father, self.with_address, self.edge = without_father, with_address, edge
        self._bases = _bases()
        self._contador = self.rng.randrange(10**9)

    def _document(self) -> int:
        # A prime step walks through all nine-digit numbers in a scattered order; repeated digits are no valid CPF.
        while True:
            self._contador = (self._contador + 387_420_489) % 10**9
            if self._contador % 111_111_111:
                return self._contador

    def _surnames(self) -> str:
        surnames, rand = self._bases["sobrenomes"], self.rng.random
        one, two = surnames[int(rand() * len(surnames))], surnames[int(rand() * len(surnames))]
        return f"{one} {two}" if rand() < 0.8 else f"{one} de {two}"

    def nome(self, sexo: str) -> str:
        """A first name (sometimes two) and surnames."""
        names, rand = self._bases["M" if sexo == "M" else "F"], self.rng.random
        first = names[int(rand() * len(names))]
        if rand() < 0.3:
            first = f"{first} {names[int(rand() * len(names))]}"
        return f"{first} {self._surnames()}"

    def person(self) -> Person:
        rand, bases = self.rng.random, self._bases
        sexo = "F" if (x := rand()) < 0.53 else "M" if x < 0.998 else "I"
        document = self._document()
        ibge, municipio, uf, cep, ddd = MUNICIPALITIES[int(rand() ** 2 * len(MUNICIPALITIES))]
        name = self.nome(sexo)
        lives = rand() < self.with_address
        person = Person(
            nome=name,
            nome_social=self.nome("F" if sexo == "M" else "M") if rand() < self.with_social_name else None,
            nome_mae=self.nome("F"),
            nome_pai=None if rand() < self.without_father else self.nome("M"),
            nascimento=REFERENCE - timedelta(days=1 + int(rand() * 33_000)),
            sexo=sexo,
            raca=_RACE_WEIGHTS[int(rand() * 100)],
            cpf=None if rand() < self.without_cpf else cpf_de(document),
            cns=None if rand() < self.without_cns else cns_de(document, definitive=document % 3 == 0),
            logradouro=bases["logradouros"][int(rand() * len(bases["logradouros"]))] if lives else None,
            numero=str(1 + int(rand() * 2999)) if lives else None,
            complemento=f"Apto {1 + int(rand() * 1200)}" if lives and rand() < 0.3 else None,
            bairro=bases["bairros"][int(rand() * len(bases["bairros"]))] if lives else None,
            cep=f"{cep + int(rand() * 90):05d}{int(rand() * 999):03d}" if lives else None,
            municipio=municipio if lives else None,
            codigo_ibge=ibge if lives else None,
            uf=uf if lives else None,
            celular=f"{ddd}9{80_000_000 + int(rand() * 19_999_999)}" if rand() < 0.85 else None,
            telefone=f"{ddd}3{int(rand() * 9_999_999):07d}" if rand() < 0.2 else None,
            email=f"p{document}@{_EMAILS[document % 3]}" if rand() < 0.35 else None,
        )
        return self._estranha(person) if rand() < self.edge else person

    def _estranha(self, p: Person) -> Person:
        kind = self.rng.randrange(7)
        if kind == 0:
            return Person(p.nome, *(None,) * 4, p.sexo, "IGNORADA", *(None,) * 13)
        if kind == 1:
            return p._replace(nome=f"  {p.nome}\x0b\x1f ", nome_mae=f"\x02{p.nome_mae}\x7f\t")
        if kind == 2:
            return p._replace(nome_social=f"{p.nome.split()[0]} 🌻👩🏽‍⚕️", complemento="fundos 🏠")
        if kind == 3:
            return p._replace(nome=f"D’Ávila O'Connor {p.nome} João", nome_pai='Ñandú Müller Żółć; "Zé" <avô> & cia')
        if kind == 4:
            cpf = p.cpf and f"{p.cpf[:3]}.{p.cpf[3:6]}.{p.cpf[6:9]}-{p.cpf[9:]}"
            return p._replace(
                cpf=cpf, cns=p.cns and f"{p.cns[:3]} {p.cns[3:7]} {p.cns[7:11]} {p.cns[11:]}", cep=p.cep and f"{p.cep[:5]}-{p.cep[5:]}"
            )
        if kind == 5:
            return p._replace(nome=f"RN de {p.nome_mae}", nome_pai=None, nascimento=REFERENCE, cpf=None, cns=None)
        return p._replace(nascimento=date(1908, 2, 29), nome=f"{p.nome} {'Sobrenome ' * 8}".strip())
