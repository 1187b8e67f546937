"""One transaction's view of the hospital: its clock, keys, patients and beds. Every write keeps MV's own rules."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sandbox.origens.base import Transaction
from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUMNS
from sandbox.origens.mv.esquema import PROVIDERS, SEQUENCES, ZONE
from sandbox.origens.mv.tempo import day, hour
from sandbox.origens.pessoas import PersonGenerator

RECENT = 5000
"""A hospital works on what is recent: the newest attendances, the newer the likelier."""
_PACIENTE = COLUMNS["paciente"].split(", ")[1:-5]


class Stay(NamedTuple):
    """An open stay in a bed."""

    mov: int
    atendimento: int
    paciente: int
    leito: int
    uti: bool


class Hospital(Transaction):
    def __init__(self, con: Any, rng: random.Random) -> None:
        super().__init__(con, rng, ZONE)

    def insert(self, tabela: str, **values: Any) -> int:
        """Insert one row, its key from the table's sequence where it has one."""
        if key := SEQUENCES.get(tabela):
            values = {key: self.one("select nextval(%s)", f"dbamv.seq_{tabela}")[0], **values}
        self.cur.execute(
            f"insert into dbamv.{tabela} ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})", list(values.values())
        )
        return int(next(iter(values.values())))

    def change(self, table: str, key: str, value: int, **values: Any) -> None:
        """Update columns of one row, in one statement as MV's screens do."""
        self.cur.execute(f"update dbamv.{table} set {', '.join(f'{c} = %s' for c in values)} where {key} = %s", [*values.values(), value])

    def provider(self) -> int:
        return self.rng.randint(1, PROVIDERS)

    def new_paciente(self) -> int:
        person = PersonGenerator(self.rng.getrandbits(48), edge=0).person()
        values = dict(zip(_PACIENTE, linhas.paciente(person, self.rng), strict=True))
        return self.insert("paciente", **values, sn_ativo="S", dt_cadastro=self.now, hr_cadastro=hour(self.now))

    def new_atendimento(self, paciente: int, kind: str, **values: Any) -> int:
        """An attendance that starts now; an admission gets a bed in the same transaction, or waits in the emergency room when there is none."""
        cama = self.free_leito() if kind == "I" else None
        kind = "U" if kind == "I" and cama is None else kind
        fields = {
            "cd_paciente": paciente, "dt_atendimento": day(self.now), "hr_atendimento": hour(self.now), "tp_atendimento": kind, "cd_leito": cama,
            "cd_convenio": self.rng.randint(1, 4), "cd_prestador": self.provider(), "cd_especialid": self.rng.randint(1, 6),
            "cd_ori_ate": self.rng.randint(1, 4), "cd_cid": self.rng.choice(t.CIDS)[0], "sn_internado": "S" if cama else "N",
            "tp_carater_internacao": self.rng.choice("EU") if kind in "IU" else None, "nm_usuario": "RECEPCAO", **values,
        }  # fmt: skip
        key = self.insert("atendime", **fields)
        if cama is not None:
            self.occupy(key, cama, "I")
        return key

    def recent(self, condition: str = "true") -> tuple[int, int] | None:
        """(attendance, patient) that meets ``condition`` on ATENDIME ``a``; locked, and none that another session works on."""
        last = self.one("select max(cd_atendimento) from dbamv.atendime")[0] or 0
        target = last - int(self.rng.random() ** 2 * min(last, RECENT))
        sql = f"select cd_atendimento, cd_paciente from dbamv.atendime a where cd_atendimento between %s and %s and {condition} order by 1"
        low = self.one(f"{sql} desc limit 1 for update skip locked", last - RECENT, target)
        return low or self.one(f"{sql} limit 1 for update skip locked", target, last)

    def stay(self) -> Stay | None:
        """Some patient in a bed."""
        row = self.one(
            "select m.cd_mov_int, a.cd_atendimento, a.cd_paciente, l.cd_leito, coalesce(u.tp_unid_int = 'U', false)"
            " from dbamv.leito l left join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
            " join dbamv.mov_int m on m.cd_leito = l.cd_leito and m.dt_lib_mov is null and m.tp_mov in ('I', 'O')"
            " join dbamv.atendime a on a.cd_atendimento = m.cd_atendimento and a.dt_alta is null"
            " where l.tp_ocupacao = 'O' order by mod(l.cd_leito * 7919 + %s, 100003) limit 1 for update of l, a skip locked",
            self.rng.randrange(100_003),
        )  # fmt: skip
        return row and Stay(*row)

    def stay_of(self, atendimento: int) -> Stay | None:
        row = self.one(
            "select m.cd_mov_int, a.cd_atendimento, a.cd_paciente, m.cd_leito, false from dbamv.mov_int m join dbamv.atendime a"
            " on a.cd_atendimento = m.cd_atendimento where m.cd_atendimento = %s and m.tp_mov in ('I', 'O') and m.dt_lib_mov is null",
            atendimento,
        )
        return row and Stay(*row)

    def free_leito(self, uti: bool | None = None) -> int | None:
        """A free bed (in intensive care, outside it, or anywhere), cleaned first if it must be."""
        where = "" if uti is None else f" and coalesce(u.tp_unid_int = 'U', false) = {str(uti).lower()}"
        row = self.one(
            "select l.cd_leito, l.tp_ocupacao from dbamv.leito l left join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
            f" where l.tp_ocupacao in ('V', 'L') and l.tp_situacao = 'A'{where}"
            " order by l.tp_ocupacao desc, mod(l.cd_leito * 7919 + %s, 100003) limit 1 for update of l skip locked",
            self.rng.randrange(100_003),
        )
        if row is None:
            return None
        if row[1] == "L":
            self.clean(row[0])
        return int(row[0])

    def clean(self, cama: int) -> None:
        self.one("update dbamv.mov_int set dt_lib_mov = %s, hr_lib_mov = %s where cd_leito = %s and tp_mov = 'L' and dt_lib_mov is null",
                day(self.now), hour(self.now), cama)  # fmt: skip
        self.change("leito", "cd_leito", cama, tp_ocupacao="V")

    def occupy(self, atendimento: int, cama: int, kind: str, previous: int | None = None) -> None:
        self.insert("mov_int", cd_atendimento=atendimento, cd_leito=cama, cd_leito_anterior=previous, dt_mov_int=day(self.now),
                     hr_mov_int=hour(self.now), tp_mov=kind, cd_prestador=self.provider(), cd_convenio=1, sn_reserva="N", nm_usuario="NIR")  # fmt: skip
        self.change("leito", "cd_leito", cama, tp_ocupacao="O")

    def vacate(self, stay: Stay) -> None:
        """The stay ends and the bed waits for cleaning, which MV writes as a move without an attendance."""
        self.change("mov_int", "cd_mov_int", stay.mov, dt_lib_mov=day(self.now), hr_lib_mov=hour(self.now))
        self.insert("mov_int", cd_leito=stay.leito, dt_mov_int=day(self.now), hr_mov_int=hour(self.now), tp_mov="L", nm_usuario="HOTELARIA")
        self.change("leito", "cd_leito", stay.leito, tp_ocupacao="L")
