"""A clinic at work on the sandbox PEC: each call of :func:`mudar` is one thing that somebody does, committed by the caller.

Markers are the database's clock as local time, since PEC columns have no zone. What a real PEC audits is audited: ``ta_`` copies in the
newer version, Envers revisions in the older.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Esperado, Mudanca
from sandbox.origens.esus_ab.gerador import COLUNAS_CIDADAO, FUSO, SUBSTANCIAS, cidadao
from sandbox.origens.esus_ab.textos import MEDIDAS, medidas, soap
from sandbox.origens.pessoas import MUNICIPIOS, GeradorPessoas

SOAP = ("subjetivo", "objetivo", "avaliacao", "plano")


class Clinica:
    """One transaction's view of the PEC: its clock, version and helpers."""

    def __init__(self, con: Any, rng: random.Random) -> None:
        self.cur, self.rng = con.cursor(), rng
        self.nova, self.agora = self.um(
            f"select to_regclass('ta_medicao') is not null, clock_timestamp() at time zone '{FUSO}'"
        )  # fmt: skip

    def um(self, sql: str, *valores: Any) -> Any:
        """First row, or ``None``."""
        self.cur.execute(sql, valores)
        return self.cur.fetchone()

    def fazer(self, sql: str, *valores: Any) -> None:
        self.cur.execute(sql, valores)

    def inserir(self, tabela: str, **valores: Any) -> int:
        """Insert one row; the first column without a value (``None``) takes a new key, which is returned."""
        chave = next((c for c, v in valores.items() if v is None and c.startswith("co_seq_")), None)
        if chave is not None:
            # Visits count on their own, as in the history: a random key then hits old and new ones alike.
            valores[chave] = self.um("select nextval(%s)", "seq_atend" if tabela == "tb_atend" else "seq_pec")[0]
        self.fazer(f"insert into {tabela} ({', '.join(valores)}) values ({', '.join(['%s'] * len(valores))})", *valores.values())
        return int(valores[chave]) if chave is not None else 0

    def auditar(self, tabela: str, coluna: str, chave: int, prof: int, tipo: str) -> None:
        """Audit copy of the row as it is now (``tipo`` I or A)."""
        if self.nova:
            self.fazer(
                f"insert into ta_{tabela} select nextval('seq_ta'), %s, %s, t.* from tb_{tabela} t where {coluna} = %s",
                self.agora,
                tipo,
                chave,
            )
            return
        revisao = self.inserir("tb_revisao", co_seq_revisao=None, dt_revisao=self.agora)
        if tabela == "medicao":
            self.fazer(
                "insert into tl_medicao select t.*, %s, %s from tb_medicao t where co_seq_medicao = %s", revisao, int(tipo == "A"), chave
            )
        else:
            self.fazer("insert into tl_atend_prof select t.*, %s, 1 from tb_atend_prof t where co_seq_atend_prof = %s", revisao, prof)

    def aberta(self) -> Any:
        """(visit, status, professional attendance) of a recent visit that is still going on."""
        return self.um(
            "select a.co_seq_atend, a.st_atend, a.co_atend_prof from tb_atend a where a.co_seq_atend in ("
            "select co_seq_atend from tb_atend order by dt_ultima_alteracao_status desc, co_seq_atend desc limit 300) "
            "and a.st_atend in (1, 2, 3) order by md5(a.co_seq_atend::text || %s) limit 1 for update skip locked",
            str(self.rng.random()),
        )

    def feita(self) -> Any:
        """(visit, professional attendance, chart) of a finished visit that is not cancelled and has a note."""
        return self.um(
            "select a.co_seq_atend, f.co_seq_atend_prof, a.co_prontuario from tb_atend a "
            "join tb_atend_prof f on f.co_seq_atend_prof = a.co_atend_prof join tb_evolucao_plano e on e.co_atend_prof = f.co_seq_atend_prof "
            "where a.st_atend = 4 and f.st_cancelado is distinct from 1 and a.co_seq_atend >= cast(%s * (select max(co_seq_atend) from tb_atend) as bigint) "
            "order by a.co_seq_atend limit 1 for update of a skip locked",
            self.rng.random() * 0.95,
        )

    def novo_cidadao(self) -> tuple[int, int]:
        """Keys of a new citizen and the chart."""
        pessoa = GeradorPessoas(self.rng.randrange(10**9)).pessoa()
        valores = dict(zip(COLUNAS_CIDADAO, cidadao(pessoa, self.rng, self.agora), strict=True))
        n = self.inserir("tb_cidadao", co_seq_cidadao=None, **valores)
        return n, self.inserir("tb_prontuario", co_seq_prontuario=None, co_cidadao=n)

    def admitir(self, prontuario: int) -> int:
        lotacao = self.um(
            "select co_unidade_saude, co_equipe from tb_lotacao order by co_ator_papel offset %s limit 1", self.rng.randrange(60)
        )
        return self.inserir(
            "tb_atend", co_seq_atend=None, dt_inicio=self.agora, st_atend=1, co_prontuario=prontuario, co_unidade_saude=lotacao[0],
            co_equipe=lotacao[1], dt_criacao_registro=self.agora, dt_ultima_alteracao_status=self.agora,
            co_unico_atend=f"s{self.agora:%H%M%S%f}",
        )  # fmt: skip

    def status(self, atend: int, st: int, prof: int | None = None) -> None:
        self.fazer(
            "update tb_atend set st_atend = %s, dt_ultima_alteracao_status = %s, co_atend_prof = coalesce(%s, co_atend_prof), "
            "dt_fim = case when %s in (4, 5) then %s else dt_fim end where co_seq_atend = %s",
            st, self.agora, prof, st, self.agora, atend,
        )  # fmt: skip

    def turno(self, atend: int, tipo: int) -> int:
        n = int(self.um("select nextval('seq_pec')")[0])
        self.inserir(
            "tb_atend_prof", co_seq_atend_prof=n, co_atend=atend, dt_inicio=self.agora, co_lotacao=9001 + self.rng.randrange(60),
            tp_atend_prof=tipo, st_atend_prof=1, co_unico_atend_prof=f"u{n}",
        )  # fmt: skip
        return n

    def medir(self, prof: int) -> int:
        valores = dict(zip(MEDIDAS, medidas(self.rng), strict=True))
        return self.inserir("tb_medicao", co_seq_medicao=None, dt_medicao=self.agora, co_atend_prof=prof, **valores)

    def receitar(self, prof: int) -> int:
        return self.inserir(
            "tb_receita_medicamento", co_seq_receita_medicamento=None, co_atend_prof=prof, co_medicamento=501 + self.rng.randrange(20),
            no_posologia="Tomar 1 conforme orientação", ds_dose="1", qt_receitada=30, st_uso_continuo=1, tp_frequencia_dose=3,
            ds_frequencia_dose="12", dt_inicio_tratamento=self.agora.date(), co_aplicacao_medicamento=0,
        )  # fmt: skip

    def escrever(self, prof: int, prontuario: int) -> None:
        """What a professional leaves behind on finishing: note, problems, signs, prescriptions, sometimes an exam or an allergy."""
        for parte, texto in zip(SOAP, soap(self.rng), strict=True):
            self.inserir(f"tb_evolucao_{parte}", co_atend_prof=prof, **{f"ds_{parte}": texto})
        for _ in range(self.rng.randint(1, 3)):
            codigo = self.rng.randrange(19)
            self.inserir(
                "rl_evolucao_avaliacao_ciap_cid",
                co_seq_evolucao_aval_ciap_cid=None,
                co_atend_prof=prof,
                co_ciap=701 + codigo,
                co_cid10=1 + codigo,
            )
        self.medir(prof)
        for _ in range(self.rng.randrange(4)):
            self.receitar(prof)
        if self.rng.random() < 0.4:
            requisicao = self.inserir(
                "tb_requisicao_exame", co_seq_requisicao_exame=None, co_atend_prof=prof, dt_requisicao=self.agora, tp_exame=1
            )
            self.inserir(
                "tb_exame_requisitado", co_seq_exame_requisitado=None, co_requisicao_exame=requisicao, co_prontuario=prontuario,
                co_proced=3001 + self.rng.randrange(10), dt_solicitacao=self.agora,
                **{"co_atend_prof_solicitacao" if self.nova else "co_atend_prof": prof},
            )  # fmt: skip
        self.inserir("rl_atend_proced", co_atend_prof=prof, co_proced=3101 + self.rng.randrange(6))
        if self.rng.random() < 0.05:
            n, qual = int(self.um("select nextval('seq_pec')")[0]), self.rng.randrange(6)
            substancia = {"co_substancia_especifica": qual + 1} if self.nova else {"no_substancia_especifica": SUBSTANCIAS[qual]}
            self.inserir(
                "tb_alergia", co_seq_alergia=n, co_prontuario=prontuario, co_categoria_agente_causador=1, co_unico_alergia=n, **substancia
            )
            self.inserir(
                "tb_alergia_evolucao", co_seq_alergia_evolucao=None, co_unico_alergia=n, co_criticidade_alergia=1, co_atend_prof=prof,
                no_manifestacoes="Prurido e placas",
            )  # fmt: skip


