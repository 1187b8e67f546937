"""A day in the hospital: each call of :func:`mudar` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Esperado, Mudanca
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.hospital import ATIVO, Hospital

_Feito = tuple[str, str, int] | None
"""(operation, kind, PAPMI), or ``None``: the hospital has nothing to do this with right now."""


def _admissao(h: Hospital) -> _Feito:
    conhecido = h.recente("exists (select 1 from sqluser.pa_patmas m where m.papmi_rowid1 = a.paadm_papmi_dr and m.papmi_active = 'Y')")
    papmi = conhecido[1] if conhecido and h.rng.random() < 0.4 else h.novo_paciente()
    chave = h.novo_episodio(papmi, h.rng.choice("IIEEO"))
    for linha in linhas.sinais(h.c, h.rng, chave, 1, h.agora):
        h.inserir("mr_observations", linha)
    return ("alteracao" if conhecido and papmi == conhecido[1] else "inclusao"), "admissao", papmi


def sinais(h: Hospital, adm: int) -> None:
    for linha in linhas.sinais(h.c, h.rng, adm, h.sub("mr_observations", "obs_parref", adm, "obs_childsub"), h.agora):
        h.inserir("mr_observations", linha)


def nota(h: Hospital, adm: int, texto: str | None = None, tipo: int = t.EVOLUCAO) -> str:
    """RowId of the new note."""
    sub = h.sub("mr_nursingnotes", "not_parref", adm, "not_childsub")
    linha = list(linhas.nota(h.c, h.rng, adm, sub, h.agora, texto or t.evolucao(h.rng), tipo))
    linha[-1] = None
    h.inserir("mr_nursingnotes", tuple(linha))
    return str(linha[2])


def _medicamento(h: Hospital, adm: int) -> None:
    pedido = h.novo("oe_order")
    h.inserir("oe_order", (pedido, adm, *h.c.par(h.agora), "1"))
    h.inserir("oe_orditem", linhas.prescrito(h.c, h.rng, pedido, 1, h.agora))


def _diagnostico(h: Hospital, adm: int) -> None:
    h.inserir("mr_diagnos", linhas.diagnostico(h.c, h.rng, adm, h.sub("mr_diagnos", "mrdia_mradm_parref", adm, "mrdia_childsub"), h.agora))


def _procedimento(h: Hospital, adm: int) -> None:
    h.inserir("mr_procedures", linhas.procedimento(h.c, h.rng, adm, h.sub("mr_procedures", "proc_parref", adm, "proc_childsub"), h.agora))
    h.mudar("pa_adm", "paadm_rowid", adm, **h.marca("paadm"))


def _erro_de_registro(h: Hospital, adm: int) -> None:
    """Somebody sees that a value or a note was written on the wrong patient."""
    h.cur.execute("update sqluser.mr_observations set obs_errorreason_dr = %s, obs_updatedate = %s, obs_updatetime = %s where obs_rowid ="
                  " (select obs_rowid from sqluser.mr_observations where obs_parref = %s and obs_errorreason_dr is null order by obs_childsub limit 1)",
                  (t.ERRO, *h.c.par(h.agora), adm))  # fmt: skip
    h.cur.execute("update sqluser.mr_nursingnotes set not_errorreason_dr = %s where not_rowid = (select not_rowid from sqluser.mr_nursingnotes"
                  " where not_parref = %s and not_errorreason_dr is null order by not_childsub desc limit 1)", (t.ERRO, adm))  # fmt: skip


def _cirurgia(h: Hospital, adm: int) -> None:
    """Book, reschedule, start, finish or cancel."""
    aberta = h.um(
        "select rbop_rowid, rbop_status from sqluser.rb_operatingroom where rbop_paadm_dr = %s and rbop_status in ('P', 'A', 'I') limit 1",
        adm,
    )
    if aberta is None:
        marcada = h.agora + timedelta(days=h.rng.randint(1, 5))
        h.inserir("rb_operatingroom", linhas.cirurgia(h.c, h.rng, h.novo("rb_operatingroom"), adm, marcada, "P", h.agora))
        return
    passo = h.rng.choice(("remarcada", "seguinte", "X"))
    valores: dict[str, Any] = {"rbop_status": "X"}
    if passo == "remarcada":
        dia, hora = h.c.par(h.agora + timedelta(days=h.rng.randint(1, 9)))
        valores = {"rbop_dateoper": dia, "rbop_timeoper": hora}
    elif passo == "seguinte":
        valores = {"rbop_status": {"P": "A", "A": "I", "I": "C"}[aberta[1]]}
    h.mudar("rb_operatingroom", "rbop_rowid", aberta[0], **valores, **h.marca("rbop"))


_CLINICOS: dict[str, tuple[Callable[[Hospital, int], Any], int]] = {
    "sinais_vitais": (sinais, 14), "evolucao": (nota, 12), "medicamento": (_medicamento, 8), "diagnostico": (_diagnostico, 4),
    "procedimento": (_procedimento, 3), "cirurgia": (_cirurgia, 4), "erro_de_registro": (_erro_de_registro, 2),
}  # fmt: skip


def _clinico(tipo: str) -> Callable[[Hospital], _Feito]:
    def fazer(h: Hospital) -> _Feito:
        if (alvo := h.recente(ATIVO)) is None:
            return None
        _CLINICOS[tipo][0](h, alvo[0])
        return "alteracao", tipo, alvo[1]

    return fazer


def _alergia(h: Hospital) -> _Feito:
    if (alvo := h.recente(ATIVO)) is None:
        return None
    h.inserir("pa_allergy", linhas.alergia(h.c, h.rng, alvo[1], h.sub("pa_allergy", "alg_papmi_parref", alvo[1], "alg_childsub"), h.agora))
    return "alteracao", "alergia", alvo[1]


def _transferencia(h: Hospital) -> _Feito:
    if (alvo := h.recente(f"{ATIVO} and a.paadm_type = 'I'")) is None:
        return None
    leito, (dia, hora) = h.rng.choice(t.LEITOS), h.c.par(h.agora)
    h.cur.execute("update sqluser.pa_admtransaction set trans_enddate = %s, trans_endtime = %s, trans_updatedate = %s"
                  " where trans_parref = %s and trans_enddate is null", (dia, hora, dia, alvo[0]))  # fmt: skip
    sub = h.sub("pa_admtransaction", "trans_parref", alvo[0], "trans_childsub")
    h.inserir("pa_admtransaction", (alvo[0], sub, f"{alvo[0]}||{sub}", leito[0], leito[2], dia, hora, None, None, dia))
    h.mudar("pa_adm", "paadm_rowid", alvo[0], paadm_currentward_dr=leito[0], paadm_currentbed_dr=leito[2], **h.marca("paadm"))
    return "alteracao", "transferencia", alvo[1]


def _alta(h: Hospital) -> _Feito:
    if (alvo := h.recente(ATIVO)) is None:
        return None
    dia, hora = h.c.par(h.agora)
    h.mudar(
        "pa_adm",
        "paadm_rowid",
        alvo[0],
        paadm_visitstatus="D",
        paadm_dischgdate=dia,
        paadm_dischgtime=hora,
        paadm_meddischdate=dia,
        **h.marca("paadm"),
    )
    return "alteracao", "alta", alvo[1]


def _alta_cancelada(h: Hospital) -> _Feito:
    if (alvo := h.recente("a.paadm_visitstatus = 'D'")) is None:
        return None
    h.mudar("pa_adm", "paadm_rowid", alvo[0], paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None, paadm_meddischdate=None,
            **h.marca("paadm"))  # fmt: skip
    return "alteracao", "alta_cancelada", alvo[1]


def _cancelamento(h: Hospital) -> _Feito:
    if (alvo := h.recente(ATIVO)) is None:
        return None
    h.mudar("pa_adm", "paadm_rowid", alvo[0], paadm_visitstatus="C", **h.marca("paadm"))
    return "alteracao", "cancelamento", alvo[1]


def _cadastro(h: Hospital) -> _Feito:
    if (alvo := h.recente()) is None:
        return None
    campo, valor = h.rng.choice((("paper_mobphone", f"619{h.rng.randint(80_000_000, 99_999_999)}"), ("paper_email", f"n{h.rng.randint(1, 10**9)}@exemplo.com.br"),
                                 ("paper_name3", f"Nome Social {h.rng.randint(1, 10**6)}")))  # fmt: skip
    pessoa = h.um("select papmi_paper_dr from sqluser.pa_patmas where papmi_rowid1 = %s", alvo[1])[0]
    h.mudar("pa_person", "paper_rowid", pessoa, **{campo: valor}, **h.marca("paper"))
    return "alteracao", "cadastro", alvo[1]


def unificacao(h: Hospital) -> _Feito:
    """Two records of one person: episodes and allergies move to the one that stays."""
    ativo = "exists (select 1 from sqluser.pa_patmas m where m.papmi_rowid1 = a.paadm_papmi_dr and m.papmi_active = 'Y')"
    if (sai := h.recente(ativo)) is None or (fica := h.recente(f"{ativo} and a.paadm_papmi_dr <> {int(sai[1])}")) is None:
        return None
    h.cur.execute("update sqluser.pa_adm set paadm_papmi_dr = %s where paadm_papmi_dr = %s", (fica[1], sai[1]))
    h.cur.execute("delete from sqluser.pa_allergy where alg_papmi_parref = %s", (sai[1],))
    h.inserir("pa_mergepatient", (h.novo("pa_mergepatient"), sai[1], fica[1], *h.c.par(h.agora), 1))
    h.mudar("pa_patmas", "papmi_rowid1", sai[1], papmi_active="N")
    return "exclusao", "unificacao", sai[1]


MUDANCAS: dict[Callable[[Hospital], _Feito], int] = {
    _admissao: 36, **{_clinico(tipo): peso for tipo, (_, peso) in _CLINICOS.items()}, _alergia: 3, _transferencia: 4, _alta: 5, _alta_cancelada: 1,
    _cancelamento: 2, _cadastro: 8, unificacao: 1,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def _pessoa(h: Hospital, papmi: int) -> str:
    return str(h.um("select papmi_paper_dr from sqluser.pa_patmas where papmi_rowid1 = %s", papmi)[0])


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change, not committed; ``chave`` is PAPER_RowId. An admission where the chosen kind finds nothing to work on."""
    h = Hospital(con, rng)
    escolhida = rng.choices(list(MUDANCAS), list(MUDANCAS.values()))[0]
    feito = escolhida(h) or _admissao(h)
    assert feito is not None
    operacao, tipo, papmi = feito
    chave = _pessoa(h, papmi)
    return Mudanca(chave, operacao, tipo, chave, (chave,))


def chaves(con: Any) -> Iterator[Esperado]:
    """Every person: those merged into another must be gone from Fusion. Ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select m.papmi_paper_dr, exists (select 1 from sqluser.pa_mergepatient g where g.mrg_papmi_from_dr = m.papmi_rowid1)"
                    " from sqluser.pa_patmas m order by 1")  # fmt: skip
        for chave, unificado in cur:
            yield Esperado(str(chave), str(chave), "exclusao" if unificado else "alteracao")
