"""Bad input, one kind at a time: what Fusion must refuse (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca, um
from sandbox.origens.consulfarma.simulador import inserir, novo_atendimento, novo_paciente

_Estrago = Callable[[Any, int, int], Any]
"""(connection, attendance, patient): spoils the record just made."""


def _no_atendimento(coluna: str, valor: Any) -> _Estrago:
    return lambda con, chave, _: um(con, f"update dbo.Atendimento set {coluna} = %s where AtendimentoId = %s", valor, chave)


def _no_paciente(coluna: str, valor: Any) -> _Estrago:
    return lambda con, _, paciente: um(con, f"update dbo.Paciente set {coluna} = %s where PacienteId = %s", valor, paciente)


def _item(tabela: str, **valores: Any) -> _Estrago:
    return lambda con, chave, _: inserir(con, tabela, AtendimentoId=chave, **valores)


def _tudo_nulo(con: Any, chave: int, paciente: int) -> None:
    um(con, "update dbo.Atendimento set UnidadeId = null, ProfissionalId = null, Carater = null, DataFim = null, DataAltaMedica = null,"
            " MotivoAlta = null, QueixaPrincipal = null, Setor = null, Leito = null, Especialidade = null, Convenio = null"
            " where AtendimentoId = %s", chave)  # fmt: skip
    um(con, "update dbo.Paciente set NomeSocial = null, NomeMae = null, NomePai = null, DataNascimento = null, RacaCor = null, Cpf = null, Cns = null,"
            " Logradouro = null, Numero = null, Complemento = null, Bairro = null, Cep = null, Municipio = null, CodigoIbge = null, Uf = null,"
            " Celular = null, Telefone = null, Email = null where PacienteId = %s", paciente)  # fmt: skip
    inserir(con, "Diagnostico", AtendimentoId=chave, Tipo="P")
    inserir(con, "Alergia", PacienteId=paciente, Substancia="Iodo")
    inserir(con, "Vacina", PacienteId=paciente, ImunobiologicoCodigo="15")
    inserir(con, "Cirurgia", AtendimentoId=chave, Descricao="Cirurgia sem detalhes", Situacao="A")
    inserir(con, "PrescricaoMedicamento", AtendimentoId=chave, Nome="Medicamento sem detalhes")
    exame = inserir(con, "ExameAmbulatorial", AtendimentoId=chave, Nome="Exame sem detalhes")
    inserir(con, "ExameResultado", ExameId=exame, AtendimentoId=chave, Nome="Resultado sem valor")


_RECUSADOS: dict[str, _Estrago] = {
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
_ACEITOS: dict[str, _Estrago] = {
    "texto_de_um_megabyte": _no_atendimento("QueixaPrincipal", "evolução " * 120_000),
    "controles": _no_atendimento("QueixaPrincipal", "dor\x00 há\x01 2\x1f dias\x7f\x9f\tok".replace("\x00", "")),
    "emoji": _no_paciente("NomeSocial", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _no_atendimento("QueixaPrincipal", "<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_quebrado": _no_atendimento("QueixaPrincipal", "{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
    "tudo_nulo": _tudo_nulo,
}
INVALIDOS = tuple(_RECUSADOS)
"""Kinds that must be refused, with a reason."""
ESTRANHOS = tuple(_ACEITOS)
"""Kinds that must arrive: odd, but right."""


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """An admission with one thing wrong: ``tipo``, or any of ``INVALIDOS``. The caller commits."""
    tipo = tipo or rng.choice(INVALIDOS)
    paciente = novo_paciente(con, rng)
    chave = novo_atendimento(con, rng, paciente)
    (_RECUSADOS | _ACEITOS)[tipo](con, chave, paciente)
    return Mudanca(str(chave), "inclusao", tipo, str(paciente), (str(chave),), recusada=tipo in _RECUSADOS)
