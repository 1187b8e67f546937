"""Bad input, one kind at a time: what Fusion must refuse (``INVALID``) and what only looks wrong (``STRANGE``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.clinica import note, sinal
from sandbox.origens.tasy.hospital import Hospital, Target

_Damage = Callable[[Hospital, Target], Any]
"""Spoils the record just made."""


def _no_atendimento(column: str, value: Any) -> _Damage:
    return lambda h, target: h.change("atendimento_paciente", {"nr_atendimento": target.chave}, **{column: value})


def _no_paciente(column: str, value: Any) -> _Damage:
    return lambda h, target: h.change("pessoa_fisica", {"cd_pessoa_fisica": target.paciente}, **{column: value})


def _note(text: str) -> _Damage:
    return lambda h, target: note(h, target, text)


def _sinal(**values: Any) -> _Damage:
    return lambda h, target: sinal(h, target, **values)


def _cid(h: Hospital, target: Target) -> None:
    h.insert("diagnostico_doenca", nr_atendimento=target.chave, dt_diagnostico=h.now, cd_doenca="DOR", dt_liberacao=h.now, ie_situacao="A")


def _everything_null(h: Hospital, target: Target) -> None:
    """NULL in every column of attendance and patient that may be NULL, and one empty row below them of each kind."""
    for table, where in (
        ("pessoa_fisica", {"cd_pessoa_fisica": target.paciente}),
        ("atendimento_paciente", {"nr_atendimento": target.chave}),
    ):
        columns = h.keys(
            "select column_name from information_schema.columns where table_schema = 'tasy' and table_name = %s and is_nullable = 'YES'",
            table,
        )
        h.change(table, where, **dict.fromkeys(map(str, columns)))
    sinal(h, target, cd_paciente=None, cd_pessoa_fisica=None, ie_situacao=None)
    h.insert("paciente_alergia", cd_pessoa_fisica=target.paciente, dt_liberacao=h.now)
    receita = h.insert("prescr_medica", nr_atendimento=target.chave, dt_prescricao=h.now, dt_liberacao=h.now)
    h.insert("prescr_material", nr_prescricao=receita, nr_sequencia=1)
    h.insert("prescr_procedimento", nr_prescricao=receita, nr_sequencia=1)
    h.insert("evolucao_paciente", nr_atendimento=target.chave, dt_evolucao=h.now, dt_liberacao=h.now)
    h.insert("compl_pessoa_fisica", cd_pessoa_fisica=target.paciente, nr_sequencia=99, ie_tipo_complemento=1)


_REFUSED: dict[str, _Damage] = {
    "data_impossivel": _no_atendimento("dt_entrada", "0001-01-01"),
    "alta_sem_fim": _no_atendimento("dt_alta", "9999-12-31"),
    "nascimento_impossivel": _no_paciente("dt_nascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("nr_cpf", "123.456.789-00"),
    "cns_invalido": _no_paciente("nr_cartao_nac_sus", "700000000000001"),
    "sexo_desconhecido": _no_paciente("ie_sexo", "?"),
    "tipo_desconhecido": _no_atendimento("ie_tipo_atendimento", 99),
    "cid_invalido": _cid,
    "nome_so_de_controles": _no_paciente("nm_pessoa_fisica", "\x01\x02 "),
    "texto_de_dois_megabytes": _note("dor " * 600_000),
    "sinal_fora_da_faixa": _sinal(qt_temp=365),
    "sinal_de_outro_paciente": _sinal(qt_temp=36.5, cd_paciente="1"),
    "unidade_desconhecida": _sinal(qt_peso=150, ie_unid_med_peso="lb"),
    "rtf_cortado": _note(t.rtf("Evolução que foi cortada", "no meio")[:-12]),
}
_ACCEPTED_VALUES: dict[str, _Damage] = {
    "texto_de_um_megabyte": _note("evolução " * 110_000),
    "controles": _note("dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("nm_social", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _note("<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_com_imagem": _note(t.rtf("Após a imagem", decoration=t.IMAGE + t.TABLE)),
    "peso_em_gramas": _sinal(qt_peso=3250, ie_unid_med_peso="G", qt_altura_cm=0.51, ie_unid_med_altura="M"),
    "tudo_nulo": _everything_null,
}
INVALID = tuple(_REFUSED)
"""Kinds that must be refused, with a reason."""
STRANGE = tuple(_ACCEPTED_VALUES)
"""Kinds that must arrive: odd, but right."""
ITEM_FAULTS = (
    "cid_invalido",
    "texto_de_dois_megabytes",
    "sinal_fora_da_faixa",
    "sinal_de_outro_paciente",
    "unidade_desconhecida",
    "rtf_cortado",
)
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """An attendance with one thing wrong: ``kind``, or any of ``INVALID``. The caller commits."""
    kind = kind or rng.choice(INVALID)
    h = Hospital(con, rng)
    paciente = h.new_paciente()
    target = Target(h.new_atendimento(paciente, 8), paciente)
    (_REFUSED | _ACCEPTED_VALUES)[kind](h, target)
    return Change(str(target.chave), "inclusao", kind, paciente, (str(target.chave),), recusada=kind in _REFUSED)
