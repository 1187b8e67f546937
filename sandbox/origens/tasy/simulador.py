"""A day in the hospital: each call of :func:`change` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Change, Expected
from sandbox.origens.tasy import clinica
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Hospital, Target

_IS_WORTH = "dt_cancelamento is null"
_OPENED = f"{_IS_WORTH} and dt_alta is null"
_DO_PACIENTE = {"alergia", "inativacao", "administrativa", "paciente", "complemento"}
"""Kinds that may show on every attendance of the patient."""
_Done = Change | None
"""``None``: the hospital has nothing to do this with right now."""


def _change_row(kind: str, key: int) -> Change:
    return Change(str(key), "alteracao", kind)


def _admission(h: Hospital) -> Change:
    known_one = h.recent() if h.rng.random() < 0.4 else None
    paciente = known_one.paciente if known_one else h.new_paciente()
    key = h.new_atendimento(paciente, h.rng.choice((1, 1, 1, 3, 3, 8, 8, 7)))
    clinica.admit(h, h.rng, Target(key, paciente))
    return Change(str(key), "inclusao", "admissao")


def _clinical(kind: str) -> Callable[[Hospital], _Done]:
    def do(h: Hospital) -> _Done:
        if (target := h.recent(_OPENED) or h.recent()) is None:
            return None
        clinica.ITEMS[kind][0](h, target)
        return _change_row(kind, target.chave)

    return do


def _registered(h: Hospital) -> _Done:
    """The reception corrects what it typed: clinic and doctor."""
    if (target := h.recent(_OPENED)) is None:
        return None
    clinica_, physician = h.one("select ie_clinica, cd_medico_resp from tasy.atendimento_paciente where nr_atendimento = %s", target.chave)
    h.change(
        "atendimento_paciente",
        {"nr_atendimento": target.chave},
        ie_clinica=(clinica_ or 0) % 6 + 1,
        cd_medico_resp=str(int(physician or 0) % 100 + 1),
    )
    return _change_row("cadastro", target.chave)


def _transfer(h: Hospital) -> _Done:
    """Into another ward; every third time into intensive care."""
    if (target := h.recent(f"{_OPENED} and ie_tipo_atendimento = 1")) is None:
        return None
    h.leave(target.chave)
    h.stay(target.chave, h.rng.choice(t.UTIS if h.rng.random() < 0.35 else t.INPATIENT))
    return _change_row("transferencia", target.chave)


def _alta_medica(h: Hospital) -> _Done:
    if (target := h.recent(f"{_OPENED} and dt_alta_medico is null and ie_tipo_atendimento = 1")) is None:
        return None
    h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_alta_medico=h.now)
    return _change_row("alta_medica", target.chave)


def _alta(h: Hospital) -> _Done:
    if (target := h.recent(_OPENED)) is None:
        return None
    h.leave(target.chave)
    h.change(
        "atendimento_paciente",
        {"nr_atendimento": target.chave},
        dt_alta=h.now,
        cd_motivo_alta=h.rng.choice(t.ALTA_REASONS)[0],
        ie_status_atendimento="F",
    )
    return _change_row("alta", target.chave)


def _cancelled_alta(h: Hospital) -> _Done:
    """The patient has not left after all: back into a ward."""
    if (target := h.recent(f"{_IS_WORTH} and dt_alta is not null and ie_tipo_atendimento = 1")) is None:
        return None
    h.change(
        "atendimento_paciente",
        {"nr_atendimento": target.chave},
        dt_alta=None,
        dt_alta_medico=None,
        cd_motivo_alta=None,
        ie_status_atendimento="A",
    )
    h.stay(target.chave, h.rng.choice(t.INPATIENT))
    return _change_row("alta_cancelada", target.chave)


def _cancelamento(h: Hospital) -> _Done:
    """Opened by mistake: it stays in its table, with the moment of its cancellation."""
    if (target := h.recent()) is None:
        return None
    h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_cancelamento=h.now)
    return Change(str(target.chave), "exclusao", "cancelamento", target.paciente, (str(target.chave),))


def _reopening(h: Hospital) -> _Done:
    """Cancelled by mistake."""
    if (target := h.recent("dt_cancelamento is not null")) is None:
        return None
    h.change("atendimento_paciente", {"nr_atendimento": target.chave}, dt_cancelamento=None)
    return _change_row("reabertura", target.chave)


def _paciente(h: Hospital) -> _Done:
    if (target := h.recent()) is None:
        return None
    field, value = h.rng.choice(
        (("nr_telefone_celular", f"9{h.rng.randint(80_000_000, 99_999_999)}"), ("nm_social", f"Nome Social {h.rng.randint(1, 10**6)}"))
    )
    h.change("pessoa_fisica", {"cd_pessoa_fisica": target.paciente}, **{field: value})
    return _change_row("paciente", target.chave)


def _complement(h: Hospital) -> _Done:
    """Another address: PESSOA_FISICA itself is not touched."""
    if (target := h.recent()) is None:
        return None
    home = h.one(
        "select max(nr_sequencia) from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s and ie_tipo_complemento = 1", target.paciente
    )[0]
    new = {"ds_endereco": f"Rua Exemplo {h.rng.randint(1, 10**6)}", "nr_endereco": h.rng.randint(1, 5000)}
    if home is None:
        next_number = h.one(
            "select coalesce(max(nr_sequencia), 0) + 1 from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s", target.paciente
        )[0]
        h.insert("compl_pessoa_fisica", cd_pessoa_fisica=target.paciente, nr_sequencia=next_number, ie_tipo_complemento=1, **new)
    else:
        h.change("compl_pessoa_fisica", {"cd_pessoa_fisica": target.paciente, "nr_sequencia": home}, **new)
    return _change_row("complemento", target.chave)


CHANGES: dict[Callable[[Hospital], _Done], int] = {
    _admission: 30, **{_clinical(kind): weight for kind, (_, weight) in clinica.ITEMS.items()}, _registered: 2, _transfer: 6, _alta_medica: 2, _alta: 8,
    _cancelled_alta: 2, _cancelamento: 3, _reopening: 1, _paciente: 5, _complement: 4,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def completion(h: Hospital, change: Change) -> Change:
    """The change with its patient and, where the patient changed, every attendance that carries him or her."""
    if change.operacao == "exclusao":
        return change
    paciente = h.one("select cd_pessoa_fisica from tasy.atendimento_paciente where nr_atendimento = %s", int(change.chave))[0]
    affected: tuple[str, ...] = (change.chave,)
    if change.tipo in _DO_PACIENTE:
        sql = f"select nr_atendimento from tasy.atendimento_paciente where cd_pessoa_fisica = %s and {_IS_WORTH} order by 1"
        affected = tuple(map(str, h.keys(sql, paciente)))
    return dataclasses.replace(change, chave_paciente=paciente, affected=affected)


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    hospital = Hospital(con, rng)
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
    return completion(hospital, chosen(hospital) or _admission(hospital))


def keys(con: Any) -> Iterator[Expected]:
    """Every attendance with the state that Fusion must have; ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select nr_atendimento, cd_pessoa_fisica, case when dt_cancelamento is null then 'alteracao' else 'exclusao' end"
                    " from tasy.atendimento_paciente order by 1")  # fmt: skip
        for key, paciente, operation in cur:
            yield Expected(str(key), paciente, operation)