def _admissao(c: Clinica) -> Mudanca:
    inicio = "cast(%s * (select max(co_seq_atend) from tb_atend) as bigint)"
    antigo = None
    if c.rng.random() < 0.7:
        antigo = c.um(f"select co_prontuario from tb_atend where co_seq_atend >= {inicio} order by co_seq_atend limit 1", c.rng.random())
    prontuario = antigo[0] if antigo else c.novo_cidadao()[1]
    return Mudanca(str(c.admitir(prontuario)), "inclusao", "admissao")


def _andamento(c: Clinica) -> Mudanca | None:
    if (visita := c.aberta()) is None:
        return None
    atend, st, prof = visita
    if st == 1 and c.rng.random() < 0.1:
        c.status(atend, 5)
        return Mudanca(str(atend), "alteracao", "nao_aguardou")
    if st == 1 and c.rng.random() < 0.4:
        escuta = c.turno(atend, 2)
        c.medir(escuta)
        c.status(atend, 2, escuta)
        return Mudanca(str(atend), "alteracao", "escuta_inicial")
    if st in (1, 2):
        c.fazer("update tb_atend_prof set st_atend_prof = 2, dt_fim = %s where co_atend = %s", c.agora, atend)
        c.status(atend, 3, c.turno(atend, 1))
        return Mudanca(str(atend), "alteracao", "inicio_atendimento")
    c.escrever(prof, c.um("select co_prontuario from tb_atend where co_seq_atend = %s", atend)[0])
    c.fazer("update tb_atend_prof set st_atend_prof = 2, dt_fim = %s where co_seq_atend_prof = %s", c.agora, prof)
    c.status(atend, 4)
    return Mudanca(str(atend), "alteracao", "fim_atendimento")


