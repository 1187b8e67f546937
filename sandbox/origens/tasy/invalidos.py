"""Bad input, one kind at a time: what Fusion must refuse (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``).

Each makes a patient and an attendance of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.clinica import nota, sinal
from sandbox.origens.tasy.hospital import Alvo, Hospital

_Estrago = Callable[[Hospital, Alvo], Any]
"""Spoils the record just made."""


def _no_atendimento(coluna: str, valor: Any) -> _Estrago:
    return lambda h, alvo: h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, **{coluna: valor})


def _no_paciente(coluna: str, valor: Any) -> _Estrago:
    return lambda h, alvo: h.mudar("pessoa_fisica", {"cd_pessoa_fisica": alvo.paciente}, **{coluna: valor})


def _nota(texto: str) -> _Estrago:
    return lambda h, alvo: nota(h, alvo, texto)


def _sinal(**valores: Any) -> _Estrago:
    return lambda h, alvo: sinal(h, alvo, **valores)


def _cid(h: Hospital, alvo: Alvo) -> None:
    h.inserir(
        "diagnostico_doenca", nr_atendimento=alvo.chave, dt_diagnostico=h.agora, cd_doenca="DOR", dt_liberacao=h.agora, ie_situacao="A"
    )


def _tudo_nulo(h: Hospital, alvo: Alvo) -> None:
    """NULL in every column of attendance and patient that may be NULL, and one empty row below them of each kind."""
    for tabela, onde in (("pessoa_fisica", {"cd_pessoa_fisica": alvo.paciente}), ("atendimento_paciente", {"nr_atendimento": alvo.chave})):
        colunas = h.chaves(
            "select column_name from information_schema.columns where table_schema = 'tasy' and table_name = %s and is_nullable = 'YES'",
            tabela,
        )
        h.mudar(tabela, onde, **dict.fromkeys(map(str, colunas)))
    sinal(h, alvo, cd_paciente=None, cd_pessoa_fisica=None, ie_situacao=None)
    h.inserir("paciente_alergia", cd_pessoa_fisica=alvo.paciente, dt_liberacao=h.agora)
    receita = h.inserir("prescr_medica", nr_atendimento=alvo.chave, dt_prescricao=h.agora, dt_liberacao=h.agora)
    h.inserir("prescr_material", nr_prescricao=receita, nr_sequencia=1)
    h.inserir("prescr_procedimento", nr_prescricao=receita, nr_sequencia=1)
    h.inserir("evolucao_paciente", nr_atendimento=alvo.chave, dt_evolucao=h.agora, dt_liberacao=h.agora)
    h.inserir("compl_pessoa_fisica", cd_pessoa_fisica=alvo.paciente, nr_sequencia=99, ie_tipo_complemento=1)


_RECUSADOS: dict[str, _Estrago] = {
    "data_impossivel": _no_atendimento("dt_entrada", "0001-01-01"),
    "alta_sem_fim": _no_atendimento("dt_alta", "9999-12-31"),
    "nascimento_impossivel": _no_paciente("dt_nascimento", "1753-01-01"),
    "cpf_invalido": _no_paciente("nr_cpf", "123.456.789-00"),
    "cns_invalido": _no_paciente("nr_cartao_nac_sus", "700000000000001"),
    "sexo_desconhecido": _no_paciente("ie_sexo", "?"),
    "tipo_desconhecido": _no_atendimento("ie_tipo_atendimento", 99),
    "cid_invalido": _cid,
    "nome_so_de_controles": _no_paciente("nm_pessoa_fisica", "\x01\x02 "),
    "texto_de_dois_megabytes": _nota("dor " * 600_000),
    "sinal_fora_da_faixa": _sinal(qt_temp=365),
    "sinal_de_outro_paciente": _sinal(qt_temp=36.5, cd_paciente="1"),
    "unidade_desconhecida": _sinal(qt_peso=150, ie_unid_med_peso="lb"),
    "rtf_cortado": _nota(t.rtf("Evolução que foi cortada", "no meio")[:-12]),
}
_ACEITOS: dict[str, _Estrago] = {
    "texto_de_um_megabyte": _nota("evolução " * 110_000),
    "controles": _nota("dor há\x01 2\x1f dias\x7f\x9f\tok"),
    "emoji": _no_paciente("nm_social", "Flor 🌻👩🏽‍⚕️"),
    "html_quebrado": _nota("<p>sem fim <b>e <!-- aberto &amp; PA < 120"),
    "rtf_com_imagem": _nota(t.rtf("Após a imagem", enfeite=t.IMAGEM + t.TABELA)),
    "peso_em_gramas": _sinal(qt_peso=3250, ie_unid_med_peso="G", qt_altura_cm=0.51, ie_unid_med_altura="M"),
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
    alvo = Alvo(h.novo_atendimento(paciente, 8), paciente)
    (_RECUSADOS | _ACEITOS)[tipo](h, alvo)
    return Mudanca(str(alvo.chave), "inclusao", tipo, paciente, (str(alvo.chave),), recusada=tipo in _RECUSADOS)
