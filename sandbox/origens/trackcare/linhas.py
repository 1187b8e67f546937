"""Rows that generator and simulator make alike: values in the order of :data:`sandbox.origens.trackcare.colunas.COLUNAS`."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sandbox.origens.pessoas import MUNICIPIOS, Pessoa
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.tempo import Calendario

_CIDADE = {m[0]: n for n, m in enumerate(MUNICIPIOS, 1)}
_SEXO = {"F": 1, "M": 2, "I": 3}
Linha = tuple[Any, ...]


def pessoa(c: Calendario, chave: int, p: Pessoa, momento: datetime) -> tuple[Linha, Linha]:
    """(PA_Person, PA_PatMas) of one person: family name first, given name second, social name third."""
    primeiro, _, resto = p.nome.strip().partition(" ")
    sexo, nascimento = _SEXO[p.sexo], c.dia(p.nascimento)
    obito = chave % 97 == 0
    person = (
        chave, chave, resto or primeiro, primeiro if resto else None, p.nome_social, nascimento, sexo, p.cpf, p.cns, p.nome_mae, p.nome_pai, p.celular,
        p.telefone, p.email, " ".join(x for x in (p.logradouro, p.numero) if x) or None, 1 + chave % 199 if p.cep else None,
        p.codigo_ibge and _CIDADE[p.codigo_ibge], "Y" if obito else "N", c.dia(momento) if obito else None, c.dia(momento), *c.par(momento),
    )  # fmt: skip
    return person, (
        chave,
        chave,
        f"{100_000 + chave}",
        p.cpf,
        person[2],
        person[3],
        nascimento,
        sexo,
        chave,
        p.cns,
        "Y",
        "Y" if obito else "N",
    )


def alergia(c: Calendario, rng: random.Random, paciente: int, sub: int, momento: datetime) -> Linha:
    n = int(rng.random() * len(t.ALERGENOS))
    livre = rng.random() < 0.15
    inativa = rng.random() < 0.08
    return (
        paciente, sub, f"{paciente}||{sub}", None if livre else n + 1, t.CATEGORIAS[n], 1 + int(rng.random() * 4), None, "Corante amarelo" if livre else None,
        rng.choice((None, "Urticária", "Edema de glote", "Náuseas & vômitos")), c.dia(momento), *c.par(momento), "I" if inativa else "A", "C",
        c.dia(momento) if inativa else None, *c.par(momento),
    )  # fmt: skip


def diagnostico(c: Calendario, rng: random.Random, mradm: int, sub: int, momento: datetime) -> Linha:
    return (mradm, sub, f"{mradm}||{sub}", 1 + int(rng.random() * len(t.CIDS)), None, "Y" if sub == 1 else "N", 1 + int(rng.random() * 3), *c.par(momento),
            "E" if rng.random() < 0.02 else "C", str(1 + int(rng.random() * t.PROFISSIONAIS)), *c.par(momento))  # fmt: skip


def sinais(c: Calendario, rng: random.Random, mradm: int, sub: int, momento: datetime) -> list[Linha]:
    """One round at the bedside, one row in fifty entered in error."""
    itens = [s for s in t.SINAIS if s[1] not in ("PESO", "DIURESE") or rng.random() < 0.15]
    return [
        (
            mradm,
            sub + n,
            f"{mradm}||{sub + n}",
            s[0],
            s[4](rng),
            *c.par(momento),
            1,
            t.ERRO if rng.random() < 0.02 else None,
            *c.par(momento),
        )
        for n, s in enumerate(itens)
    ]


def nota(c: Calendario, rng: random.Random, mradm: int, sub: int, momento: datetime, texto: str, tipo: int | None = None) -> Linha:
    tipo = tipo or (t.ANAMNESE if sub == 1 else rng.choices((t.EVOLUCAO, t.OUTRA), (9, 1))[0])
    # The time is not always filled in.
    hora = None if rng.random() < 0.02 else c.hora(momento)
    return (mradm, sub, f"{mradm}||{sub}", tipo, texto, c.dia(momento), hora, str(1 + int(rng.random() * t.PROFISSIONAIS)), c.dia(momento),
            t.ERRO if rng.random() < 0.02 else None)  # fmt: skip


def procedimento(c: Calendario, rng: random.Random, mradm: int, sub: int, momento: datetime) -> Linha:
    return (
        mradm,
        sub,
        f"{mradm}||{sub}",
        1 + int(rng.random() * len(t.OPERACOES)),
        *c.par(momento),
        str(1 + int(rng.random() * t.PROFISSIONAIS)),
    )


def prescrito(c: Calendario, rng: random.Random, pedido: int, sub: int, momento: datetime) -> Linha:
    item = t.ITENS[int(rng.random() * len(t.ITENS))]
    situacao = rng.choices((1, 4, 6, 9), (70, 8, 17, 5))[0]
    return (
        pedido, sub, f"{pedido}||{sub}", item[0], rng.choice(("1", "2", "0,5", "1.5")), item[4], item[6], item[5], 1.0 + int(rng.random() * 10),
        *c.par(momento), *c.par(momento), c.dia(momento + timedelta(days=3)), situacao, str(1 + int(rng.random() * t.PROFISSIONAIS)), *c.par(momento),
    )  # fmt: skip


def cirurgia(c: Calendario, rng: random.Random, chave: int, adm: int, marcada: datetime, situacao: str, momento: datetime) -> Linha:
    return (chave, adm, 1 + int(rng.random() * len(t.OPERACOES)), *c.par(marcada), situacao, str(1 + int(rng.random() * t.PROFISSIONAIS)),
            rng.choice((None, "Videolaparoscopia")), 1 + int(rng.random() * 6), *c.par(momento))  # fmt: skip
