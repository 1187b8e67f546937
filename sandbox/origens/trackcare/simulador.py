"""A day in the hospital: each call of :func:`change` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Change, Expected
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.hospital import ACTIVE, Hospital

_Done = tuple[str, str, int] | None
"""(operation, kind, PAPMI), or ``None``: the hospital has nothing to do this with right now."""


def _admission(h: Hospital) -> _Done:
    known_one = h.recent("exists (select 1 from sqluser.pa_patmas m where m.papmi_rowid1 = a.paadm_papmi_dr and m.papmi_active = 'Y')")
    papmi = known_one[1] if known_one and h.rng.random() < 0.4 else h.new_paciente()
    key = h.new_episode(papmi, h.rng.choice("IIEEO"))
    for row in linhas.sinais(h.c, h.rng, key, 1, h.now):
        h.insert("mr_observations", row)
    return ("alteracao" if known_one and papmi == known_one[1] else "inclusao"), "admissao", papmi


def sinais(h: Hospital, adm: int) -> None:
    for row in linhas.sinais(h.c, h.rng, adm, h.sub("mr_observations", "obs_parref", adm, "obs_childsub"), h.now):
        h.insert("mr_observations", row)


def note(h: Hospital, adm: int, text: str | None = None, kind: int = t.EVOLUCAO) -> str:
    """RowId of the new note."""
    sub = h.sub("mr_nursingnotes", "not_parref", adm, "not_childsub")
    row = list(linhas.note(h.c, h.rng, adm, sub, h.now, text or t.evolucao(h.rng), kind))
    row[-1] = None
    h.insert("mr_nursingnotes", tuple(row))
    return str(row[2])


def _medicamento(h: Hospital, adm: int) -> None:
    request = h.new("oe_order")
    h.insert("oe_order", (request, adm, *h.c.pair(h.now), "1"))
    h.insert("oe_orditem", linhas.prescribed(h.c, h.rng, request, 1, h.now))


def _diagnostico(h: Hospital, adm: int) -> None:
    h.insert("mr_diagnos", linhas.diagnostico(h.c, h.rng, adm, h.sub("mr_diagnos", "mrdia_mradm_parref", adm, "mrdia_childsub"), h.now))


def _procedimento(h: Hospital, adm: int) -> None:
    h.insert("mr_procedures", linhas.procedimento(h.c, h.rng, adm, h.sub("mr_procedures", "proc_parref", adm, "proc_childsub"), h.now))
    h.change("pa_adm", "paadm_rowid", adm, **h.marca("paadm"))


def _erro_de_registro(h: Hospital, adm: int) -> None:
    """Somebody sees that a value or a note was written on the wrong patient."""
    h.cur.execute("update sqluser.mr_observations set obs_errorreason_dr = %s, obs_updatedate = %s, obs_updatetime = %s where obs_rowid ="
                  " (select obs_rowid from sqluser.mr_observations where obs_parref = %s and obs_errorreason_dr is null order by obs_childsub limit 1)",
                  (t.ERROR, *h.c.pair(h.now), adm))  # fmt: skip
    h.cur.execute("update sqluser.mr_nursingnotes set not_errorreason_dr = %s where not_rowid = (select not_rowid from sqluser.mr_nursingnotes"
                  " where not_parref = %s and not_errorreason_dr is null order by not_childsub desc limit 1)", (t.ERROR, adm))  # fmt: skip


def _cirurgia(h: Hospital, adm: int) -> None:
    """Book, reschedule, start, finish or cancel."""
    open_column = h.one(
        "select rbop_rowid, rbop_status from sqluser.rb_operatingroom where rbop_paadm_dr = %s and rbop_status in ('P', 'A', 'I') limit 1",
        adm,
    )
    if open_column is None:
        booked = h.now + timedelta(days=h.rng.randint(1, 5))
        h.insert("rb_operatingroom", linhas.cirurgia(h.c, h.rng, h.new("rb_operatingroom"), adm, booked, "P", h.now))
        return
    step = h.rng.choice(("remarcada", "seguinte", "X"))
    values: dict[str, Any] = {"rbop_status": "X"}
    if step == "remarcada":
        day, hour = h.c.pair(h.now + timedelta(days=h.rng.randint(1, 9)))
        values = {"rbop_dateoper": day, "rbop_timeoper": hour}
    elif step == "seguinte":
        values = {"rbop_status": {"P": "A", "A": "I", "I": "C"}[open_column[1]]}
    h.change("rb_operatingroom", "rbop_rowid", open_column[0], **values, **h.marca("rbop"))


_CLINICAL_ITEMS: dict[str, tuple[Callable[[Hospital, int], Any], int]] = {
    "sinais_vitais": (sinais, 14), "evolucao": (note, 12), "medicamento": (_medicamento, 8), "diagnostico": (_diagnostico, 4),
    "procedimento": (_procedimento, 3), "cirurgia": (_cirurgia, 4), "erro_de_registro": (_erro_de_registro, 2),
}  # fmt: skip


def _clinical(kind: str) -> Callable[[Hospital], _Done]:
    def do(h: Hospital) -> _Done:
        if (target := h.recent(ACTIVE)) is None:
            return None
        _CLINICAL_ITEMS[kind][0](h, target[0])
        return "alteracao", kind, target[1]

    return do


def _alergia(h: Hospital) -> _Done:
    if (target := h.recent(ACTIVE)) is None:
        return None
    h.insert("pa_allergy", linhas.alergia(h.c, h.rng, target[1], h.sub("pa_allergy", "alg_papmi_parref", target[1], "alg_childsub"), h.now))
    return "alteracao", "alergia", target[1]


def _transfer(h: Hospital) -> _Done:
    if (target := h.recent(f"{ACTIVE} and a.paadm_type = 'I'")) is None:
        return None
    leito, (day, hour) = h.rng.choice(t.LEITOS), h.c.pair(h.now)
    h.cur.execute("update sqluser.pa_admtransaction set trans_enddate = %s, trans_endtime = %s, trans_updatedate = %s"
                  " where trans_parref = %s and trans_enddate is null", (day, hour, day, target[0]))  # fmt: skip
    sub = h.sub("pa_admtransaction", "trans_parref", target[0], "trans_childsub")
    h.insert("pa_admtransaction", (target[0], sub, f"{target[0]}||{sub}", leito[0], leito[2], day, hour, None, None, day))
    h.change("pa_adm", "paadm_rowid", target[0], paadm_currentward_dr=leito[0], paadm_currentbed_dr=leito[2], **h.marca("paadm"))
    return "alteracao", "transferencia", target[1]


def _alta(h: Hospital) -> _Done:
    if (target := h.recent(ACTIVE)) is None:
        return None
    day, hour = h.c.pair(h.now)
    h.change(
        "pa_adm",
        "paadm_rowid",
        target[0],
        paadm_visitstatus="D",
        paadm_dischgdate=day,
        paadm_dischgtime=hour,
        paadm_meddischdate=day,
        **h.marca("paadm"),
    )
    return "alteracao", "alta", target[1]


def _cancelled_alta(h: Hospital) -> _Done:
    if (target := h.recent("a.paadm_visitstatus = 'D'")) is None:
        return None
    h.change("pa_adm", "paadm_rowid", target[0], paadm_visitstatus="A", paadm_dischgdate=None, paadm_dischgtime=None, paadm_meddischdate=None,
            **h.marca("paadm"))  # fmt: skip
    return "alteracao", "alta_cancelada", target[1]


def _cancelamento(h: Hospital) -> _Done:
    if (target := h.recent(ACTIVE)) is None:
        return None
    h.change("pa_adm", "paadm_rowid", target[0], paadm_visitstatus="C", **h.marca("paadm"))
    return "alteracao", "cancelamento", target[1]


def _registered(h: Hospital) -> _Done:
    if (target := h.recent()) is None:
        return None
    field, value = h.rng.choice((("paper_mobphone", f"619{h.rng.randint(80_000_000, 99_999_999)}"), ("paper_email", f"n{h.rng.randint(1, 10**9)}@exemplo.com.br"),
                                 ("paper_name3", f"Nome Social {h.rng.randint(1, 10**6)}")))  # fmt: skip
    person = h.one("select papmi_paper_dr from sqluser.pa_patmas where papmi_rowid1 = %s", target[1])[0]
    h.change("pa_person", "paper_rowid", person, **{field: value}, **h.marca("paper"))
    return "alteracao", "cadastro", target[1]


def merge_pacientes(h: Hospital) -> _Done:
    """Two records of one person: episodes and allergies move to the one that stays."""
    active = "exists (select 1 from sqluser.pa_patmas m where m.papmi_rowid1 = a.paadm_papmi_dr and m.papmi_active = 'Y')"
    if (merged_id := h.recent(active)) is None or (survivor := h.recent(f"{active} and a.paadm_papmi_dr <> {int(merged_id[1])}")) is None:
        return None
    h.cur.execute("update sqluser.pa_adm set paadm_papmi_dr = %s where paadm_papmi_dr = %s", (survivor[1], merged_id[1]))
    h.cur.execute("delete from sqluser.pa_allergy where alg_papmi_parref = %s", (merged_id[1],))
    h.insert("pa_mergepatient", (h.new("pa_mergepatient"), merged_id[1], survivor[1], *h.c.pair(h.now), 1))
    h.change("pa_patmas", "papmi_rowid1", merged_id[1], papmi_active="N")
    return "exclusao", "unificacao", merged_id[1]


CHANGES: dict[Callable[[Hospital], _Done], int] = {
    _admission: 36, **{_clinical(kind): weight for kind, (_, weight) in _CLINICAL_ITEMS.items()}, _alergia: 3, _transfer: 4, _alta: 5, _cancelled_alta: 1,
    _cancelamento: 2, _registered: 8, merge_pacientes: 1,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def _person(h: Hospital, papmi: int) -> str:
    return str(h.one("select papmi_paper_dr from sqluser.pa_patmas where papmi_rowid1 = %s", papmi)[0])


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change, not committed; ``key`` is PAPER_RowId. An admission where the chosen kind finds nothing to work on."""
    h = Hospital(con, rng)
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
    done = chosen(h) or _admission(h)
    assert done is not None
    operation, kind, papmi = done
    key = _person(h, papmi)
    return Change(key, operation, kind, key, (key,))


def keys(con: Any) -> Iterator[Expected]:
    """Every person: those merged into another must be gone from Fusion. Ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select m.papmi_paper_dr, exists (select 1 from sqluser.pa_mergepatient g where g.mrg_papmi_from_dr = m.papmi_rowid1)"
                    " from sqluser.pa_patmas m order by 1")  # fmt: skip
        for key, merged in cur:
            yield Expected(str(key), str(key), "exclusao" if merged else "alteracao")
