"""Bad input, one kind at a time: what Fusion must refuse (``INVALID``) and what only looks wrong (``STRANGE``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change, one
from sandbox.origens.sotech.simulador import insert, new_atendimento, new_paciente, now

_Damage = Callable[[Any, int, int], Any]
"""(connection, attendance, patient): spoils the record just made."""


def _no_atendimento(column: str, value: Any) -> _Damage:
    return lambda con, key, _: one(con, f"update sotech.ate_atendimento set {column} = %s where pkatendimento = %s", value, key)


def _no_paciente(column: str, value: Any) -> _Damage:
    return lambda con, _, paciente: one(con, f"update sotech.cdg_paciente set {column} = %s where pkpaciente = %s", value, paciente)


def _catalog(table: str, columns: str, values: tuple[Any, ...], damage: _Damage) -> _Damage:
    """A catalogue row that nobody mapped, once, and a record that uses it."""

    def estragar(con: Any, key: int, paciente: int) -> None:
        one(con, f"insert into sotech.{table} ({columns}) values ({', '.join(['%s'] * len(values))}) on conflict do nothing", *values)
        damage(con, key, paciente)

    return estragar


def _sinais(**values: Any) -> _Damage:
    return lambda con, key, _: insert(con, "pep.ate_sinalvital", key, None, now(con), **values)


def _quantity(con: Any, key: int, _: int) -> None:
    receita = insert(con, "pep.ate_prescricao", key, None, now(con))
    insert(con, "pep.ate_prescricao_item", receita, medicamento="Paracetamol", quantidade="uma cartela")


def _everything_null(con: Any, key: int, paciente: int) -> None:
    one(con, "update sotech.ate_atendimento set fkleito = null, fkespecialidade = null, fkprofissionalatendimento = null, queixaprincipal = null"
            " where pkatendimento = %s", key)  # fmt: skip
    one(con, "update sotech.cdg_paciente set cpf = null, cns = null, datanascimento = null, fksexo = null, mae = null, pai = null, endereco = null,"
            " numero = null, complemento = null, fkbairro = null, fkcidade = null, fkuf = null where pkpaciente = %s", paciente)  # fmt: skip
    one(con, "update sotech.cdg_contato set celular1 = null, celular2 = null, email = null where fkpaciente = %s", paciente)
    insert(con, "pep.ate_sinalvital", key, None, now(con))
    insert(con, "pep.ate_subjetivo", key, None, now(con))
    insert(con, "pep.ate_evolucao", key, None, now(con))
    insert(con, "pep.ate_prescricao_item", insert(con, "pep.ate_prescricao", key, None, now(con)), medicamento="Sem detalhes")
    insert(con, "pep.ate_exame_resultado", insert(con, "pep.ate_exame", key, None, 1), 1, "Resultado sem valor")


_REFUSED: dict[str, _Damage] = {
    "data_impossivel": _no_atendimento("dataentrada", "0001-01-01"),
    "data_sem_fim": _no_atendimento("datasaida", "9999-12-31 23:59:59"),
    "data_infinita": _no_atendimento("datasaida", "infinity"),
    "data_alem_do_calendario": _no_atendimento("dataentrada", "20000-01-01"),
    "nascimento_impossivel": _no_paciente("datanascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("cpf", "123.456.789-00"),
    "cns_invalido": _no_paciente("cns", "700000000000001"),
    "sexo_desconhecido": _catalog("tbl_sexo", "pksexo, sexo", (99, "Outro código"), _no_paciente("fksexo", 99)),
    "tipo_desconhecido": _catalog(
        "tbl_tipoatendimento", "pktipoatendimento, tipoatendimento", (99, "Outro tipo"), _no_atendimento("fktipoatendimento", 99)
    ),
    "cid_invalido": _catalog("tbn_cid", "pkcid, codcid, cid", (9999, "DOR", "Código errado"), _no_atendimento("fkcidprincipal", 9999)),
    "temperatura_sem_virgula": _sinais(temperatura=365),
    "pressao_em_cmhg": _sinais(pressaosistolica=12, pressaodiastolica=8),
    "numero_invalido": _quantity,
    "texto_de_dois_megabytes": _no_atendimento("queixaprincipal", "dor " * 600_000),
    "nome_so_de_controles": _no_paciente("paciente", "\x01\x02 "),
}
_ACCEPTED_VALUES: dict[str, _Damage] = {
    "texto_de_um_megabyte": _no_atendimento("queixaprincipal", "evolução " * 120_000),
    "controles": _no_atendimento("queixaprincipal", "dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("mae", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _no_atendimento("queixaprincipal", "<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_quebrado": _no_atendimento("queixaprincipal", "{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
    "tudo_nulo": _everything_null,
}
INVALID = tuple(_REFUSED)
"""Kinds that must be refused, with a reason."""
STRANGE = tuple(_ACCEPTED_VALUES)
"""Kinds that must arrive: odd, but right."""
ITEM_FAULTS = ("temperatura_sem_virgula", "pressao_em_cmhg", "numero_invalido")
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """An admission with one thing wrong: ``kind``, or any of ``INVALID``. The caller commits."""
    kind = kind or rng.choice(INVALID)
    paciente = new_paciente(con, rng)
    key = new_atendimento(con, rng, paciente)
    (_REFUSED | _ACCEPTED_VALUES)[kind](con, key, paciente)
    return Change(str(key), "inclusao", kind, str(paciente), (str(key),), recusada=kind in _REFUSED)
