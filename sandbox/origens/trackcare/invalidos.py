"""Bad input, one kind at a time: what must end in ``erro`` (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``)."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.hospital import Hospital
from sandbox.origens.trackcare.simulador import nota

_Estrago = Callable[[Hospital, int, int], Any]
"""(hospital, episode, person): spoils the record just made."""


def _na_pessoa(coluna: str, valor: Any) -> _Estrago:
    return lambda h, _, pessoa: h.mudar("pa_person", "paper_rowid", pessoa, **{coluna: valor})


def _no_episodio(coluna: str, valor: Any) -> _Estrago:
    return lambda h, adm, _: h.mudar("pa_adm", "paadm_rowid", adm, **{coluna: valor})


def _observacao(item: int, valor: str | None, **colunas: Any) -> _Estrago:
    def estragar(h: Hospital, adm: int, _: int) -> None:
        sub = h.sub("mr_observations", "obs_parref", adm, "obs_childsub")
        h.inserir("mr_observations", (adm, sub, f"{adm}||{sub}", item, valor, *h.c.par(h.agora), 1, None, *h.c.par(h.agora)))
        if colunas:
            h.mudar("mr_observations", "obs_rowid", f"{adm}||{sub}", **colunas)

    return estragar


def _texto(conteudo: str) -> _Estrago:
    return lambda h, adm, _: nota(h, adm, conteudo)


def _hora_nula(h: Hospital, adm: int, _: int) -> None:
    h.mudar("mr_nursingnotes", "not_rowid", nota(h, adm), not_time=None)
    h.mudar("pa_adm", "paadm_rowid", adm, paadm_admtime=None)


_RECUSADOS: dict[str, _Estrago] = {
    "data_impossivel": lambda h, adm, _: h.mudar("pa_adm", "paadm_rowid", adm, paadm_admdate=-99_999 if h.c.horolog else "0001-01-01"),
    "cpf_invalido": _na_pessoa("paper_id", "123.456.789-00"),
    "cns_invalido": _na_pessoa("paper_governcardno", "700000000000001"),
    "nome_so_de_controles": lambda h, _, pessoa: h.mudar("pa_person", "paper_rowid", pessoa, paper_name="\x01 ", paper_name2=None),
    "tipo_desconhecido": _no_episodio("paadm_type", "Z"),
    "sinal_ilegivel": _observacao(5, "febril"),
    "sinal_fora_da_faixa": _observacao(5, "365"),
    "charset_sem_o_caractere": _texto("paciente feliz 🌻 em 28/2"),
}
_ACEITOS: dict[str, _Estrago] = {
    "delimitadores": _texto('PA 120|80 ^ FC ~ 90 \\ & "aspas" ""\r\nfim'),
    "texto_de_um_megabyte": _texto("evolução " * 110_000),
    "controles": _texto("dor há\x01 2\x1f dias\x7f\tok"),
    "html": _texto("<p>sem febre &amp; sem dor</p><p>PA &lt; 120</p>"),
    "hora_nula": _hora_nula,
    "sinal_em_erro": _observacao(1, "999", obs_errorreason_dr=t.ERRO),
    "sinal_desconhecido": _observacao(90, "300 mL"),
    "sinal_vazio": _observacao(1, None),
    "social": _na_pessoa("paper_name3", "Zé | da & Silva"),
}
INVALIDOS = tuple(_RECUSADOS)
"""Kinds that must end in ``erro``, with a reason."""
ESTRANHOS = tuple(_ACEITOS)
"""Kinds that must arrive: odd, but right."""


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """A patient and an episode with one thing wrong: ``tipo``, or any of ``INVALIDOS``. The caller commits."""
    tipo = tipo or rng.choice(INVALIDOS)
    h = Hospital(con, rng)
    pessoa = h.novo_paciente()
    adm = h.novo_episodio(pessoa, "E")
    (_RECUSADOS | _ACEITOS)[tipo](h, adm, pessoa)
    return Mudanca(str(pessoa), "inclusao", tipo, str(pessoa), (str(pessoa),), recusada=tipo in _RECUSADOS)
