"""The surgical schedule at work. AGE_CIR has neither patient nor state: both are AVISO_CIRURGIA's, whose changes reach the journal through
the AGE_CIR update that MV makes with them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import day, duration


def _open_column(h: Hospital, condition: str = "true") -> Any:
    """(booking, notice, patient) of a recent booking that is neither done nor cancelled."""
    last = h.one("select max(cd_age_cir) from dbamv.age_cir")[0] or 0
    return h.one(
        "select g.cd_age_cir, g.cd_aviso_cirurgia, v.cd_paciente from dbamv.age_cir g join dbamv.aviso_cirurgia v"
        " on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia where g.cd_age_cir > %s and v.tp_situacao in ('A', 'G') and v.cd_paciente is not null"
        f" and {condition} order by mod(g.cd_age_cir * 7919 + %s, 100003) limit 1 for update of g, v skip locked",
        last - 2000, h.rng.randrange(100_003),
    )  # fmt: skip


def booked(h: Hospital) -> Change:
    """A new booking: half of them before the patient is admitted, when the notice has no attendance yet."""
    target = h.recent("dt_alta is null") if h.rng.random() < 0.7 else None
    paciente = target[1] if target else h.new_paciente()
    start = day(h.now) + timedelta(days=h.rng.randint(1, 20), hours=h.rng.randint(7, 18))
    sala, minutes = h.rng.choice(t.OPERATING_ROOMS), 40 + 20 * h.rng.randrange(12)
    name = h.one("select nm_paciente from dbamv.paciente where cd_paciente = %s", paciente)[0]
    warning = h.insert(
        "aviso_cirurgia", cd_atendimento=target[0] if target and h.rng.random() < 0.7 else None, cd_paciente=paciente, nm_paciente=name, tp_situacao="G",
        dt_aviso_cirurgia=h.now, dt_prev_inter=start, cd_cen_cir=sala[2], cd_sal_cir=sala[0], sn_uti=h.rng.choice("SN"),
    )  # fmt: skip
    for n in range(1 + (h.rng.random() < 0.2)):
        cirurgia = h.rng.choice(t.CIRURGIAS_MV)[0]
        item = h.insert("cirurgia_aviso", cd_aviso_cirurgia=warning, cd_cirurgia=cirurgia, sn_principal="N" if n else "S", cd_convenio=1,
                         ds_lateralidade=h.rng.choice((None, "DIREITA", "ESQUERDA")))  # fmt: skip
        for activity in ("01", "02"):
            h.insert("prestador_aviso", cd_cirurgia_aviso=item, cd_ati_med=activity, cd_prestador=h.provider(), cd_aviso_cirurgia=warning,
                      cd_cirurgia=cirurgia, sn_principal="S" if activity == "01" else "N")  # fmt: skip
    key = h.insert("age_cir", dt_inicio_age_cir=start, dt_final_age_cir=start + timedelta(minutes=minutes), cd_sal_cir=sala[0],
                      cd_aviso_cirurgia=warning, tp_agendamento="N", vl_tempo_cirurgia=duration(minutes), vl_tempo_limpeza=duration(30))  # fmt: skip
    return Change(str(key), "inclusao", "agenda_marcada", str(paciente))


def _rescheduled(h: Hospital) -> Change | None:
    """Another day or another room."""
    if (target := _open_column(h)) is None:
        return None
    sala = h.rng.choice(t.OPERATING_ROOMS)
    h.one("update dbamv.age_cir set dt_inicio_age_cir = dt_inicio_age_cir + interval '1 day', dt_final_age_cir = dt_final_age_cir + interval '1 day',"
         " cd_sal_cir = %s where cd_age_cir = %s", sala[0], target[0])  # fmt: skip
    h.one("update dbamv.aviso_cirurgia set dt_prev_inter = dt_prev_inter + interval '1 day', cd_sal_cir = %s, cd_cen_cir = %s"
         " where cd_aviso_cirurgia = %s", sala[0], sala[2], target[1])  # fmt: skip
    return Change(str(target[0]), "alteracao", "agenda_remarcada", str(target[2]))


def _status(h: Hospital, kind: str, condition: str = "true", **warning: Any) -> Change | None:
    """What changes is the notice; the booking is only touched."""
    if (target := _open_column(h, condition)) is None:
        return None
    if not warning:
        warning = {"cd_atendimento": h.new_atendimento(target[2], "I")}
    h.change("aviso_cirurgia", "cd_aviso_cirurgia", target[1], **warning)
    h.change("age_cir", "cd_age_cir", target[0], sn_impresso="N")
    return Change(str(target[0]), "alteracao", kind, str(target[2]))


def _cancelled(h: Hospital) -> Change | None:
    return _status(h, "agenda_cancelada", tp_situacao="C", dt_cancelamento=h.now)


def _performed(h: Hospital) -> Change | None:
    return _status(h, "agenda_realizada", "v.cd_atendimento is not null", tp_situacao="R", dt_realizacao=h.now, dt_inicio_cirurgia=h.now)


def _inpatient(h: Hospital) -> Change | None:
    """The patient arrives, and the notice finds its attendance."""
    return _status(h, "agenda_internada", "v.cd_atendimento is null")


CHANGES: dict[Callable[[Hospital], Change | None], int] = {booked: 40, _rescheduled: 25, _cancelled: 15, _performed: 10, _inpatient: 10}


def change_agenda(con: Any, rng: random.Random) -> Change:
    """One change of the surgical schedule, not committed: ``chave`` is CD_AGE_CIR. A cancellation is a state, so its operation is alteracao."""
    hospital = Hospital(con, rng)
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
    change = chosen(hospital) or booked(hospital)
    return Change(change.chave, change.operacao, change.tipo, change.chave_paciente, (change.chave,))
