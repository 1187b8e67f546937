"""One transaction's view of the hospital: its clock, keys and patients."""

from __future__ import annotations

import random
from typing import Any

from sandbox.origens.base import Transacao
from sandbox.origens.pessoas import GeradorPessoas
from sandbox.origens.trackcare import linhas
from sandbox.origens.trackcare import textos as t
from sandbox.origens.trackcare.colunas import COLUNAS
from sandbox.origens.trackcare.esquema import FUSO, SEQUENCIAS
from sandbox.origens.trackcare.tempo import calendario_de

RECENTES = 5000
ATIVO = "a.paadm_visitstatus = 'A'"


class Hospital(Transacao):
    def __init__(self, con: Any, rng: random.Random) -> None:
        self.c = calendario_de(con)
        super().__init__(con, rng, FUSO)

    def inserir(self, tabela: str, valores: tuple[Any, ...]) -> None:
        """One row, values in the order of ``COLUNAS``."""
        self.cur.execute(f"insert into sqluser.{tabela} ({COLUNAS[tabela]}) values ({', '.join(['%s'] * len(valores))})", valores)

    def mudar(self, tabela: str, chave: str, valor: Any, **valores: Any) -> None:
        self.cur.execute(
            f"update sqluser.{tabela} set {', '.join(f'{c} = %s' for c in valores)} where {chave} = %s", [*valores.values(), valor]
        )

    def novo(self, tabela: str) -> int:
        """Next key."""
        assert tabela in SEQUENCIAS
        return int(self.um("select nextval(%s)", f"sqluser.seq_{tabela}")[0])

    def sub(self, tabela: str, pai: str, valor: int, filho: str) -> int:
        """Next Childsub below one parent."""
        return int(self.um(f"select coalesce(max({filho}), 0) + 1 from sqluser.{tabela} where {pai} = %s", valor)[0])

    def novo_paciente(self) -> int:
        pessoa = GeradorPessoas(self.rng.getrandbits(48), borda=0).pessoa()
        chave = self.novo("pa_person")
        person, patmas = linhas.pessoa(self.c, chave, pessoa, self.agora)
        self.inserir("pa_patmas", patmas)
        self.inserir("pa_person", person)
        return chave

    def novo_episodio(self, papmi: int, tipo: str) -> int:
        chave, c = self.novo("pa_adm"), self.c
        leito = self.rng.choice(t.LEITOS) if tipo == "I" else None
        self.inserir("mr_adm", (chave, chave, "Dor abdominal"))
        self.inserir("pa_adm", (
            chave, f"{tipo}{1_000_000 + chave}", papmi, tipo, "A", *c.par(self.agora), None, None, None, str(self.rng.randint(1, t.PROFISSIONAIS)),
            self.rng.randint(1, len(t.SETORES)), leito and leito[0], leito and self.rng.randint(1, len(t.QUARTOS)), leito and leito[2], 1, chave,
            *c.par(self.agora),
        ))  # fmt: skip
        if leito:
            self.inserir(
                "pa_admtransaction", (chave, 1, f"{chave}||1", leito[0], leito[2], *c.par(self.agora), None, None, c.dia(self.agora))
            )
        return chave

    def recente(self, condicao: str = "true") -> tuple[int, int] | None:
        """(episode, PAPMI) that meets ``condicao`` on PA_Adm ``a``; locked, and none that another session works on."""
        ultimo = self.um("select max(paadm_rowid) from sqluser.pa_adm")[0] or 0
        alvo = ultimo - int(self.rng.random() ** 2 * min(ultimo, RECENTES))
        sql = f"select paadm_rowid, paadm_papmi_dr from sqluser.pa_adm a where paadm_rowid between %s and %s and {condicao} order by 1"
        baixo = self.um(f"{sql} desc limit 1 for update skip locked", ultimo - RECENTES, alvo)
        return baixo or self.um(f"{sql} limit 1 for update skip locked", alvo, ultimo)

    def marca(self, prefixo: str, data: str = "updatedate", hora: str = "updatetime") -> dict[str, Any]:
        """The columns that say when a row was last touched."""
        dia, relogio = self.c.par(self.agora)
        return {f"{prefixo}_{data}": dia, f"{prefixo}_{hora}": relogio}
