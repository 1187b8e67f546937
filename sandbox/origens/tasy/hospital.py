"""One transaction's view of the hospital: its clock, keys, patients and rooms. Whatever is written is stamped, as Tasy's screens do."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sandbox.origens.base import Transacao
from sandbox.origens.pessoas import GeradorPessoas
from sandbox.origens.tasy import linhas
from sandbox.origens.tasy import textos as t
from sandbox.origens.tasy.esquema import FUSO, PROFISSIONAIS, SEQUENCIAS

RECENTES = 5000
"""A hospital works on what is recent: the newest attendances, the newer the likelier."""


class Alvo(NamedTuple):
    """An attendance and its patient."""

    chave: int
    paciente: str


class Hospital(Transacao):
    def __init__(self, con: Any, rng: random.Random) -> None:
        super().__init__(con, rng, FUSO)

    def inserir(self, tabela: str, **valores: Any) -> Any:
        """Insert one row, its key from the table's sequence where it has one."""
        if chave := SEQUENCIAS.get(tabela):
            valores = {chave: self.um("select nextval(%s)", f"tasy.seq_{tabela}")[0], **valores}
        valores = {
            "dt_atualizacao": self.agora,
            "nm_usuario": "USUARIO",
            "dt_atualizacao_nrec": self.agora,
            "nm_usuario_nrec": "USUARIO",
            **valores,
        }
        self.cur.execute(
            f"insert into tasy.{tabela} ({', '.join(valores)}) values ({', '.join(['%s'] * len(valores))})", list(valores.values())
        )
        return valores.get(chave) if chave else None

    def mudar(self, tabela: str, onde: dict[str, Any], **valores: Any) -> int:
        """Update the rows that match, stamped; how many there were. Without values: an edit that only leaves its stamp."""
        valores = {"dt_atualizacao": self.agora, "nm_usuario": "USUARIO", **valores}
        quais = " and ".join(f"{c} = %s" for c in onde)
        self.cur.execute(
            f"update tasy.{tabela} set {', '.join(f'{c} = %s' for c in valores)} where {quais}", [*valores.values(), *onde.values()]
        )
        return int(self.cur.rowcount)

    def profissional(self) -> str:
        return str(self.rng.randint(1, PROFISSIONAIS))

    def novo_paciente(self) -> str:
        pessoa = GeradorPessoas(self.rng.getrandbits(48), borda=0).pessoa()
        chave = str(self.inserir("pessoa_fisica", **linhas.pessoa(pessoa)))
        for n, valores in enumerate(linhas.complementos(pessoa), 1):
            self.inserir("compl_pessoa_fisica", cd_pessoa_fisica=chave, nr_sequencia=n, **valores)
        return chave

    def novo_atendimento(self, paciente: str, tipo: int, **valores: Any) -> int:
        """An attendance that starts now, with its payer and its first stay."""
        campos = {
            "cd_pessoa_fisica": paciente, "cd_estabelecimento": 1, "ie_tipo_atendimento": tipo, "dt_entrada": self.agora, "ie_status_atendimento": "A",
            "cd_medico_resp": self.profissional(), "ie_clinica": self.rng.randint(1, 6),
            "ie_carater_inter_sus": self.rng.choice(("01", "02")) if tipo == 1 else "02" if tipo == 3 else None, **valores,
        }  # fmt: skip
        chave = int(self.inserir("atendimento_paciente", **campos))
        self.inserir(
            "atend_categoria_convenio",
            nr_atendimento=chave,
            cd_convenio=self.rng.randint(1, 4),
            cd_categoria="1",
            dt_inicio_vigencia=self.agora,
        )
        self.estada(chave, {1: self.rng.choice(t.INTERNACAO), 3: t.PRONTO_SOCORRO}.get(tipo, t.AMBULATORIO))
        return chave

    def estada(self, chave: int, setor: int) -> None:
        numero = self.um("select coalesce(max(nr_sequencia), 0) + 1 from tasy.atend_paciente_unidade where nr_atendimento = %s", chave)[0]
        self.inserir(
            "atend_paciente_unidade", nr_atendimento=chave, nr_sequencia=numero, cd_setor_atendimento=setor, dt_entrada_unidade=self.agora,
            cd_unidade_basica=str(100 * setor + self.rng.randint(1, 20)), cd_unidade_compl=self.rng.choice("AB"), ie_passagem_setor="N",
        )  # fmt: skip

    def sair(self, chave: int) -> None:
        """End the open stay."""
        aberta = self.um("select nr_seq_interno from tasy.atend_paciente_unidade where nr_atendimento = %s and dt_saida_unidade is null"
                         " order by 1 desc limit 1", chave)  # fmt: skip
        if aberta:
            self.mudar("atend_paciente_unidade", {"nr_seq_interno": aberta[0]}, dt_saida_unidade=self.agora)

    def recente(self, condicao: str = "dt_cancelamento is null") -> Alvo | None:
        """An attendance that meets ``condicao`` on ATENDIMENTO_PACIENTE ``a``; locked, and none that another session works on."""
        ultimo = self.um("select max(nr_atendimento) from tasy.atendimento_paciente")[0] or 0
        meio = ultimo - int(self.rng.random() ** 2 * min(ultimo, RECENTES))
        sql = f"select nr_atendimento, cd_pessoa_fisica from tasy.atendimento_paciente a where nr_atendimento between %s and %s and {condicao} order by 1"
        linha = self.um(f"{sql} desc limit 1 for update skip locked", ultimo - RECENTES, meio) or self.um(
            f"{sql} limit 1 for update skip locked", meio, ultimo
        )
        return linha and Alvo(*linha)
