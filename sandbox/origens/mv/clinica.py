"""What is written at the bedside: each function changes one attendance's content and leaves a marker that the hub can see."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUMNS
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import day, hour

_ITEM = COLUMNS["itpre_med"].split(", ")[2:]


def document(h: Hospital, key: int, paciente: int, text: str, *, opened: bool = False) -> int:
    """A clinical document with its text, closed (or signed) now unless it stays open."""
    kind, name, json_object = h.rng.choice(t.DOCUMENTS)
    number = h.insert(
        "pw_documento_clinico", cd_tipo_documento=kind, cd_paciente=paciente, cd_atendimento=key, cd_usuario="MEDICO", cd_prestador=h.provider(),
        tp_status="ABERTO" if opened else h.rng.choice(("FECHADO", "ASSINADO")), dh_referencia=h.now, dh_criacao=h.now,
        dh_fechamento=None if opened else h.now, cd_objeto=json_object, nm_documento=name, sn_confidencial="N",
    )  # fmt: skip
    record = h.insert("pw_editor_registro", cd_documento_clinico=number, ds_texto=text)
    h.insert("pw_editor_clinico", cd_documento_clinico=number, cd_documento=number, cd_editor_registro=record)
    return number


def evolucao(h: Hospital, key: int, paciente: int) -> None:
    """Close what was left open, or write and close at once; every third time a new draft stays behind, which must not leave yet."""
    opened = h.one(
        "select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s and tp_status = 'ABERTO' order by 1 limit 1",
        key,
    )
    if opened:
        h.change(
            "pw_documento_clinico",
            "cd_documento_clinico",
            opened[0],
            tp_status=h.rng.choice(("FECHADO", "ASSINADO")),
            dh_fechamento=h.now,
        )
    else:
        document(h, key, paciente, t.evolucao(h.rng))
    if h.rng.random() < 0.3:
        document(h, key, paciente, t.evolucao(h.rng), opened=True)


def sinais(h: Hospital, key: int, _: int) -> None:
    collector = h.insert("coleta_sinal_vital", cd_atendimento=key, data_coleta=h.now, dt_referencia=day(h.now), cd_prestador=h.provider(),
                       nm_usuario="ENFERMAGEM")  # fmt: skip
    for sinal, unit, value in linhas.sinais(h.rng):
        h.insert("itcoleta_sinal_vital", cd_coleta_sinal_vital=collector, cd_sinal_vital=sinal, cd_unidade_afericao=unit, valor=value)


def _item(h: Hospital, receita: int) -> None:
    h.insert("itpre_med", cd_pre_med=receita, **dict(zip(_ITEM, linhas.prescribed(h.rng, h.now, h.now + timedelta(days=1)), strict=True)))


def prescricao(h: Hospital, key: int, _: int) -> None:
    physician = h.rng.random() < 0.8
    receita = h.insert(
        "pre_med", cd_atendimento=key, cd_prestador=h.provider(), dt_pre_med=day(h.now), hr_pre_med=hour(h.now), dt_referencia=day(h.now),
        dt_validade=h.now + timedelta(days=1), dh_criacao=h.now,
        dh_impressao=h.now, ds_evolucao=t.evolucao(h.rng) if physician else None, sn_fechado="S",
        tp_pre_med="M" if physician else "E", fl_impresso="S",
    )  # fmt: skip
    for _ in range(h.rng.randint(1, 3)):
        _item(h, receita)


def substitution(h: Hospital, key: int, paciente: int) -> None:
    """Cancel an item and prescribe another in its place: the cancelled one has no marker of its own, the new one has."""
    target = h.one("select i.cd_itpre_med, i.cd_pre_med from dbamv.itpre_med i join dbamv.pre_med p on p.cd_pre_med = i.cd_pre_med"
                " where p.cd_atendimento = %s and i.sn_cancelado = 'N' order by 1 desc limit 1", key)  # fmt: skip
    if target is None:
        prescricao(h, key, paciente)
        return
    h.change("itpre_med", "cd_itpre_med", target[0], sn_cancelado="S", dh_cancelado=h.now)
    _item(h, target[1])


def diagnostico(h: Hospital, key: int, paciente: int) -> None:
    """Another main diagnosis on the attendance, or one more beside it, which is written together with a note."""
    current = h.one("select cd_cid from dbamv.atendime where cd_atendimento = %s", key)[0]
    new = h.rng.choice([code for code, _ in t.CIDS if code != current])
    if h.rng.random() < 0.5:
        h.change("atendime", "cd_atendimento", key, cd_cid=new)
        return
    h.insert("diagnostico_atendime", cd_atendimento=key, cd_cid=new, tp_situacao=h.rng.choice(("HIPOTESE", "CONFIRMADO")))
    document(h, key, paciente, t.evolucao(h.rng))


def alergia(h: Hospital, _: int, paciente: int) -> None:
    """An allergy, old or new form. Neither has a marker: whoever records it confirms the patient's registration, and that has one."""
    if h.rng.random() < 0.4:
        substancia = h.rng.choice(t.SUBSTANCES)[0]
        h.one("insert into dbamv.hist_subs_pac (cd_paciente, cd_substancia, tp_alergia, tp_severidade, sn_ativo) values (%s, %s, 'S', %s, 'S')"
             " on conflict (cd_paciente, cd_substancia) do update set tp_severidade = excluded.tp_severidade, sn_ativo = 'S'",
             paciente, substancia, h.rng.choice("GML"))  # fmt: skip
    else:
        problem = h.insert("pw_problema", cd_paciente=paciente, sn_ativo="S")
        nega = h.rng.random() < 0.15
        food = h.rng.choice(t.FOODS)[0] if h.rng.random() < 0.4 else None
        h.insert(
            "pw_alergia_pac", cd_problema=problem, tp_alergia="D" if nega else "A" if food else "S", tp_severidade=None if nega else h.rng.choice("GML"),
            cd_alimento=None if nega else food, cd_substancia=None if nega or food else h.rng.choice(t.SUBSTANCES)[0],
        )  # fmt: skip
    h.change("paciente", "cd_paciente", paciente, dt_ultima_atualizacao=h.now, nm_usuario_ultima_atualizacao="ENFERMAGEM")


ITEMS: dict[str, tuple[Callable[[Hospital, int, int], None], int]] = {
    "evolucao": (evolucao, 9), "sinais_vitais": (sinais, 8), "prescricao": (prescricao, 5), "substituicao": (substitution, 2), "diagnostico": (diagnostico, 3),
    "alergia": (alergia, 2),
}  # fmt: skip
"""Kind → what is done, and how often."""


def admit(h: Hospital, rng: random.Random, key: int, paciente: int) -> None:
    """What comes with an admission: triage signs, and sometimes the first note."""
    if rng.random() < 0.5:
        sinais(h, key, paciente)
    if rng.random() < 0.3:
        document(h, key, paciente, t.evolucao(h.rng))
