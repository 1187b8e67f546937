"""Bad bookings, one kind at a time: what Fusion must refuse (``INVALIDOS``) and what only looks wrong (``ESTRANHOS``).

Each makes a booking of its own, so that the refusal concerns exactly one record.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from sandbox.origens.base import Mudanca
from sandbox.origens.mv.agenda import marcada
from sandbox.origens.mv.hospital import Hospital

_INVALIDOS = {
    "data_impossivel": "update dbamv.age_cir set dt_inicio_age_cir = timestamp '1500-01-01 08:00' where cd_age_cir = %(chave)s",
    "fim_antes_do_inicio": "update dbamv.age_cir set dt_final_age_cir = dt_inicio_age_cir - interval '1 hour' where cd_age_cir = %(chave)s",
    "situacao_desconhecida": "update dbamv.aviso_cirurgia set tp_situacao = 'Z' where cd_aviso_cirurgia = %(aviso)s",
    "situacao_vazia": "update dbamv.aviso_cirurgia set tp_situacao = null where cd_aviso_cirurgia = %(aviso)s",
    "sem_nome": "update dbamv.aviso_cirurgia set nm_paciente = ' ', cd_paciente = null, cd_atendimento = null"
                " where cd_aviso_cirurgia = %(aviso)s",
}  # fmt: skip
_ESTRANHOS = {
    "sem_paciente": "update dbamv.aviso_cirurgia set cd_paciente = null, cd_atendimento = null where cd_aviso_cirurgia = %(aviso)s",
    "observacao_com_controles": "update dbamv.aviso_cirurgia set ds_obs_aviso = E'jejum\\x01 de 8 h\\r\\n\\x1bconfirmar' where cd_aviso_cirurgia = %(aviso)s",
    "sem_duracao": "update dbamv.age_cir set vl_tempo_cirurgia = null, vl_tempo_limpeza = null where cd_age_cir = %(chave)s",
    "sem_equipe": "delete from dbamv.prestador_aviso where cd_aviso_cirurgia = %(aviso)s",
}  # fmt: skip
INVALIDOS, ESTRANHOS = tuple(_INVALIDOS), tuple(_ESTRANHOS)


def mudar_invalido(con: Any, rng: random.Random, tipo: str | None = None) -> Mudanca:
    """One booking of the given kind, or of any; not committed."""
    tipo = tipo or rng.choice(INVALIDOS + ESTRANHOS)
    hospital = Hospital(con, rng)
    feita = marcada(hospital)
    aviso = hospital.um("select cd_aviso_cirurgia from dbamv.age_cir where cd_age_cir = %s", int(feita.chave))[0]
    hospital.cur.execute((_INVALIDOS | _ESTRANHOS)[tipo], {"chave": int(feita.chave), "aviso": aviso})
    return dataclasses.replace(feita, tipo=tipo, afetadas=(feita.chave,), recusada=tipo in _INVALIDOS)
