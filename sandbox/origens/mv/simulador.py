"""A day in the hospital: each call of :func:`change` is one thing that somebody does, in the caller's transaction."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Change, Expected
from sandbox.origens.mv import clinica
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.hospital import Hospital
from sandbox.origens.mv.tempo import day, hour

_OPENED = "dt_alta is null"
_WITHOUT_AGENDA = "not exists (select 1 from dbamv.aviso_cirurgia v where v.cd_atendimento = a.cd_atendimento)"
_DO_PACIENTE = {"alergia", "paciente", "unificacao"}
_Done = Change | None
"""``None``: the hospital has nothing to do this with right now."""


def _change_row(kind: str, key: int) -> Change:
    return Change(str(key), "alteracao", kind)


def _admission(h: Hospital) -> Change:
    known_one = h.recent() if h.rng.random() < 0.4 else None
    paciente = known_one[1] if known_one else h.new_paciente()
    key = h.new_atendimento(paciente, h.rng.choice("IIIUUAAE"))
    clinica.admit(h, h.rng, key, paciente)
    return Change(str(key), "inclusao", "admissao")


def _clinical(kind: str) -> Callable[[Hospital], _Done]:
    def do(h: Hospital) -> _Done:
        if (target := h.recent(_OPENED) or h.recent()) is None:
            return None
        clinica.ITEMS[kind][0](h, *target)
        return _change_row(kind, target[0])

    return do


def _registered(h: Hospital) -> _Done:
    """The reception corrects what it typed: payer, doctor, or the time of arrival."""
    if (target := h.recent(_OPENED)) is None:
        return None
    convenio, provider = h.one(
        "select coalesce(cd_convenio, 0), coalesce(cd_prestador, 0) from dbamv.atendime where cd_atendimento = %s", target[0]
    )
    h.change("atendime", "cd_atendimento", target[0], cd_convenio=convenio % 4 + 1, cd_prestador=provider % 100 + 1)
    return _change_row("cadastro", target[0])


def _move(h: Hospital, kind: str, uti: bool | None) -> _Done:
    stay = h.stay()
    if stay is None or (destination := h.free_leito(not stay.uti if uti is None else uti)) is None:
        return None
    h.vacate(stay)
    h.occupy(stay.atendimento, destination, "O", stay.leito)
    h.change("atendime", "cd_atendimento", stay.atendimento, cd_leito=destination)
    return _change_row(kind if uti is not None else "uti_saida" if stay.uti else "uti_entrada", stay.atendimento)


def _transfer(h: Hospital) -> _Done:
    return _move(h, "transferencia", False)


def _uti(h: Hospital) -> _Done:
    """Into intensive care, or out of it."""
    return _move(h, "uti", None)


def _alta_medica(h: Hospital) -> _Done:
    if (target := h.recent(f"{_OPENED} and dt_alta_medica is null and tp_atendimento = 'I'")) is None:
        return None
    h.change("atendime", "cd_atendimento", target[0], dt_alta_medica=day(h.now), hr_alta_medica=hour(h.now))
    return _change_row("alta_medica", target[0])


def _alta(h: Hospital) -> _Done:
    stay = h.stay() if h.rng.random() < 0.6 else None
    target = (stay.atendimento, stay.paciente) if stay else h.recent(_OPENED)
    if target is None:
        return None
    reason, _, kind = h.rng.choice(t.ALTA_REASONS)
    stay = stay or h.stay_of(target[0])
    medical = h.one("select dt_alta_medica from dbamv.atendime where cd_atendimento = %s", target[0])[0]
    values = {"dt_alta": day(h.now), "hr_alta": hour(h.now), "dh_alta_lancada": h.now, "cd_mot_alt": reason, "sn_internado": "N"}  # fmt: skip
    if kind == "O":
        values["sn_obito"] = "S"
    if stay and medical is None:
        values |= {"dt_alta_medica": day(h.now), "hr_alta_medica": hour(h.now)}
    h.change("atendime", "cd_atendimento", target[0], **values)
    if stay:
        h.vacate(stay)
    return _change_row("alta", target[0])


def _cancelled_alta(h: Hospital) -> _Done:
    """The patient has not left after all: back into the same bed, or into another where somebody else lies there by now."""
    target = h.recent("dt_alta is not null and tp_atendimento = 'I' and coalesce(sn_obito, 'N') = 'N' and cd_leito is not null")
    if target is None:
        return None
    mov, cama = h.one(
        "select cd_mov_int, cd_leito from dbamv.mov_int where cd_atendimento = %s and tp_mov in ('I', 'O') order by 1 desc limit 1",
        target[0],
    )
    occupancy = h.one("select tp_ocupacao from dbamv.leito where cd_leito = %s for update", cama)[0]
    destination = cama if occupancy in ("V", "L") else h.free_leito(False)
    if destination is None:
        return None
    if destination == cama:
        h.clean(cama)
        h.change("mov_int", "cd_mov_int", mov, dt_lib_mov=None, hr_lib_mov=None)
        h.change("leito", "cd_leito", cama, tp_ocupacao="O")
    else:
        h.occupy(target[0], destination, "O", cama)
    h.change("atendime", "cd_atendimento", target[0], dt_alta=None, hr_alta=None, dt_alta_medica=None, hr_alta_medica=None, dh_alta_lancada=None,
            cd_mot_alt=None, sn_internado="S", cd_leito=destination)  # fmt: skip
    return _change_row("alta_cancelada", target[0])


_CHILDREN = (
    "itcoleta_sinal_vital where cd_coleta_sinal_vital in (select cd_coleta_sinal_vital from dbamv.coleta_sinal_vital where cd_atendimento = %s)",
    "coleta_sinal_vital where cd_atendimento = %s",
    "itpre_med where cd_pre_med in (select cd_pre_med from dbamv.pre_med where cd_atendimento = %s)",
    "pre_med where cd_atendimento = %s",
    "pw_editor_clinico where cd_documento_clinico in (select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s)",
    "pw_editor_registro where cd_documento_clinico in (select cd_documento_clinico from dbamv.pw_documento_clinico where cd_atendimento = %s)",
    "pw_documento_clinico where cd_atendimento = %s",
    "diagnostico_atendime where cd_atendimento = %s",
    "mov_int where cd_atendimento = %s",
    "atendime where cd_atendimento = %s",
)


def _exclusao(h: Hospital) -> _Done:
    """Opened by mistake: the attendance goes for good, with everything below it, and its bed is free at once."""
    if (
        target := h.recent(
            f"{_WITHOUT_AGENDA} and not exists (select 1 from dbamv.atendime f where f.cd_atendimento_pai = a.cd_atendimento)"
        )
    ) is None:
        return None
    if stay := h.stay_of(target[0]):
        h.change("leito", "cd_leito", stay.leito, tp_ocupacao="V")
    for child in _CHILDREN:
        h.one(f"delete from dbamv.{child}", target[0])
    h.one("insert into sandbox.excluidos values (%s, %s)", *target)
    return Change(str(target[0]), "exclusao", "exclusao", str(target[1]), (str(target[0]),))


def _paciente(h: Hospital) -> _Done:
    if (target := h.recent()) is None:
        return None
    field, value = h.rng.choice((
        ("nr_celular", f"9{h.rng.randint(80_000_000, 99_999_999)}"), ("nr_endereco", h.rng.randint(1, 5000)), ("ds_complemento", f"Casa {h.rng.randint(1, 999)}"),
        ("email", f"novo{h.rng.randint(1, 10**9)}@exemplo.com.br"), ("nm_social_paciente", f"Nome Social {h.rng.randint(1, 10**6)}"),
    ))  # fmt: skip
    h.change("paciente", "cd_paciente", target[1], **{field: value}, dt_ultima_atualizacao=h.now, nm_usuario_ultima_atualizacao="RECEPCAO")
    return _change_row("paciente", target[0])


def _merge_pacientes(h: Hospital) -> _Done:
    """Two records of one person: everything of one moves to the other, and the emptied one is switched off."""
    without_agenda = "not exists (select 1 from dbamv.aviso_cirurgia v where v.cd_paciente = a.cd_paciente)"
    if (merged_id := h.recent(without_agenda)) is None or (
        survivor := h.recent(f"cd_paciente <> {int(merged_id[1])} and {without_agenda}")
    ) is None:
        return None
    for table in ("atendime", "pw_documento_clinico", "pw_problema"):
        h.one(f"update dbamv.{table} set cd_paciente = %s where cd_paciente = %s", survivor[1], merged_id[1])
    h.one("update dbamv.hist_subs_pac s set cd_paciente = %s where cd_paciente = %s and not exists (select 1 from dbamv.hist_subs_pac r"
         " where r.cd_paciente = %s and r.cd_substancia = s.cd_substancia)", survivor[1], merged_id[1], survivor[1])  # fmt: skip
    watermark = {"dt_ultima_atualizacao": h.now, "nm_usuario_ultima_atualizacao": "SAME"}
    h.change("paciente", "cd_paciente", merged_id[1], sn_ativo="N", dt_inativo=h.now, **watermark)
    h.change("paciente", "cd_paciente", survivor[1], **watermark)
    return _change_row("unificacao", merged_id[0])


CHANGES: dict[Callable[[Hospital], _Done], int] = {
    _admission: 33, **{_clinical(kind): weight for kind, (_, weight) in clinica.ITEMS.items()}, _registered: 2, _transfer: 8, _uti: 6, _alta_medica: 2, _alta: 10,
    _cancelled_alta: 2, _exclusao: 3, _paciente: 8, _merge_pacientes: 2,
}  # fmt: skip
"""What happens in the hospital, and how often."""


def completion(h: Hospital, change: Change) -> Change:
    """The change with its patient and, where the patient changed, every attendance that carries him or her."""
    if change.operacao == "exclusao":
        return change
    paciente = h.one("select cd_paciente from dbamv.atendime where cd_atendimento = %s", int(change.chave))[0]
    affected: tuple[str, ...] = (change.chave,)
    if change.tipo in _DO_PACIENTE:
        affected = tuple(map(str, h.keys("select cd_atendimento from dbamv.atendime where cd_paciente = %s order by 1", paciente)))
    return dataclasses.replace(change, chave_paciente=str(paciente), affected=affected)


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    hospital = Hospital(con, rng)
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
    return completion(hospital, chosen(hospital) or _admission(hospital))


def keys(con: Any) -> Iterator[Expected]:
    """Every attendance that is there, and every deleted one, with the state that Fusion must have; ordered by key, streams."""
    with con.cursor(name="reconciliacao") as cur:
        cur.itersize = 20_000
        cur.execute("select cd_atendimento, cd_paciente, 'alteracao' from dbamv.atendime union all select cd_atendimento, cd_paciente, 'exclusao'"
                    " from sandbox.excluidos order by 1")  # fmt: skip
        for key, paciente, operation in cur:
            yield Expected(str(key), str(paciente), operation)
