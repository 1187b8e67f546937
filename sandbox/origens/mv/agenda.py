"""The surgical schedule at work. AGE_CIR has neither patient nor state: both are AVISO_CIRURGIA's, whose changes reach the journal through
the AGE_CIR update that MV makes with them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import dia, duracao


def _aberta(h: Hospital, condicao: str = "true") -> Any:
    """(booking, notice, patient) of a recent booking that is neither done nor cancelled."""
    ultimo = h.um("select max(cd_age_cir) from dbamv.age_cir")[0] or 0
    return h.um(
        "select g.cd_age_cir, g.cd_aviso_cirurgia, v.cd_paciente from dbamv.age_cir g join dbamv.aviso_cirurgia v"
        " on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia where g.cd_age_cir > %s and v.tp_situacao in ('A', 'G') and v.cd_paciente is not null"
        f" and {condicao} order by mod(g.cd_age_cir * 7919 + %s, 100003) limit 1 for update of g, v skip locked",
        ultimo - 2000, h.rng.randrange(100_003),
    )  # fmt: skip


def marcada(h: Hospital) -> Mudanca:
    """A new booking: half of them before the patient is admitted, when the notice has no attendance yet."""
    alvo = h.recente("dt_alta is null") if h.rng.random() < 0.7 else None
    paciente = alvo[1] if alvo else h.novo_paciente()
    inicio = dia(h.agora) + timedelta(days=h.rng.randint(1, 20), hours=h.rng.randint(7, 18))
    sala, minutos = h.rng.choice(t.SALAS), 40 + 20 * h.rng.randrange(12)
    nome = h.um("select nm_paciente from dbamv.paciente where cd_paciente = %s", paciente)[0]
    aviso = h.inserir(
        "aviso_cirurgia", cd_atendimento=alvo[0] if alvo and h.rng.random() < 0.7 else None, cd_paciente=paciente, nm_paciente=nome, tp_situacao="G",
        dt_aviso_cirurgia=h.agora, dt_prev_inter=inicio, cd_cen_cir=sala[2], cd_sal_cir=sala[0], sn_uti=h.rng.choice("SN"),
    )  # fmt: skip
    for n in range(1 + (h.rng.random() < 0.2)):
        cirurgia = h.rng.choice(t.CIRURGIAS_MV)[0]
        item = h.inserir("cirurgia_aviso", cd_aviso_cirurgia=aviso, cd_cirurgia=cirurgia, sn_principal="N" if n else "S", cd_convenio=1,
                         ds_lateralidade=h.rng.choice((None, "DIREITA", "ESQUERDA")))  # fmt: skip
        for atividade in ("01", "02"):
            h.inserir("prestador_aviso", cd_cirurgia_aviso=item, cd_ati_med=atividade, cd_prestador=h.prestador(), cd_aviso_cirurgia=aviso,
                      cd_cirurgia=cirurgia, sn_principal="S" if atividade == "01" else "N")  # fmt: skip
    chave = h.inserir("age_cir", dt_inicio_age_cir=inicio, dt_final_age_cir=inicio + timedelta(minutes=minutos), cd_sal_cir=sala[0],
                      cd_aviso_cirurgia=aviso, tp_agendamento="N", vl_tempo_cirurgia=duracao(minutos), vl_tempo_limpeza=duracao(30))  # fmt: skip
    return Mudanca(str(chave), "inclusao", "agenda_marcada", str(paciente))


def _remarcada(h: Hospital) -> Mudanca | None:
    """Another day or another room."""
    if (alvo := _aberta(h)) is None:
        return None
    sala = h.rng.choice(t.SALAS)
    h.um("update dbamv.age_cir set dt_inicio_age_cir = dt_inicio_age_cir + interval '1 day', dt_final_age_cir = dt_final_age_cir + interval '1 day',"
         " cd_sal_cir = %s where cd_age_cir = %s", sala[0], alvo[0])  # fmt: skip
    h.um("update dbamv.aviso_cirurgia set dt_prev_inter = dt_prev_inter + interval '1 day', cd_sal_cir = %s, cd_cen_cir = %s"
         " where cd_aviso_cirurgia = %s", sala[0], sala[2], alvo[1])  # fmt: skip
    return Mudanca(str(alvo[0]), "alteracao", "agenda_remarcada", str(alvo[2]))


def _situacao(h: Hospital, tipo: str, condicao: str = "true", **aviso: Any) -> Mudanca | None:
    """What changes is the notice; the booking is only touched."""
    if (alvo := _aberta(h, condicao)) is None:
        return None
    if not aviso:
        aviso = {"cd_atendimento": h.novo_atendimento(alvo[2], "I")}
    h.mudar("aviso_cirurgia", "cd_aviso_cirurgia", alvo[1], **aviso)
    h.mudar("age_cir", "cd_age_cir", alvo[0], sn_impresso="N")
    return Mudanca(str(alvo[0]), "alteracao", tipo, str(alvo[2]))


def _cancelada(h: Hospital) -> Mudanca | None:
    return _situacao(h, "agenda_cancelada", tp_situacao="C", dt_cancelamento=h.agora)


def _realizada(h: Hospital) -> Mudanca | None:
    return _situacao(
        h, "agenda_realizada", "v.cd_atendimento is not null", tp_situacao="R", dt_realizacao=h.agora, dt_inicio_cirurgia=h.agora
    )


def _internada(h: Hospital) -> Mudanca | None:
    """The patient arrives, and the notice finds its attendance."""
    return _situacao(h, "agenda_internada", "v.cd_atendimento is null")


MUDANCAS: dict[Callable[[Hospital], Mudanca | None], int] = {marcada: 40, _remarcada: 25, _cancelada: 15, _realizada: 10, _internada: 10}


def mudar_agenda(con: Any, rng: random.Random) -> Mudanca:
    """One change of the surgical schedule, not committed: ``chave`` is CD_AGE_CIR. A cancellation is a state, so its operation is alteracao."""
    hospital = Hospital(con, rng)
    escolhida = rng.choices(list(MUDANCAS), list(MUDANCAS.values()))[0]
    mudanca = escolhida(hospital) or marcada(hospital)
    return Mudanca(mudanca.chave, mudanca.operacao, mudanca.tipo, mudanca.chave_paciente, (mudanca.chave,))
