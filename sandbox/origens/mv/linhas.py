"""Rows that generator and simulator make alike."""

from __future__ import annotations

import random
import re
from datetime import datetime
from typing import Any

from sandbox.origens.mv import textos as t
from sandbox.origens.pessoas import MUNICIPIOS, Pessoa

_CIDADE = {m[0]: n for n, m in enumerate(MUNICIPIOS, 1)}


def _fone(numero: str | None) -> tuple[str | None, str | None]:
    return (numero[:2], numero[2:]) if numero else (None, None)


def paciente(p: Pessoa, rng: random.Random) -> tuple[Any, ...]:
    """Values of a person for the columns of PACIENTE between its key and SN_ATIVO. MV has two columns for one CNS: either may hold it."""
    sorte = rng.random()
    cns = (p.cns, None) if sorte < 0.8 else (None, p.cns) if sorte < 0.9 else (p.cns, p.cns)
    numero = re.sub(r"\D", "", p.numero or "")
    return (
        p.nome, p.nome_social, "S" if p.nome_social else "N", p.nascimento and datetime(p.nascimento.year, p.nascimento.month, p.nascimento.day), p.sexo,
        p.nome_mae, p.nome_pai, p.cpf, *cns, t.COR[p.raca], p.logradouro, int(numero) if numero else None, p.complemento, p.bairro, p.cep,
        p.codigo_ibge and _CIDADE[p.codigo_ibge], *_fone(p.telefone), *_fone(p.celular), p.email,
    )  # fmt: skip


def prescrito(rng: random.Random, momento: datetime, fim: datetime | None) -> tuple[Any, ...]:
    """Values of ITPRE_MED from CD_TIP_PRESC on, in the generator's order: an item, a tenth of them cancelled."""
    tipo, descricao, esquema, produto, via, unidade, quantidade = t.TIPOS_PRESCRICAO[int(rng.random() * len(t.TIPOS_PRESCRICAO))]
    cancelado = rng.random() < 0.1
    return (tipo, esquema, produto, via, unidade, quantidade, 1 + int(rng.random() * 5), f"{descricao}, conforme orientação" if rng.random() < 0.4 else None,
            "S" if cancelado else "N", momento, fim, momento if cancelado else None, momento, "S" if rng.random() < 0.1 else "N",
            "S" if rng.random() < 0.2 else None)  # fmt: skip


def sinais(rng: random.Random, desconhecido: bool = False) -> list[tuple[int, int | None, str]]:
    """(sign, unit, value as typed) of one round at the bedside; pressure either as two numbers or as one text."""
    juntos = rng.random() < 0.3
    fora = {4, 5} if juntos else {6}
    fora |= {9, 10} if rng.random() < 0.6 else set()
    fora |= set() if desconhecido else {t.DESCONHECIDO}
    return [(codigo, unidade, valor(rng)) for codigo, _, unidade, valor in t.SINAIS if codigo not in fora]
