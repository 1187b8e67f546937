"""Bad input, one kind at a time: what Fusion must refuse (``INVALID``) and what only looks wrong (``STRANGE``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.mv.clinica import document
from sandbox.origens.mv.hospital import Hospital

_Damage = Callable[[Hospital, int, int], Any]
"""(hospital, attendance, patient): spoils the record just made."""


def _no_atendimento(column: str, value: Any) -> _Damage:
    return lambda h, key, _: h.change("atendime", "cd_atendimento", key, **{column: value})


def _no_paciente(column: str, value: Any) -> _Damage:
    return lambda h, _, paciente: h.change("paciente", "cd_paciente", paciente, **{column: value})


def _note(text: str) -> _Damage:
    return lambda h, key, paciente: document(h, key, paciente, text)


def _cid(h: Hospital, key: int, _: int) -> None:
    h.one("insert into dbamv.cid values ('DOR', 'Código local') on conflict do nothing")
    h.change("atendime", "cd_atendimento", key, cd_cid="DOR")


def _everything_null(h: Hospital, key: int, paciente: int) -> None:
    """NULL in every column of attendance and patient that may be NULL, and one empty row below them of each kind."""
    for table, column, value in (("paciente", "cd_paciente", paciente), ("atendime", "cd_atendimento", key)):
        columns = h.keys(
            "select column_name from information_schema.columns where table_schema = 'dbamv' and table_name = %s and is_nullable = 'YES'",
            table,
        )
        h.change(table, column, value, **dict.fromkeys(map(str, columns)))
    h.insert("diagnostico_atendime", cd_atendimento=key)
    collector = h.insert("coleta_sinal_vital", cd_atendimento=key, data_coleta=h.now)
    h.insert("itcoleta_sinal_vital", cd_coleta_sinal_vital=collector, cd_sinal_vital=1)
    problem = h.insert("pw_problema", cd_paciente=paciente)
    h.insert("pw_alergia_pac", cd_problema=problem)
    h.change(
        "pw_documento_clinico",
        "cd_documento_clinico",
        document(h, key, paciente, " "),
        cd_prestador=None,
        nm_documento=None,
        cd_objeto=None,
    )


_REFUSED: dict[str, _Damage] = {
    "data_impossivel": _no_atendimento("dt_atendimento", "0001-01-01"),
    "alta_sem_fim": _no_atendimento("dt_alta", "9999-12-31"),
    "nascimento_impossivel": _no_paciente("dt_nascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("nr_cpf", "123.456.789-00"),
    "cns_invalido": lambda h, _, paciente: h.change("paciente", "cd_paciente", paciente, nr_cns=None, cd_cns="700000000000001"),
    "sexo_desconhecido": _no_paciente("tp_sexo", "?"),
    "tipo_desconhecido": _no_atendimento("tp_atendimento", "Z"),
    "cid_invalido": _cid,
    "nome_so_de_controles": _no_paciente("nm_paciente", "\x01\x02 "),
    "rtf_quebrado": _note("{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
    "texto_de_dois_megabytes": _note("dor " * 600_000),
}
_ACCEPTED_VALUES: dict[str, _Damage] = {
    "texto_de_um_megabyte": _note("evolução " * 110_000),
    "controles": _note("dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("nm_social_paciente", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _note("<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "hora_nula": _no_atendimento("hr_atendimento", None),
    "tudo_nulo": _everything_null,
}
INVALID = tuple(_REFUSED)
"""Kinds that must be refused, with a reason."""
STRANGE = tuple(_ACCEPTED_VALUES)
"""Kinds that must arrive: odd, but right."""
ITEM_FAULTS = ("rtf_quebrado", "texto_de_dois_megabytes")
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """An attendance with one thing wrong: ``kind``, or any of ``INVALID``. The caller commits."""
    kind = kind or rng.choice(INVALID)
    h = Hospital(con, rng)
    paciente = h.new_paciente()
    key = h.new_atendimento(paciente, "A")
    (_REFUSED | _ACCEPTED_VALUES)[kind](h, key, paciente)
    return Change(str(key), "inclusao", kind, str(paciente), (str(key),), recusada=kind in _REFUSED)
