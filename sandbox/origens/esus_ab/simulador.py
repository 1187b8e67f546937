"""A clinic at work on the sandbox PEC: each call of :func:`change` is one thing that somebody does, committed by the caller.

Markers are the database's clock as local time, since PEC columns have no zone. What a real PEC audits is audited: ``ta_`` copies in the
newer version, Envers revisions in the older.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.origens.base import Change, Expected
from sandbox.origens.esus_ab.gerador import CIDADAO_COLUMNS, SUBSTANCES, ZONE, cidadao
from sandbox.origens.esus_ab.textos import MEASURES, measures, soap
from sandbox.origens.pessoas import MUNICIPALITIES, PersonGenerator

SOAP = ("subjetivo", "objetivo", "avaliacao", "plano")


class Clinica:
    """One transaction's view of the PEC: its clock, version and helpers."""

    def __init__(self, con: Any, rng: random.Random) -> None:
        self.cur, self.rng = con.cursor(), rng
        self.new, self.now = self.one(
            f"select to_regclass('ta_medicao') is not null, clock_timestamp() at time zone '{ZONE}'"
        )  # fmt: skip

    def one(self, sql: str, *values: Any) -> Any:
        """First row, or ``None``."""
        self.cur.execute(sql, values)
        return self.cur.fetchone()

    def do(self, sql: str, *values: Any) -> None:
        self.cur.execute(sql, values)

    def insert(self, tabela: str, **values: Any) -> int:
        """Insert one row; the first column without a value (``None``) takes a new key, which is returned."""
        key = next((c for c, v in values.items() if v is None and c.startswith("co_seq_")), None)
        if key is not None:
            # Visits count on their own, as in the history: a random key then hits old and new ones alike.
            values[key] = self.one("select nextval(%s)", "seq_atend" if tabela == "tb_atend" else "seq_pec")[0]
        self.do(f"insert into {tabela} ({', '.join(values)}) values ({', '.join(['%s'] * len(values))})", *values.values())
        return int(values[key]) if key is not None else 0

    def audit(self, table: str, column: str, key: int, prof: int, kind: str) -> None:
        """Audit copy of the row as it is now (``kind`` I or A)."""
        if self.new:
            self.do(
                f"insert into ta_{table} select nextval('seq_ta'), %s, %s, t.* from tb_{table} t where {column} = %s",
                self.now,
                kind,
                key,
            )
            return
        revision = self.insert("tb_revisao", co_seq_revisao=None, dt_revisao=self.now)
        if table == "medicao":
            self.do(
                "insert into tl_medicao select t.*, %s, %s from tb_medicao t where co_seq_medicao = %s", revision, int(kind == "A"), key
            )
        else:
            self.do("insert into tl_atend_prof select t.*, %s, 1 from tb_atend_prof t where co_seq_atend_prof = %s", revision, prof)

    def open_column(self) -> Any:
        """(visit, status, professional attendance) of a recent visit that is still going on."""
        return self.one(
            "select a.co_seq_atend, a.st_atend, a.co_atend_prof from tb_atend a where a.co_seq_atend in ("
            "select co_seq_atend from tb_atend order by dt_ultima_alteracao_status desc, co_seq_atend desc limit 300) "
            "and a.st_atend in (1, 2, 3) order by md5(a.co_seq_atend::text || %s) limit 1 for update skip locked",
            str(self.rng.random()),
        )

    def made(self) -> Any:
        """(visit, professional attendance, chart) of a finished visit that is not cancelled and has a note."""
        return self.one(
            "select a.co_seq_atend, f.co_seq_atend_prof, a.co_prontuario from tb_atend a "
            "join tb_atend_prof f on f.co_seq_atend_prof = a.co_atend_prof join tb_evolucao_plano e on e.co_atend_prof = f.co_seq_atend_prof "
            "where a.st_atend = 4 and f.st_cancelado is distinct from 1 and a.co_seq_atend >= cast(%s * (select max(co_seq_atend) from tb_atend) as bigint) "
            "order by a.co_seq_atend limit 1 for update of a skip locked",
            self.rng.random() * 0.95,
        )

    def new_cidadao(self) -> tuple[int, int]:
        """Keys of a new citizen and the chart."""
        person = PersonGenerator(self.rng.randrange(10**9)).person()
        values = dict(zip(CIDADAO_COLUMNS, cidadao(person, self.rng, self.now), strict=True))
        n = self.insert("tb_cidadao", co_seq_cidadao=None, **values)
        return n, self.insert("tb_prontuario", co_seq_prontuario=None, co_cidadao=n)

    def admit(self, medical_record: int) -> int:
        lotacao = self.one(
            "select co_unidade_saude, co_equipe from tb_lotacao order by co_ator_papel offset %s limit 1", self.rng.randrange(60)
        )
        return self.insert(
            "tb_atend", co_seq_atend=None, dt_inicio=self.now, st_atend=1, co_prontuario=medical_record, co_unidade_saude=lotacao[0],
            co_equipe=lotacao[1], dt_criacao_registro=self.now, dt_ultima_alteracao_status=self.now,
            co_unico_atend=f"s{self.now:%H%M%S%f}",
        )  # fmt: skip

    def status(self, atend: int, st: int, prof: int | None = None) -> None:
        self.do(
            "update tb_atend set st_atend = %s, dt_ultima_alteracao_status = %s, co_atend_prof = coalesce(%s, co_atend_prof), "
            "dt_fim = case when %s in (4, 5) then %s else dt_fim end where co_seq_atend = %s",
            st, self.now, prof, st, self.now, atend,
        )  # fmt: skip

    def shift(self, atend: int, kind: int) -> int:
        n = int(self.one("select nextval('seq_pec')")[0])
        self.insert(
            "tb_atend_prof", co_seq_atend_prof=n, co_atend=atend, dt_inicio=self.now, co_lotacao=9001 + self.rng.randrange(60),
            tp_atend_prof=kind, st_atend_prof=1, co_unico_atend_prof=f"u{n}",
        )  # fmt: skip
        return n

    def take_measure(self, prof: int) -> int:
        values = dict(zip(MEASURES, measures(self.rng), strict=True))
        return self.insert("tb_medicao", co_seq_medicao=None, dt_medicao=self.now, co_atend_prof=prof, **values)

    def prescribe(self, prof: int) -> int:
        return self.insert(
            "tb_receita_medicamento", co_seq_receita_medicamento=None, co_atend_prof=prof, co_medicamento=501 + self.rng.randrange(20),
            no_posologia="Tomar 1 conforme orientação", ds_dose="1", qt_receitada=30, st_uso_continuo=1, tp_frequencia_dose=3,
            ds_frequencia_dose="12", dt_inicio_tratamento=self.now.date(), co_aplicacao_medicamento=0,
        )  # fmt: skip

    def write_text(self, prof: int, medical_record: int) -> None:
        """What a professional leaves behind on finishing: note, problems, signs, prescriptions, sometimes an exam or an allergy."""
        for part, text in zip(SOAP, soap(self.rng), strict=True):
            self.insert(f"tb_evolucao_{part}", co_atend_prof=prof, **{f"ds_{part}": text})
        for _ in range(self.rng.randint(1, 3)):
            code = self.rng.randrange(19)
            self.insert(
                "rl_evolucao_avaliacao_ciap_cid",
                co_seq_evolucao_aval_ciap_cid=None,
                co_atend_prof=prof,
                co_ciap=701 + code,
                co_cid10=1 + code,
            )
        self.take_measure(prof)
        for _ in range(self.rng.randrange(4)):
            self.prescribe(prof)
        if self.rng.random() < 0.4:
            requisition = self.insert(
                "tb_requisicao_exame", co_seq_requisicao_exame=None, co_atend_prof=prof, dt_requisicao=self.now, tp_exame=1
            )
            self.insert(
                "tb_exame_requisitado", co_seq_exame_requisitado=None, co_requisicao_exame=requisition, co_prontuario=medical_record,
                co_proced=3001 + self.rng.randrange(10), dt_solicitacao=self.now,
                **{"co_atend_prof_solicitacao" if self.new else "co_atend_prof": prof},
            )  # fmt: skip
        self.insert("rl_atend_proced", co_atend_prof=prof, co_proced=3101 + self.rng.randrange(6))
        if self.rng.random() < 0.05:
            n, which = int(self.one("select nextval('seq_pec')")[0]), self.rng.randrange(6)
            substancia = {"co_substancia_especifica": which + 1} if self.new else {"no_substancia_especifica": SUBSTANCES[which]}
            self.insert(
                "tb_alergia",
                co_seq_alergia=n,
                co_prontuario=medical_record,
                co_categoria_agente_causador=1,
                co_unico_alergia=n,
                **substancia,
            )
            self.insert(
                "tb_alergia_evolucao", co_seq_alergia_evolucao=None, co_unico_alergia=n, co_criticidade_alergia=1, co_atend_prof=prof,
                no_manifestacoes="Prurido e placas",
            )  # fmt: skip