def _conteudo(c: Clinica) -> Mudanca | None:
    if (visita := c.feita()) is None:
        return None
    atend, prof, _ = visita
    if c.rng.random() < 0.5:
        c.auditar("medicao", "co_seq_medicao", c.medir(prof), prof, "I")
    else:
        c.auditar("receita_medicamento", "co_seq_receita_medicamento", c.receitar(prof), prof, "I")
    return Mudanca(str(atend), "alteracao", "conteudo_novo")


def _edicao_tardia(c: Clinica) -> Mudanca | None:
    if (visita := c.feita()) is None:
        return None
    atend, prof, _ = visita
    parte = c.rng.choice(SOAP)
    c.fazer(
        f"update tb_evolucao_{parte} set ds_{parte} = %s where co_atend_prof = %s",
        f"{soap(c.rng)[SOAP.index(parte)]}<p>Corrigido em {c.agora:%d/%m/%Y %H:%M:%S.%f}</p>", prof,
    )  # fmt: skip
    c.auditar(f"evolucao_{parte}", "co_atend_prof", prof, prof, "A")
    return Mudanca(str(atend), "alteracao", "edicao_tardia")


def _cidadao(c: Clinica) -> Mudanca | None:
    if (visita := c.feita()) is None:
        return None
    celular = f"{c.rng.randint(11, 99)}9{c.rng.randrange(10**8):08d}"
    c.fazer(
        "update tb_cidadao set nu_telefone_celular = %s, nu_numero = %s, co_localidade_endereco = %s, dt_atualizado = %s "
        "where co_seq_cidadao = (select co_cidadao from tb_prontuario where co_seq_prontuario = %s)",
        celular, str(c.rng.randrange(3000)), 1 + c.rng.randrange(len(MUNICIPIOS)), c.agora, visita[2],
    )  # fmt: skip
    return Mudanca(str(visita[0]), "alteracao", "cidadao")


