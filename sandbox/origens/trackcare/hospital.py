"""One transaction's view of the hospital: its clock, keys and patients."""

from __future__ import annotations

import random
from typing import Any

from sandbox.origens.base import Transaction
from sandbox.origens.pessoas import PersonGenerator
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.colunas import COLUMNS
from sandbox.origens.trackcare.esquema import SEQUENCES, ZONE
from sandbox.origens.trackcare.tempo import calendar_of

RECENT = 5000
ACTIVE = "a.paadm_visitstatus = 'A'"


class Hospital(Transaction):
    def __init__(self, con: Any, rng: random.Random) -> None:
        self.c = calendar_of(con)
        super().__init__(con, rng, ZONE)

    def insert(self, tabela: str, valores: tuple[Any, ...]) -> None:
        """One row, values in the order of ``COLUMNS``."""
        self.cur.execute(f"insert into sqluser.{tabela} ({COLUMNS[tabela]}) values ({', '.join(['%s'] * len(valores))})", valores)

    def change(self, table: str, key: str, value: Any, **values: Any) -> None:
        self.cur.execute(f"update sqluser.{table} set {', '.join(f'{c} = %s' for c in values)} where {key} = %s", [*values.values(), value])

    def new(self, table: str) -> int:
        """Next key."""
        assert table in SEQUENCES
        return int(self.one("select nextval(%s)", f"sqluser.seq_{table}")[0])

    def sub(self, table: str, father: str, value: int, child: str) -> int:
        """Next Childsub below one parent."""
        return int(self.one(f"select coalesce(max({child}), 0) + 1 from sqluser.{table} where {father} = %s", value)[0])

    def new_paciente(self) -> int:
        individual = PersonGenerator(self.rng.getrandbits(48), edge=0).person()
        key = self.new("pa_person")
        person, patmas = linhas.person(self.c, key, individual, self.now)
        self.insert("pa_patmas", patmas)
        self.insert("pa_person", person)
        return key

    def new_episode(self, papmi: int, kind: str) -> int:
        key, c = self.new("pa_adm"), self.c
        leito = self.rng.choice(t.LEITOS) if kind == "I" else None
        self.insert("mr_adm", (key, key, "Dor abdominal"))
        self.insert("pa_adm", (
            key, f"{kind}{1_000_000 + key}", papmi, kind, "A", *c.pair(self.now), None, None, None, str(self.rng.randint(1, t.PROFISSIONAIS)),
            self.rng.randint(1, len(t.SECTORS)), leito and leito[0], leito and self.rng.randint(1, len(t.ROOMS)), leito and leito[2], 1, key,
            *c.pair(self.now),
        ))  # fmt: skip
        if leito:
            self.insert("pa_admtransaction", (key, 1, f"{key}||1", leito[0], leito[2], *c.pair(self.now), None, None, c.day(self.now)))
        return key

    def recent(self, condition: str = "true") -> tuple[int, int] | None:
        """(episode, PAPMI) that meets ``condition`` on PA_Adm ``a``; locked, and none that another session works on."""
        last = self.one("select max(paadm_rowid) from sqluser.pa_adm")[0] or 0
        target = last - int(self.rng.random() ** 2 * min(last, RECENT))
        sql = f"select paadm_rowid, paadm_papmi_dr from sqluser.pa_adm a where paadm_rowid between %s and %s and {condition} order by 1"
        low = self.one(f"{sql} desc limit 1 for update skip locked", last - RECENT, target)
        return low or self.one(f"{sql} limit 1 for update skip locked", target, last)

    def marca(self, prefix: str, data: str = "updatedate", hour: str = "updatetime") -> dict[str, Any]:
        """The columns that say when a row was last touched."""
        day, clock = self.c.pair(self.now)
        return {f"{prefix}_{data}": day, f"{prefix}_{hour}": clock}
