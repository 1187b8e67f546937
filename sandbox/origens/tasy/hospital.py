"""One transaction's view of the hospital: its clock, keys, patients and rooms. Whatever is written is stamped, as Tasy's screens do."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sandbox.origens.base import Transaction
from sandbox.origens.pessoas import PersonGenerator
from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.esquema import PROFISSIONAIS, SEQUENCES, ZONE

RECENT = 5000
"""A hospital works on what is recent: the newest attendances, the newer the likelier."""


class Target(NamedTuple):
    """An attendance and its patient."""

    chave: int
    paciente: str


class Hospital(Transaction):
    def __init__(self, con: Any, rng: random.Random) -> None:
        super().__init__(con, rng, ZONE)

    def insert(self, tabela: str, **values: Any) -> Any:
        """Insert one row, its key from the table's sequence where it has one."""
        if key := SEQUENCES.get(tabela):
            values = {key: self.one("select nextval(%s)", f"tasy.seq_{tabela}")[0], **values}
        values = {
            "dt_atualizacao": self.now,
            "nm_usuario": "USUARIO",
            "dt_atualizacao_nrec": self.now,
            "nm_usuario_nrec": "USUARIO",
            **values,
        }
        self.cur.execute(
            f"insert into tasy.{tabela} ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})", list(values.values())
        )
        return values.get(key) if key else None

    def change(self, table: str, where: dict[str, Any], **values: Any) -> int:
        """Update the rows that match, stamped; how many there were. Without values: an edit that only leaves its stamp."""
        values = {"dt_atualizacao": self.now, "nm_usuario": "USUARIO", **values}
        which_ones = " and ".join(f"{c} = %s" for c in where)
        self.cur.execute(
            f"update tasy.{table} set {', '.join(f'{c} = %s' for c in values)} where {which_ones}", [*values.values(), *where.values()]
        )
        return int(self.cur.rowcount)

    def profissional(self) -> str:
        return str(self.rng.randint(1, PROFISSIONAIS))

    def new_paciente(self) -> str:
        person = PersonGenerator(self.rng.getrandbits(48), edge=0).person()
        key = str(self.insert("pessoa_fisica", **linhas.person(person)))
        for n, values in enumerate(linhas.complements(person), 1):
            self.insert("compl_pessoa_fisica", cd_pessoa_fisica=key, nr_sequencia=n, **values)
        return key

    def new_atendimento(self, paciente: str, kind: int, **values: Any) -> int:
        """An attendance that starts now, with its payer and its first stay."""
        fields = {
            "cd_pessoa_fisica": paciente, "cd_estabelecimento": 1, "ie_tipo_atendimento": kind, "dt_entrada": self.now, "ie_status_atendimento": "A",
            "cd_medico_resp": self.profissional(), "ie_clinica": self.rng.randint(1, 6),
            "ie_carater_inter_sus": self.rng.choice(("01", "02")) if kind == 1 else "02" if kind == 3 else None, **values,
        }  # fmt: skip
        key = int(self.insert("atendimento_paciente", **fields))
        self.insert(
            "atend_categoria_convenio",
            nr_atendimento=key,
            cd_convenio=self.rng.randint(1, 4),
            cd_categoria="1",
            dt_inicio_vigencia=self.now,
        )
        self.stay(key, {1: self.rng.choice(t.INPATIENT), 3: t.EMERGENCY}.get(kind, t.OUTPATIENTS))
        return key

    def stay(self, key: int, setor: int) -> None:
        number = self.one("select coalesce(max(nr_sequencia), 0) + 1 from tasy.atend_paciente_unidade where nr_atendimento = %s", key)[0]
        self.insert(
            "atend_paciente_unidade", nr_atendimento=key, nr_sequencia=number, cd_setor_atendimento=setor, dt_entrada_unidade=self.now,
            cd_unidade_basica=str(100 * setor + self.rng.randint(1, 20)), cd_unidade_compl=self.rng.choice("AB"), ie_passagem_setor="N",
        )  # fmt: skip

    def leave(self, key: int) -> None:
        """End the open stay."""
        open_column = self.one("select nr_seq_interno from tasy.atend_paciente_unidade where nr_atendimento = %s and dt_saida_unidade is null"
                         " order by 1 desc limit 1", key)  # fmt: skip
        if open_column:
            self.change("atend_paciente_unidade", {"nr_seq_interno": open_column[0]}, dt_saida_unidade=self.now)

    def recent(self, condition: str = "dt_cancelamento is null") -> Target | None:
        """An attendance that meets ``condition`` on ATENDIMENTO_PACIENTE ``a``; locked, and none that another session works on."""
        last = self.one("select max(nr_atendimento) from tasy.atendimento_paciente")[0] or 0
        middle = last - int(self.rng.random() ** 2 * min(last, RECENT))
        sql = f"select nr_atendimento, cd_pessoa_fisica from tasy.atendimento_paciente a where nr_atendimento between %s and %s and {condition} order by 1"
        row = self.one(f"{sql} desc limit 1 for update skip locked", last - RECENT, middle) or self.one(
            f"{sql} limit 1 for update skip locked", middle, last
        )
        return row and Target(*row)
