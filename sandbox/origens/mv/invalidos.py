"""Bad input, one kind at a time: what Fusion must refuse (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.mv.clinica import documento
from sandbox.origens.mv.hospital import Hospital

_Estrago = Callable[[Hospital, int, int], Any]
"""(hospital, attendance, patient): spoils the record just made."""


def _no_atendimento(coluna: str, valor: Any) -> _Estrago:
    return lambda h, chave, _: h.mudar("atendime", "cd_atendimento", chave, **{coluna: valor})


def _no_paciente(coluna: str, valor: Any) -> _Estrago:
    return lambda h, _, paciente: h.mudar("paciente", "cd_paciente", paciente, **{coluna: valor})


def _nota(texto: str) -> _Estrago:
    return lambda h, chave, paciente: documento(h, chave, paciente, texto)


def _cid(h: Hospital, chave: int, _: int) -> None:
    h.um("insert into dbamv.cid values ('DOR', 'Código local') on conflict do nothing")
    h.mudar("atendime", "cd_atendimento", chave, cd_cid="DOR")


def _tudo_nulo(h: Hospital, chave: int, paciente: int) -> None:
    """NULL in every column of attendance and patient that may be NULL, and one empty row below them of each kind."""
    for tabela, coluna, valor in (("paciente", "cd_paciente", paciente), ("atendime", "cd_atendimento", chave)):
        colunas = h.chaves(
            "select column_name from information_schema.columns where table_schema = 'dbamv' and table_name = %s and is_nullable = 'YES'",
            tabela,
        )
        h.mudar(tabela, coluna, valor, **dict.fromkeys(map(str, colunas)))
    h.inserir("diagnostico_atendime", cd_atendimento=chave)
    coleta = h.inserir("coleta_sinal_vital", cd_atendimento=chave, data_coleta=h.agora)
    h.inserir("itcoleta_sinal_vital", cd_coleta_sinal_vital=coleta, cd_sinal_vital=1)
    problema = h.inserir("pw_problema", cd_paciente=paciente)
    h.inserir("pw_alergia_pac", cd_problema=problema)
    h.mudar(
        "pw_documento_clinico",
        "cd_documento_clinico",
        documento(h, chave, paciente, " "),
        cd_prestador=None,
        nm_documento=None,
        cd_objeto=None,
    )


_RECUSADOS: dict[str, _Estrago] = {
    "data_impossivel": _no_atendimento("dt_atendimento", "0001-01-01"),
    "alta_sem_fim": _no_atendimento("dt_alta", "9999-12-31"),
    "nascimento_impossivel": _no_paciente("dt_nascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("nr_cpf", "123.456.789-00"),
    "cns_invalido": lambda h, _, paciente: h.mudar("paciente", "cd_paciente", paciente, nr_cns=None, cd_cns="700000000000001"),
    "sexo_desconhecido": _no_paciente("tp_sexo", "?"),
    "tipo_desconhecido": _no_atendimento("tp_atendimento", "Z"),
    "cid_invalido": _cid,
    "nome_so_de_controles": _no_paciente("nm_paciente", "\x01\x02 "),
    "rtf_quebrado": _nota("{\\rtf1\\ansi {\\fonttbl \\'zz \\u99999? texto}}} fim"),
    "texto_de_dois_megabytes": _nota("dor " * 600_000),
}
_ACEITOS: dict[str, _Estrago] = {
    "texto_de_um_megabyte": _nota("evolução " * 110_000),
    "controles": _nota("dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("nm_social_paciente", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _nota("<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "hora_nula": _no_atendimento("hr_atendimento", None),
    "tudo_nulo": _tudo_nulo,
}
INVALIDOS = tuple(_RECUSADOS)
"""Kinds that must be refused, with a reason."""
ESTRANHOS = tuple(_ACEITOS)
"""Kinds that must arrive: odd, but right."""


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """An attendance with one thing wrong: ``tipo``, or any of ``INVALIDOS``. The caller commits."""
    tipo = tipo or rng.choice(INVALIDOS)
    h = Hospital(con, rng)
    paciente = h.novo_paciente()
    chave = h.novo_atendimento(paciente, "A")
    (_RECUSADOS | _ACEITOS)[tipo](h, chave, paciente)
    return Mudanca(str(chave), "inclusao", tipo, str(paciente), (str(chave),), recusada=tipo in _RECUSADOS)
