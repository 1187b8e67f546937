"""Bad input, one kind at a time: what Fusion must refuse (``INVALID``) and what only looks wrong (``STRANGE``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Change, one
from sandbox.origens.consulfarma.simulador import insert, new_atendimento, new_paciente

_Damage = Callable[[Any, int, int], Any]
"""(connection, attendance, patient): spoils the record just made."""


def _no_atendimento(column: str, value: Any) -> _Damage:
    return lambda con, key, _: one(con, f"update dbo.Atendimento set {column} = %s where AtendimentoId = %s", value, key)


def _no_paciente(column: str, value: Any) -> _Damage:
    return lambda con, _, paciente: one(con, f"update dbo.Paciente set {column} = %s where PacienteId = %s", value, paciente)


def _item(table: str, **values: Any) -> _Damage:
    return lambda con, key, _: insert(con, table, AtendimentoId=key, **values)


def _everything_null(con: Any, key: int, paciente: int) -> None:
    one(con, "update dbo.Atendimento set UnidadeId = null, ProfissionalId = null, Carater = null, DataFim = null, DataAltaMedica = null,"
            " MotivoAlta = null, QueixaPrincipal = null, Setor = null, Leito = null, Especialidade = null, Convenio = null"
            " where AtendimentoId = %s", key)  # fmt: skip
    one(con, "update dbo.Paciente set NomeSocial = null, NomeMae = null, NomePai = null, DataNascimento = null, RacaCor = null, Cpf = null, Cns = null,"
            " Logradouro = null, Numero = null, Complemento = null, Bairro = null, Cep = null, Municipio = null, CodigoIbge = null, Uf = null,"
            " Celular = null, Telefone = null, Email = null where PacienteId = %s", paciente)  # fmt: skip
    insert(con, "Diagnostico", AtendimentoId=key, Tipo="P")
    insert(con, "Alergia", PacienteId=paciente, Substancia="Iodo")
    insert(con, "Vacina", PacienteId=paciente, ImunobiologicoCodigo="15")
    insert(con, "Cirurgia", AtendimentoId=key, Descricao="Cirurgia sem detalhes", Situacao="A")
    insert(con, "PrescricaoMedicamento", AtendimentoId=key, Nome="Medicamento sem detalhes")
    exame = insert(con, "ExameAmbulatorial", AtendimentoId=key, Nome="Exame sem detalhes")
    insert(con, "ExameResultado", ExameId=exame, AtendimentoId=key, Nome="Resultado sem valor")


_REFUSED: dict[str, _Damage] = {
    "data_impossivel": _no_atendimento("DataInicio", "0001-01-01"),
    "data_sem_fim": _no_atendimento("DataFim", "9999-12-31 23:59:59.997"),
    "nascimento_impossivel": _no_paciente("DataNascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("Cpf", "123.456.789-00"),
    "cns_invalido": _no_paciente("Cns", "700000000000001"),
    "sexo_desconhecido": _no_paciente("Sexo", "?"),
    "raca_desconhecida": _no_paciente("RacaCor", "77"),
    "uf_invalida": _no_paciente("Uf", "b"),
    "tipo_desconhecido": _no_atendimento("Tipo", "ZZ"),
    "carater_desconhecido": _no_atendimento("Carater", "X"),
    "cid_invalido": _item("Diagnostico", Cid10="DOR", Tipo="P"),
    "numero_invalido": _item("PrescricaoMedicamento", Nome="Paracetamol", Quantidade="uma cartela"),
    "texto_de_dois_megabytes": _no_atendimento("QueixaPrincipal", "dor " * 600_000),
    "nome_so_de_controles": _no_paciente("Nome", "\x01\x02 "),
}
_ACCEPTED_VALUES: dict[str, _Damage] = {
    "texto_de_um_megabyte": _no_atendimento("QueixaPrincipal", "evolução " * 120_000),
    "controles": _no_atendimento("QueixaPrincipal", "dor\x00 há\x01 2\x1f dias\x7f\x9f\tok".replace("\x00", "")),
    "emoji": _no_paciente("NomeSocial", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _no_atendimento("QueixaPrincipal", "<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_quebrado": _no_atendimento("QueixaPrincipal", "{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
    "tudo_nulo": _everything_null,
}
INVALID = tuple(_REFUSED)
"""Kinds that must be refused, with a reason."""
STRANGE = tuple(_ACCEPTED_VALUES)
"""Kinds that must arrive: odd, but right."""
ITEM_FAULTS = ("cid_invalido", "numero_invalido")
"""Kinds of ``INVALID`` that spoil one item of a record."""


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """An admission with one thing wrong: ``kind``, or any of ``INVALID``. The caller commits."""
    kind = kind or rng.choice(INVALID)
    paciente = new_paciente(con, rng)
    key = new_atendimento(con, rng, paciente)
    (_REFUSED | _ACCEPTED_VALUES)[kind](con, key, paciente)
    return Change(str(key), "inclusao", kind, str(paciente), (str(key),), recusada=kind in _REFUSED)
