"""Bad input, one kind at a time: what Fusion must refuse (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca, um
from sandbox.origens.sotech.simulador import agora, inserir, novo_atendimento, novo_paciente

_Estrago = Callable[[Any, int, int], Any]
"""(connection, attendance, patient): spoils the record just made."""


def _no_atendimento(coluna: str, valor: Any) -> _Estrago:
    return lambda con, chave, _: um(con, f"update sotech.ate_atendimento set {coluna} = %s where pkatendimento = %s", valor, chave)


def _no_paciente(coluna: str, valor: Any) -> _Estrago:
    return lambda con, _, paciente: um(con, f"update sotech.cdg_paciente set {coluna} = %s where pkpaciente = %s", valor, paciente)


def _catalogo(tabela: str, colunas: str, valores: tuple[Any, ...], estrago: _Estrago) -> _Estrago:
    """A catalogue row that nobody mapped, once, and a record that uses it."""

    def estragar(con: Any, chave: int, paciente: int) -> None:
        um(con, f"insert into sotech.{tabela} ({colunas}) values ({', '.join(['%s'] * len(valores))}) on conflict do nothing", *valores)
        estrago(con, chave, paciente)

    return estragar


def _sinais(**valores: Any) -> _Estrago:
    return lambda con, chave, _: inserir(con, "pep.ate_sinalvital", chave, None, agora(con), **valores)


def _quantidade(con: Any, chave: int, _: int) -> None:
    receita = inserir(con, "pep.ate_prescricao", chave, None, agora(con))
    inserir(con, "pep.ate_prescricao_item", receita, medicamento="Paracetamol", quantidade="uma cartela")


def _tudo_nulo(con: Any, chave: int, paciente: int) -> None:
    um(con, "update sotech.ate_atendimento set fkleito = null, fkespecialidade = null, fkprofissionalatendimento = null, queixaprincipal = null"
            " where pkatendimento = %s", chave)  # fmt: skip
    um(con, "update sotech.cdg_paciente set cpf = null, cns = null, datanascimento = null, fksexo = null, mae = null, pai = null, endereco = null,"
            " numero = null, complemento = null, fkbairro = null, fkcidade = null, fkuf = null where pkpaciente = %s", paciente)  # fmt: skip
    um(con, "update sotech.cdg_contato set celular1 = null, celular2 = null, email = null where fkpaciente = %s", paciente)
    inserir(con, "pep.ate_sinalvital", chave, None, agora(con))
    inserir(con, "pep.ate_subjetivo", chave, None, agora(con))
    inserir(con, "pep.ate_evolucao", chave, None, agora(con))
    inserir(con, "pep.ate_prescricao_item", inserir(con, "pep.ate_prescricao", chave, None, agora(con)), medicamento="Sem detalhes")
    inserir(con, "pep.ate_exame_resultado", inserir(con, "pep.ate_exame", chave, None, 1), 1, "Resultado sem valor")


_RECUSADOS: dict[str, _Estrago] = {
    "data_impossivel": _no_atendimento("dataentrada", "0001-01-01"),
    "data_sem_fim": _no_atendimento("datasaida", "9999-12-31 23:59:59"),
    "data_infinita": _no_atendimento("datasaida", "infinity"),
    "data_alem_do_calendario": _no_atendimento("dataentrada", "20000-01-01"),
    "nascimento_impossivel": _no_paciente("datanascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("cpf", "123.456.789-00"),
    "cns_invalido": _no_paciente("cns", "700000000000001"),
    "sexo_desconhecido": _catalogo("tbl_sexo", "pksexo, sexo", (99, "Outro código"), _no_paciente("fksexo", 99)),
    "tipo_desconhecido": _catalogo(
        "tbl_tipoatendimento", "pktipoatendimento, tipoatendimento", (99, "Outro tipo"), _no_atendimento("fktipoatendimento", 99)
    ),
    "cid_invalido": _catalogo("tbn_cid", "pkcid, codcid, cid", (9999, "DOR", "Código errado"), _no_atendimento("fkcidprincipal", 9999)),
    "temperatura_sem_virgula": _sinais(temperatura=365),
    "pressao_em_cmhg": _sinais(pressaosistolica=12, pressaodiastolica=8),
    "numero_invalido": _quantidade,
    "texto_de_dois_megabytes": _no_atendimento("queixaprincipal", "dor " * 600_000),
    "nome_so_de_controles": _no_paciente("paciente", "\x01\x02 "),
}
_ACEITOS: dict[str, _Estrago] = {
    "texto_de_um_megabyte": _no_atendimento("queixaprincipal", "evolução " * 120_000),
    "controles": _no_atendimento("queixaprincipal", "dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("mae", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _no_atendimento("queixaprincipal", "<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_quebrado": _no_atendimento("queixaprincipal", "{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
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
