"""Bad input, one kind at a time: what must end in ``erro`` (``INVALID``) and what only looks wrong (``STRANGE``)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.hospital import Hospital
from sandbox.origens.trackcare.simulador import note

_Damage = Callable[[Hospital, int, int], Any]
"""(hospital, episode, person): spoils the record just made."""


def _in_person(column: str, value: Any) -> _Damage:
    return lambda h, _, person: h.change("pa_person", "paper_rowid", person, **{column: value})


def _in_episode(column: str, value: Any) -> _Damage:
    return lambda h, adm, _: h.change("pa_adm", "paadm_rowid", adm, **{column: value})


def _observation(item: int, value: str | None, **columns: Any) -> _Damage:
    def damage(h: Hospital, adm: int, _: int) -> None:
        sub = h.sub("mr_observations", "obs_parref", adm, "obs_childsub")
        h.insert("mr_observations", (adm, sub, f"{adm}||{sub}", item, value, *h.c.pair(h.now), 1, None, *h.c.pair(h.now)))
        if columns:
            h.change("mr_observations", "obs_rowid", f"{adm}||{sub}", **columns)

    return damage


def _text(content: str) -> _Damage:
    return lambda h, adm, _: note(h, adm, content)


def _null_hour(h: Hospital, adm: int, _: int) -> None:
    h.change("mr_nursingnotes", "not_rowid", note(h, adm), not_time=None)
    h.change("pa_adm", "paadm_rowid", adm, paadm_admtime=None)


_REFUSED: dict[str, _Damage] = {
    "data_impossivel": lambda h, adm, _: h.change("pa_adm", "paadm_rowid", adm, paadm_admdate=-99_999 if h.c.horolog else "0001-01-01"),
    "cpf_invalido": _in_person("paper_id", "123.456.789-00"),
    "cns_invalido": _in_person("paper_governcardno", "700000000000001"),
    "nome_so_de_controles": lambda h, _, person: h.change("pa_person", "paper_rowid", person, paper_name="\x01 ", paper_name2=None),
    "tipo_desconhecido": _in_episode("paadm_type", "Z"),
    "sinal_ilegivel": _observation(5, "febril"),
    "sinal_fora_da_faixa": _observation(5, "365"),
    "charset_sem_o_caractere": _text("paciente feliz 🌻 em 28/2"),
}
_ACCEPTED_VALUES: dict[str, _Damage] = {
    "delimitadores": _text('PA 120|80 ^ FC ~ 90 \\ & "aspas" ""\r\nfim'),
    "texto_de_um_megabyte": _text("evolução " * 110_000),
    "controles": _text("dor há\x01 2\x1f dias\x7f\tok"),
    "html": _text("<p>sem febre &amp; sem dor</p><p>PA &lt; 120</p>"),
    "hora_nula": _null_hour,
    "sinal_em_erro": _observation(1, "999", obs_errorreason_dr=t.ERROR),
    "sinal_desconhecido": _observation(90, "300 mL"),
    "sinal_vazio": _observation(1, None),
    "social": _in_person("paper_name3", "Zé | da & Silva"),
}
INVALID = tuple(_REFUSED)
"""Kinds that must end in ``erro``, with a reason."""
STRANGE = tuple(_ACCEPTED_VALUES)
"""Kinds that must arrive: odd, but right."""
ITEM_FAULTS = ("sinal_ilegivel", "sinal_fora_da_faixa", "charset_sem_o_caractere")
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """A patient and an episode with one thing wrong: ``kind``, or any of ``INVALID``. The caller commits."""
    kind = kind or rng.choice(INVALID)
    h = Hospital(con, rng)
    person = h.new_paciente()
    adm = h.new_episode(person, "E")
    (_REFUSED | _ACCEPTED_VALUES)[kind](h, adm, person)
    return Change(str(person), "inclusao", kind, str(person), (str(person),), recusada=kind in _REFUSED)
