"""A day in the hospital: each call of :func:`mudar` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Esperado, Mudanca
from sandbox.origens.tasy import clinica
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.hospital import Alvo, Hospital

_VALE = "dt_cancelamento is null"
_ABERTO = f"{_VALE} and dt_alta is null"
_DO_PACIENTE = {"alergia", "inativacao", "administrativa", "paciente", "complemento"}
"""Kinds that may show on every attendance of the patient."""
_Feito = Mudanca | None
"""``None``: the hospital has nothing to do this with right now."""


def _alteracao(tipo: str, chave: int) -> Mudanca:
    return Mudanca(str(chave), "alteracao", tipo)


def _admissao(h: Hospital) -> Mudanca:
    conhecido = h.recente() if h.rng.random() < 0.4 else None
    paciente = conhecido.paciente if conhecido else h.novo_paciente()
    chave = h.novo_atendimento(paciente, h.rng.choice((1, 1, 1, 3, 3, 8, 8, 7)))
    clinica.admitir(h, h.rng, Alvo(chave, paciente))
    return Mudanca(str(chave), "inclusao", "admissao")


def _clinico(tipo: str) -> Callable[[Hospital], _Feito]:
    def fazer(h: Hospital) -> _Feito:
        if (alvo := h.recente(_ABERTO) or h.recente()) is None:
            return None
        clinica.ITENS[tipo][0](h, alvo)
        return _alteracao(tipo, alvo.chave)

    return fazer


def _cadastro(h: Hospital) -> _Feito:
    """The reception corrects what it typed: clinic and doctor."""
    if (alvo := h.recente(_ABERTO)) is None:
        return None
    clinica_, medico = h.um("select ie_clinica, cd_medico_resp from tasy.atendimento_paciente where nr_atendimento = %s", alvo.chave)
    h.mudar(
        "atendimento_paciente",
        {"nr_atendimento": alvo.chave},
        ie_clinica=(clinica_ or 0) % 6 + 1,
        cd_medico_resp=str(int(medico or 0) % 100 + 1),
    )
    return _alteracao("cadastro", alvo.chave)


def _transferencia(h: Hospital) -> _Feito:
    """Into another ward; every third time into intensive care."""
    if (alvo := h.recente(f"{_ABERTO} and ie_tipo_atendimento = 1")) is None:
        return None
    h.sair(alvo.chave)
    h.estada(alvo.chave, h.rng.choice(t.UTIS if h.rng.random() < 0.35 else t.INTERNACAO))
    return _alteracao("transferencia", alvo.chave)


def _alta_medica(h: Hospital) -> _Feito:
    if (alvo := h.recente(f"{_ABERTO} and dt_alta_medico is null and ie_tipo_atendimento = 1")) is None:
        return None
    h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_alta_medico=h.agora)
    return _alteracao("alta_medica", alvo.chave)


def _alta(h: Hospital) -> _Feito:
    if (alvo := h.recente(_ABERTO)) is None:
        return None
    h.sair(alvo.chave)
    h.mudar(
        "atendimento_paciente",
        {"nr_atendimento": alvo.chave},
        dt_alta=h.agora,
        cd_motivo_alta=h.rng.choice(t.MOTIVOS_ALTA)[0],
        ie_status_atendimento="F",
    )
    return _alteracao("alta", alvo.chave)


def _alta_cancelada(h: Hospital) -> _Feito:
    """The patient has not left after all: back into a ward."""
    if (alvo := h.recente(f"{_VALE} and dt_alta is not null and ie_tipo_atendimento = 1")) is None:
        return None
    h.mudar(
        "atendimento_paciente",
        {"nr_atendimento": alvo.chave},
        dt_alta=None,
        dt_alta_medico=None,
        cd_motivo_alta=None,
        ie_status_atendimento="A",
    )
    h.estada(alvo.chave, h.rng.choice(t.INTERNACAO))
    return _alteracao("alta_cancelada", alvo.chave)


def _cancelamento(h: Hospital) -> _Feito:
    """Opened by mistake: it stays in its table, with the moment of its cancellation."""
    if (alvo := h.recente()) is None:
        return None
    h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_cancelamento=h.agora)
    return Mudanca(str(alvo.chave), "exclusao", "cancelamento", alvo.paciente, (str(alvo.chave),))


def _reabertura(h: Hospital) -> _Feito:
    """Cancelled by mistake."""
    if (alvo := h.recente("dt_cancelamento is not null")) is None:
        return None
    h.mudar("atendimento_paciente", {"nr_atendimento": alvo.chave}, dt_cancelamento=None)
    return _alteracao("reabertura", alvo.chave)


def _paciente(h: Hospital) -> _Feito:
    if (alvo := h.recente()) is None:
        return None
    campo, valor = h.rng.choice(
        (("nr_telefone_celular", f"9{h.rng.randint(80_000_000, 99_999_999)}"), ("nm_social", f"Nome Social {h.rng.randint(1, 10**6)}"))
    )
    h.mudar("pessoa_fisica", {"cd_pessoa_fisica": alvo.paciente}, **{campo: valor})
    return _alteracao("paciente", alvo.chave)


def _complemento(h: Hospital) -> _Feito:
    """Another address: PESSOA_FISICA itself is not touched."""
    if (alvo := h.recente()) is None:
        return None
    casa = h.um(
        "select max(nr_sequencia) from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s and ie_tipo_complemento = 1", alvo.paciente
    )[0]
    novo = {"ds_endereco": f"Rua Exemplo {h.rng.randint(1, 10**6)}", "nr_endereco": h.rng.randint(1, 5000)}
    if casa is None:
        proximo = h.um(
            "select coalesce(max(nr_sequencia), 0) + 1 from tasy.compl_pessoa_fisica where cd_pessoa_fisica = %s", alvo.paciente
        )[0]
        h.inserir("compl_pessoa_fisica", cd_pessoa_fisica=alvo.paciente, nr_sequencia=proximo, ie_tipo_complemento=1, **novo)
    else:
        h.mudar("compl_pessoa_fisica", {"cd_pessoa_fisica": alvo.paciente, "nr_sequencia": casa}, **novo)
    return _alteracao("complemento", alvo.chave)


MUDANCAS: dict[Callable[[Hospital], _Feito], int] = {
    _admissao: 30, **{_clinico(tipo): peso for tipo, (_, peso) in clinica.ITENS.items()}, _cadastro: 2, _transferencia: 6, _alta_medica: 2, _alta: 8,
    _alta_cancelada: 2, _cancelamento: 3, _reabertura: 1, _paciente: 5, _complemento: 4,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def completa(h: Hospital, mudanca: Mudanca) -> Mudanca:
    """The change with its patient and, where the patient changed, every attendance that carries him or her."""
    if mudanca.operacao == "exclusao":
        return mudanca
    paciente = h.um("select cd_pessoa_fisica from tasy.atendimento_paciente where nr_atendimento = %s", int(mudanca.chave))[0]
    afetadas: tuple[str, ...] = (mudanca.chave,)
    if mudanca.tipo in _DO_PACIENTE:
        sql = f"select nr_atendimento from tasy.atendimento_paciente where cd_pessoa_fisica = %s and {_VALE} order by 1"
        afetadas = tuple(map(str, h.chaves(sql, paciente)))
    return dataclasses.replace(mudanca, chave_paciente=paciente, afetadas=afetadas)


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    hospital = Hospital(con, rng)
    escolhida = rng.choices(list(MUDANCAS), list(MUDANCAS.values()))[0]
    return completa(hospital, escolhida(hospital) or _admissao(hospital))


def chaves(con: Any) -> Iterator[Esperado]:
    """Every attendance with the state that Fusion must have; ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select nr_atendimento, cd_pessoa_fisica, case when dt_cancelamento is null then 'alteracao' else 'exclusao' end"
                    " from tasy.atendimento_paciente order by 1")  # fmt: skip
        for chave, paciente, operacao in cur:
            yield Esperado(str(chave), paciente, operacao)