def _admission(c: Clinica) -> Change:
    start = "cast(%s * (select max(co_seq_atend) from tb_atend) as bigint)"
    old_value = None
    if c.rng.random() < 0.7:
        old_value = c.one(f"select co_prontuario from tb_atend where co_seq_atend >= {start} order by co_seq_atend limit 1", c.rng.random())
    medical_record = old_value[0] if old_value else c.new_cidadao()[1]
    return Change(str(c.admit(medical_record)), "inclusao", "admissao")


def _under_way(c: Clinica) -> Change | None:
    if (visit := c.open_column()) is None:
        return None
    atend, st, prof = visit
    if st == 1 and c.rng.random() < 0.1:
        c.status(atend, 5)
        return Change(str(atend), "alteracao", "nao_aguardou")
    if st == 1 and c.rng.random() < 0.4:
        listening = c.shift(atend, 2)
        c.take_measure(listening)
        c.status(atend, 2, listening)
        return Change(str(atend), "alteracao", "escuta_inicial")
    if st in (1, 2):
        c.do("update tb_atend_prof set st_atend_prof = 2, dt_fim = %s where co_atend = %s", c.now, atend)
        c.status(atend, 3, c.shift(atend, 1))
        return Change(str(atend), "alteracao", "inicio_atendimento")
    c.write_text(prof, c.one("select co_prontuario from tb_atend where co_seq_atend = %s", atend)[0])
    c.do("update tb_atend_prof set st_atend_prof = 2, dt_fim = %s where co_seq_atend_prof = %s", c.now, prof)
    c.status(atend, 4)
    return Change(str(atend), "alteracao", "fim_atendimento")


