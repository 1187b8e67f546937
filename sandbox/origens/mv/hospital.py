"""One transaction's view of the hospital: its clock, keys, patients and beds. Every write keeps MV's own rules."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from sandbox.origens.base import Transacao
from sandbox.origens.mv import linhas
from sandbox.origens.mv import textos as t
from sandbox.origens.mv.colunas import COLUNAS
from sandbox.origens.mv.esquema import FUSO, PRESTADORES, SEQUENCIAS
from sandbox.origens.mv.tempo import dia, hora
from sandbox.origens.pessoas import GeradorPessoas

RECENTES = 5000
"""A hospital works on what is recent: the newest attendances, the newer the likelier."""
_PACIENTE = COLUNAS["paciente"].split(", ")[1:-5]


class Estadia(NamedTuple):
    """An open stay in a bed."""

    mov: int
    atendimento: int
    paciente: int
    leito: int
    uti: bool


class Hospital(Transacao):
    def __init__(self, con: Any, rng: random.Random) -> None:
        super().__init__(con, rng, FUSO)

    def inserir(self, tabela: str, **valores: Any) -> int:
        """Insert one row, its key from the table's sequence where it has one."""
        if chave := SEQUENCIAS.get(tabela):
            valores = {chave: self.um("select nextval(%s)", f"dbamv.seq_{tabela}")[0], **valores}
        self.cur.execute(
            f"insert into dbamv.{tabela} ({', '.join(valores)}) values ({', '.join(['%s'] * len(valores))})", list(valores.values())
        )
        return int(next(iter(valores.values())))

    def mudar(self, tabela: str, chave: str, valor: int, **valores: Any) -> None:
        """Update columns of one row, in one statement as MV's screens do."""
        self.cur.execute(
            f"update dbamv.{tabela} set {', '.join(f'{c} = %s' for c in valores)} where {chave} = %s", [*valores.values(), valor]
        )

    def prestador(self) -> int:
        return self.rng.randint(1, PRESTADORES)

    def novo_paciente(self) -> int:
        pessoa = GeradorPessoas(self.rng.getrandbits(48), borda=0).pessoa()
        valores = dict(zip(_PACIENTE, linhas.paciente(pessoa, self.rng), strict=True))
        return self.inserir("paciente", **valores, sn_ativo="S", dt_cadastro=self.agora, hr_cadastro=hora(self.agora))

    def novo_atendimento(self, paciente: int, tipo: str, **valores: Any) -> int:
        """An attendance that starts now; an admission gets a bed in the same transaction, or waits in the emergency room when there is none."""
        cama = self.leito_vago() if tipo == "I" else None
        tipo = "U" if tipo == "I" and cama is None else tipo
        campos = {
            "cd_paciente": paciente, "dt_atendimento": dia(self.agora), "hr_atendimento": hora(self.agora), "tp_atendimento": tipo, "cd_leito": cama,
            "cd_convenio": self.rng.randint(1, 4), "cd_prestador": self.prestador(), "cd_especialid": self.rng.randint(1, 6),
            "cd_ori_ate": self.rng.randint(1, 4), "cd_cid": self.rng.choice(t.CIDS)[0], "sn_internado": "S" if cama else "N",
            "tp_carater_internacao": self.rng.choice("EU") if tipo in "IU" else None, "nm_usuario": "RECEPCAO", **valores,
        }  # fmt: skip
        chave = self.inserir("atendime", **campos)
        if cama is not None:
            self.ocupar(chave, cama, "I")
        return chave

    def recente(self, condicao: str = "true") -> tuple[int, int] | None:
        """(attendance, patient) that meets ``condicao`` on ATENDIME ``a``; locked, and none that another session works on."""
        ultimo = self.um("select max(cd_atendimento) from dbamv.atendime")[0] or 0
        alvo = ultimo - int(self.rng.random() ** 2 * min(ultimo, RECENTES))
        sql = f"select cd_atendimento, cd_paciente from dbamv.atendime a where cd_atendimento between %s and %s and {condicao} order by 1"
        baixo = self.um(f"{sql} desc limit 1 for update skip locked", ultimo - RECENTES, alvo)
        return baixo or self.um(f"{sql} limit 1 for update skip locked", alvo, ultimo)

    def estadia(self) -> Estadia | None:
        """Some patient in a bed."""
        linha = self.um(
            "select m.cd_mov_int, a.cd_atendimento, a.cd_paciente, l.cd_leito, coalesce(u.tp_unid_int = 'U', false)"
            " from dbamv.leito l left join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
            " join dbamv.mov_int m on m.cd_leito = l.cd_leito and m.dt_lib_mov is null and m.tp_mov in ('I', 'O')"
            " join dbamv.atendime a on a.cd_atendimento = m.cd_atendimento and a.dt_alta is null"
            " where l.tp_ocupacao = 'O' order by mod(l.cd_leito * 7919 + %s, 100003) limit 1 for update of l, a skip locked",
            self.rng.randrange(100_003),
        )  # fmt: skip
        return linha and Estadia(*linha)

    def estadia_de(self, atendimento: int) -> Estadia | None:
        linha = self.um(
            "select m.cd_mov_int, a.cd_atendimento, a.cd_paciente, m.cd_leito, false from dbamv.mov_int m join dbamv.atendime a"
            " on a.cd_atendimento = m.cd_atendimento where m.cd_atendimento = %s and m.tp_mov in ('I', 'O') and m.dt_lib_mov is null",
            atendimento,
        )
        return linha and Estadia(*linha)

    def leito_vago(self, uti: bool | None = None) -> int | None:
        """A free bed (in intensive care, outside it, or anywhere), cleaned first if it must be."""
        where = "" if uti is None else f" and coalesce(u.tp_unid_int = 'U', false) = {str(uti).lower()}"
        linha = self.um(
            "select l.cd_leito, l.tp_ocupacao from dbamv.leito l left join dbamv.unid_int u on u.cd_unid_int = l.cd_unid_int"
            f" where l.tp_ocupacao in ('V', 'L') and l.tp_situacao = 'A'{where}"
            " order by l.tp_ocupacao desc, mod(l.cd_leito * 7919 + %s, 100003) limit 1 for update of l skip locked",
            self.rng.randrange(100_003),
        )
        if linha is None:
            return None
        if linha[1] == "L":
            self.limpar(linha[0])
        return int(linha[0])

    def limpar(self, cama: int) -> None:
        self.um("update dbamv.mov_int set dt_lib_mov = %s, hr_lib_mov = %s where cd_leito = %s and tp_mov = 'L' and dt_lib_mov is null",
                dia(self.agora), hora(self.agora), cama)  # fmt: skip
        self.mudar("leito", "cd_leito", cama, tp_ocupacao="V")

    def ocupar(self, atendimento: int, cama: int, tipo: str, anterior: int | None = None) -> None:
        self.inserir("mov_int", cd_atendimento=atendimento, cd_leito=cama, cd_leito_anterior=anterior, dt_mov_int=dia(self.agora),
                     hr_mov_int=hora(self.agora), tp_mov=tipo, cd_prestador=self.prestador(), cd_convenio=1, sn_reserva="N", nm_usuario="NIR")  # fmt: skip
        self.mudar("leito", "cd_leito", cama, tp_ocupacao="O")

    def desocupar(self, estadia: Estadia) -> None:
        """The stay ends and the bed waits for cleaning, which MV writes as a move without an attendance."""
        self.mudar("mov_int", "cd_mov_int", estadia.mov, dt_lib_mov=dia(self.agora), hr_lib_mov=hora(self.agora))
        self.inserir(
            "mov_int", cd_leito=estadia.leito, dt_mov_int=dia(self.agora), hr_mov_int=hora(self.agora), tp_mov="L", nm_usuario="HOTELARIA"
        )
        self.mudar("leito", "cd_leito", estadia.leito, tp_ocupacao="L")
