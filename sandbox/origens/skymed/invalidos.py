"""Bad bookings, one kind at a time: what Fusion must refuse (``INVALID``) and what only looks wrong (``STRANGE``).

Each makes a booking of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from sandbox.origens.base import Change
from sandbox.origens.mv.agenda import booked
from sandbox.origens.mv.hospital import Hospital

_INVALID = {
    "data_impossivel": "update dbamv.age_cir set dt_inicio_age_cir = timestamp '1500-01-01 08:00' where cd_age_cir = %(chave)s",
    "fim_antes_do_inicio": "update dbamv.age_cir set dt_final_age_cir = dt_inicio_age_cir - interval '1 hour' where cd_age_cir = %(chave)s",
    "situacao_desconhecida": "update dbamv.aviso_cirurgia set tp_situacao = 'Z' where cd_aviso_cirurgia = %(aviso)s",
    "situacao_vazia": "update dbamv.aviso_cirurgia set tp_situacao = null where cd_aviso_cirurgia = %(aviso)s",
    "sem_nome": "update dbamv.aviso_cirurgia set nm_paciente = ' ', cd_paciente = null, cd_atendimento = null"
                " where cd_aviso_cirurgia = %(aviso)s",
}  # fmt: skip
_STRANGE = {
    "sem_paciente": "update dbamv.aviso_cirurgia set cd_paciente = null, cd_atendimento = null where cd_aviso_cirurgia = %(aviso)s",
    "observacao_com_controles": "update dbamv.aviso_cirurgia set ds_obs_aviso = E'jejum\\x01 de 8 h\\r\\n\\x1bconfirmar' where cd_aviso_cirurgia = %(aviso)s",
    "sem_duracao": "update dbamv.age_cir set vl_tempo_cirurgia = null, vl_tempo_limpeza = null where cd_age_cir = %(chave)s",
    "sem_equipe": "delete from dbamv.prestador_aviso where cd_aviso_cirurgia = %(aviso)s",
}  # fmt: skip
INVALID, STRANGE = tuple(_INVALID), tuple(_STRANGE)


def change_invalid(con: Any, rng: random.Random, kind: str | None = None) -> Change:
    """One booking of the given kind, or of any; not committed."""
    kind = kind or rng.choice(INVALID + STRANGE)
    hospital = Hospital(con, rng)
    made = booked(hospital)
    warning = hospital.one("select cd_aviso_cirurgia from dbamv.age_cir where cd_age_cir = %s", int(made.chave))[0]
    hospital.cur.execute((_INVALID | _STRANGE)[kind], {"chave": int(made.chave), "aviso": warning})
    return dataclasses.replace(made, tipo=kind, affected=(made.chave,), recusada=kind in _INVALID)