def _content(c: Clinica) -> Change | None:
    if (visit := c.made()) is None:
        return None
    atend, prof, _ = visit
    if c.rng.random() < 0.5:
        c.audit("medicao", "co_seq_medicao", c.take_measure(prof), prof, "I")
    else:
        c.audit("receita_medicamento", "co_seq_receita_medicamento", c.prescribe(prof), prof, "I")
    return Change(str(atend), "alteracao", "conteudo_novo")


def _edicao_tardia(c: Clinica) -> Change | None:
    if (visit := c.made()) is None:
        return None
    atend, prof, _ = visit
    part = c.rng.choice(SOAP)
    c.do(
        f"update tb_evolucao_{part} set ds_{part} = %s where co_atend_prof = %s",
        f"{soap(c.rng)[SOAP.index(part)]}<p>Corrigido em {c.now:%d/%m/%Y %H:%M:%S.%f}</p>", prof,
    )  # fmt: skip
    c.audit(f"evolucao_{part}", "co_atend_prof", prof, prof, "A")
    return Change(str(atend), "alteracao", "edicao_tardia")


def _cidadao(c: Clinica) -> Change | None:
    if (visit := c.made()) is None:
        return None
    mobile = f"{c.rng.randint(11, 99)}9{c.rng.randrange(10**8):08d}"
    c.do(
        "update tb_cidadao set nu_telefone_celular = %s, nu_numero = %s, co_localidade_endereco = %s, dt_atualizado = %s "
        "where co_seq_cidadao = (select co_cidadao from tb_prontuario where co_seq_prontuario = %s)",
        mobile, str(c.rng.randrange(3000)), 1 + c.rng.randrange(len(MUNICIPALITIES)), c.now, visit[2],
    )  # fmt: skip
    return Change(str(visit[0]), "alteracao", "cidadao")