def _cancelamento(c: Clinica) -> Mudanca | None:
    if (visita := c.feita()) is None:
        return None
    atend = visita[0]
    c.fazer("update tb_atend_prof set st_cancelado = 1 where co_atend = %s", atend)
    c.fazer("insert into tb_retificacao_atend select co_unico_atend_prof, %s from tb_atend_prof where co_atend = %s", c.agora, atend)
    if c.rng.random() < 0.5:
        c.status(atend, 4)
    return Mudanca(str(atend), "exclusao", "cancelamento")


def _unificacao(c: Clinica) -> Mudanca | None:
    """The visit's citizen turns out to be another one's double: that other's chart survives."""
    if (visita := c.feita()) is None:
        return None
    fica = c.um(
        "select p.co_seq_prontuario from tb_prontuario p join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao "
        "where p.co_seq_prontuario > %s and s.st_unificado <> 1 and p.co_prontuario_grupo is null order by 1 limit 1 for update of p",
        visita[2],
    )
    sai = c.um(
        "select s.co_seq_cidadao from tb_prontuario p join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao "
        "where p.co_seq_prontuario = %s and p.co_prontuario_grupo is null and s.st_unificado <> 1", visita[2],
    )  # fmt: skip
    if fica is None or sai is None:
        return None
    c.fazer("update tb_cidadao set st_unificado = 1, dt_atualizado = %s where co_seq_cidadao = %s", c.agora, sai[0])
    c.fazer("update tb_prontuario set co_prontuario_grupo = %s where co_seq_prontuario in (%s, %s)", fica[0], fica[0], visita[2])
    c.fazer("insert into tb_prontuario_grupo_historico values (%s, %s, %s)", fica[0], visita[2], c.agora)
    return Mudanca(str(visita[0]), "alteracao", "unificacao")


MUDANCAS: dict[Callable[[Clinica], Mudanca | None], int] = {
    _admissao: 25, _andamento: 36, _conteudo: 12, _edicao_tardia: 12, _cidadao: 8, _cancelamento: 5, _unificacao: 2,
}  # fmt: skip
"""What happens in the clinic, and how often of a hundred."""


def _completa(c: Clinica, mudanca: Mudanca) -> Mudanca:
    """The change with its patient and, where the patient changed, every visit that carries him or her."""
    c.cur.execute(f"{_ESTADO} where a.co_seq_atend = %s", (mudanca.chave,))
    paciente = str(c.cur.fetchone()[1])
    afetadas: tuple[str, ...] = (mudanca.chave,)
    if mudanca.tipo in ("cidadao", "unificacao"):
        c.cur.execute(f"{_ESTADO} where a.co_prontuario = (select co_prontuario from tb_atend where co_seq_atend = %s)", (mudanca.chave,))
        afetadas = tuple(str(chave) for chave, _, cancelada in c.cur.fetchall() if not cancelada)
    return dataclasses.replace(mudanca, chave_paciente=paciente, afetadas=afetadas)


def mudar(con: Any, rng: random.Random) -> Mudanca:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    clinica = Clinica(con, rng)
    escolhida = rng.choices(list(MUDANCAS), list(MUDANCAS.values()))[0]
    return _completa(clinica, escolhida(clinica) or _admissao(clinica))


# Written apart from the hub's own SQL, so that one can prove the other.
_ESTADO = """
select a.co_seq_atend, coalesce(principal.co_cidadao, p.co_cidadao, -p.co_seq_prontuario), coalesce(f.todas, false)
from tb_atend a join tb_prontuario p on p.co_seq_prontuario = a.co_prontuario left join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao
left join lateral (select bool_and(coalesce(x.st_cancelado = 1, false)) todas
    from tb_atend_prof x where x.co_atend = a.co_seq_atend) f on true
left join lateral (select min(g.co_cidadao) co_cidadao from tb_prontuario g join tb_cidadao v on v.co_seq_cidadao = g.co_cidadao
    where s.st_unificado = 1 and v.st_unificado = 0 and g.co_prontuario_grupo = p.co_prontuario_grupo) principal on true
"""


def chaves(con: Any) -> Iterator[Esperado]:
    """Every visit with the state that Fusion must have, ordered by key."""
    with con.cursor() as cur:
        cur.execute(_ESTADO + "order by 1")
        while linhas := cur.fetchmany(10_000):
            yield from (Esperado(str(k), str(p), "exclusao" if todas else "alteracao") for k, p, todas in linhas)