def _cancelamento(c: Clinica) -> Change | None:
    if (visit := c.made()) is None:
        return None
    atend = visit[0]
    c.do("update tb_atend_prof set st_cancelado = 1 where co_atend = %s", atend)
    c.do("insert into tb_retificacao_atend select co_unico_atend_prof, %s from tb_atend_prof where co_atend = %s", c.now, atend)
    if c.rng.random() < 0.5:
        c.status(atend, 4)
    return Change(str(atend), "exclusao", "cancelamento")


def _merge_pacientes(c: Clinica) -> Change | None:
    """The visit's citizen turns out to be another one's double: that other's chart survives."""
    if (visit := c.made()) is None:
        return None
    survivor = c.one(
        "select p.co_seq_prontuario from tb_prontuario p join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao "
        "where p.co_seq_prontuario > %s and s.st_unificado <> 1 and p.co_prontuario_grupo is null order by 1 limit 1 for update of p",
        visit[2],
    )
    merged_id = c.one(
        "select s.co_seq_cidadao from tb_prontuario p join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao "
        "where p.co_seq_prontuario = %s and p.co_prontuario_grupo is null and s.st_unificado <> 1", visit[2],
    )  # fmt: skip
    if survivor is None or merged_id is None:
        return None
    c.do("update tb_cidadao set st_unificado = 1, dt_atualizado = %s where co_seq_cidadao = %s", c.now, merged_id[0])
    c.do("update tb_prontuario set co_prontuario_grupo = %s where co_seq_prontuario in (%s, %s)", survivor[0], survivor[0], visit[2])
    c.do("insert into tb_prontuario_grupo_historico values (%s, %s, %s)", survivor[0], visit[2], c.now)
    return Change(str(visit[0]), "alteracao", "unificacao")


CHANGES: dict[Callable[[Clinica], Change | None], int] = {
    _admission: 25, _under_way: 36, _content: 12, _edicao_tardia: 12, _cidadao: 8, _cancelamento: 5, _merge_pacientes: 2,
}  # fmt: skip
"""What happens in the clinic, and how often of a hundred."""


def _completion(c: Clinica, change: Change) -> Change:
    """The change with its patient and, where the patient changed, every visit that carries him or her."""
    c.cur.execute(f"{_STATE} where a.co_seq_atend = %s", (change.chave,))
    paciente = str(c.cur.fetchone()[1])
    affected: tuple[str, ...] = (change.chave,)
    if change.tipo in ("cidadao", "unificacao"):
        c.cur.execute(f"{_STATE} where a.co_prontuario = (select co_prontuario from tb_atend where co_seq_atend = %s)", (change.chave,))
        affected = tuple(str(key) for key, _, cancelled in c.cur.fetchall() if not cancelled)
    return dataclasses.replace(change, chave_paciente=paciente, affected=affected)


def change(con: Any, rng: random.Random) -> Change:
    """One realistic change, not committed; an admission where the chosen kind finds nothing to work on."""
    clinica = Clinica(con, rng)
    chosen = rng.choices(list(CHANGES), list(CHANGES.values()))[0]
    return _completion(clinica, chosen(clinica) or _admission(clinica))


# Written apart from the hub's own SQL, so that one can prove the other.
_STATE = """
select a.co_seq_atend, coalesce(principal.co_cidadao, p.co_cidadao, -p.co_seq_prontuario), coalesce(f.todas, false)
from tb_atend a join tb_prontuario p on p.co_seq_prontuario = a.co_prontuario left join tb_cidadao s on s.co_seq_cidadao = p.co_cidadao
left join lateral (select bool_and(coalesce(x.st_cancelado = 1, false)) todas
    from tb_atend_prof x where x.co_atend = a.co_seq_atend) f on true
left join lateral (select min(g.co_cidadao) co_cidadao from tb_prontuario g join tb_cidadao v on v.co_seq_cidadao = g.co_cidadao
    where s.st_unificado = 1 and v.st_unificado = 0 and g.co_prontuario_grupo = p.co_prontuario_grupo) principal on true
"""


def keys(con: Any) -> Iterator[Expected]:
    """Every visit with the state that Fusion must have, ordered by key."""
    with con.cursor() as cur:
        cur.execute(_STATE + "order by 1")
        while rows := cur.fetchmany(10_000):
            yield from (Expected(str(k), str(p), "exclusao" if all_of_them else "alteracao") for k, p, all_of_them in rows)
