"""Fills a sandbox PEC with a seeded history: rows are made in Python in batches and copied in by a second thread."""

from __future__ import annotations

import io
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.origens.base import Progress, connect
from sandbox.origens.esus_ab.textos import MEASURES, measures, soap
from sandbox.origens.pessoas import MUNICIPALITIES, Person, PersonGenerator

HERE = Path(__file__).parent
ZONE = "America/Bahia"
BATCH = 2000
_RACE = {"BRANCA": 1, "PRETA": 2, "AMARELA": 3, "PARDA": 4, "INDIGENA": 5, "IGNORADA": 6}
_SEX = {"M": ("MASCULINO", "Masculino"), "F": ("FEMININO", "Feminino"), "I": ("INDETERMINADO", "Indeterminado")}
CIDADAO_COLUMNS = (
    "co_unico_cidadao", "nu_cpf", "nu_cns", "no_cidadao", "no_cidadao_filtro", "no_social", "no_mae", "no_pai", "dt_nascimento", "no_sexo",
    "co_raca_cor", "st_ativo", "nu_telefone_celular", "nu_telefone_residencial", "ds_email", "ds_logradouro", "nu_numero", "ds_complemento",
    "no_bairro", "ds_cep", "co_localidade_endereco", "co_uf", "dt_atualizado",
)  # fmt: skip
_IBGE = {m[0]: n for n, m in enumerate(MUNICIPALITIES, 1)}
UFS = sorted({m[2] for m in MUNICIPALITIES})
_COLUMNS = {
    "tb_cidadao": ("co_seq_cidadao", *CIDADAO_COLUMNS, "dt_obito", "st_faleceu", "st_unificado"),
    "tb_prontuario": ("co_seq_prontuario", "co_cidadao", "co_prontuario_grupo"),
    "tb_prontuario_grupo_historico": ("co_prontuario_grupo", "co_prontuario", "dt_unificacao"),
    "tb_atend": ("co_seq_atend", "dt_inicio", "dt_fim", "st_atend", "co_prontuario", "co_unidade_saude", "co_equipe", "co_atend_prof",
                 "dt_criacao_registro", "dt_ultima_alteracao_status", "co_unico_atend"),
    "tb_atend_prof": ("co_seq_atend_prof", "co_atend", "dt_inicio", "dt_fim", "co_lotacao", "tp_atend_prof", "tp_atend", "st_atend_prof",
                      "st_cancelado", "co_unico_atend_prof"),
    "tb_retificacao_atend": ("co_unico_atend_prof", "dt_exclusao"),
    "tb_evolucao_subjetivo": ("co_atend_prof", "ds_subjetivo"),
    "tb_evolucao_objetivo": ("co_atend_prof", "ds_objetivo"),
    "tb_evolucao_avaliacao": ("co_atend_prof", "ds_avaliacao"),
    "tb_evolucao_plano": ("co_atend_prof", "ds_plano"),
    "rl_evolucao_avaliacao_ciap_cid": ("co_seq_evolucao_aval_ciap_cid", "co_atend_prof", "co_ciap", "co_cid10", "co_unico_problema"),
    "tb_problema_evolucao": ("co_seq_problema_evolucao", "co_unico_problema", "co_atend_prof", "co_situacao_problema"),
    "tb_medicao": ("co_seq_medicao", "dt_medicao", "co_atend_prof", *MEASURES),
    "tb_vacinacao": ("co_seq_vacinacao", "co_atend_prof", "co_prontuario"),
    "tb_registro_vacinacao": ("co_seq_registro_vacinacao", "co_vacinacao", "co_imunobiologico", "co_dose_imunobiologico",
                              "co_estrategia_vacinacao", "co_via_adm_vacina", "co_local_apl_vacina", "co_imunobiologico_lote",
                              "st_registro_anterior", "dt_aplicacao", "dt_aprazamento"),
    "tb_requisicao_exame": ("co_seq_requisicao_exame", "co_atend_prof", "dt_requisicao", "tp_exame", "ds_justificativa_procedimento",
                            "co_cid10"),
    "tb_exame_requisitado": ("co_seq_exame_requisitado", "co_requisicao_exame", "{solicitante}", "co_atend_prof_resultado",
                             "co_prontuario", "co_proced", "dt_solicitacao", "dt_resultado", "ds_resultado"),
    "tb_receita_medicamento": ("co_seq_receita_medicamento", "co_atend_prof", "co_medicamento", "no_posologia", "ds_dose", "qt_receitada",
                               "st_uso_continuo", "st_dose_unica", "tp_frequencia_dose", "ds_frequencia_dose", "qt_periodo_frequencia",
                               "tp_un_medida_tempo_frequencia", "dt_inicio_tratamento", "dt_fim_tratamento", "ds_recomendacao",
                               "co_aplicacao_medicamento"),
    "rl_atend_proced": ("co_atend_prof", "co_proced"),
    "tb_alergia": ("co_seq_alergia", "co_prontuario", "co_categoria_agente_causador", "{substancia}", "co_unico_alergia"),
    "tb_alergia_evolucao": ("co_seq_alergia_evolucao", "co_unico_alergia", "no_manifestacoes", "dt_instalacao", "co_criticidade_alergia",
                            "co_atend_prof"),
}  # fmt: skip
SUBSTANCES = ("Dipirona", "Penicilina", "Camarão", "Látex", "Picada de abelha", "Leite de vaca")
_IMUNOBIOLOGICOS = (15, 9, 22, 42, 24, 14, 33, 25)
"""In the order of their lots."""
_NULL = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def _copy(value: Any) -> str:
    """One value in COPY's text format."""
    return _NULL if value is None else str(value).translate(_ESCAPES)


def _digits(value: str | None) -> str | None:
    return value and "".join(c for c in value if c.isdigit())


def cidadao(p: Person, rng: random.Random, updated: Any) -> tuple[Any, ...]:
    """Values of ``CIDADAO_COLUMNS``. The PEC keeps documents and postal codes as digits: its columns have no room for more."""
    return (
        str(uuid.UUID(int=rng.getrandbits(128), version=4)), _digits(p.cpf), _digits(p.cns), p.nome, p.nome.lower(), p.nome_social,
        p.nome_mae, p.nome_pai, p.nascimento, _SEX[p.sexo][rng.random() < 0.05], _RACE[p.raca], 1, p.celular, p.telefone, p.email,
        p.logradouro, p.numero, p.complemento, p.bairro, _digits(p.cep), p.codigo_ibge and _IBGE[p.codigo_ibge], p.uf and UFS.index(p.uf) + 1, updated,
    )  # fmt: skip


class Database:
    """What the generator needs to know about the database it fills."""

    def __init__(self, con: Any) -> None:
        with con.cursor() as cur:
            cur.execute("select to_regclass('tb_substancia_espec_alergia') is not null")
            self.new = bool(cur.fetchone()[0])
            cur.execute("select case when is_called then last_value else 0 end from seq_pec")
            self.base = int(cur.fetchone()[0])
            cur.execute(f"select date_trunc('second', clock_timestamp() at time zone '{ZONE}')")
            self.now: datetime = cur.fetchone()[0]
            cur.execute("select co_ator_papel, co_cbo, co_unidade_saude, co_equipe from tb_lotacao order by 1")
            self.lotacoes: list[tuple[int, int, int, int]] = cur.fetchall()
        self.solicitante = "co_atend_prof_solicitacao" if self.new else "co_atend_prof"
        self.substancia = "co_substancia_especifica" if self.new else "no_substancia_especifica"

    def columns(self, table: str) -> str:
        return ", ".join(_COLUMNS[table]).format(solicitante=self.solicitante, substancia=self.substancia)


class _History:
    """Rows of many visits as COPY text, table by table."""

    def __init__(self, database: Database, rng: random.Random, visits: int, cidadaos: int) -> None:
        self.database, self.rng = database, rng
        self.visits, self.cidadaos = visits, cidadaos
        self.rows: defaultdict[str, list[str]] = defaultdict(list)
        self.seq: defaultdict[str, int] = defaultdict(lambda: database.base)
        # Pools, escaped once: what a visit holds is drawn from them.
        self.soaps = [tuple(_copy(x) for x in soap(rng)) for _ in range(400)]
        self.measures = ["\t".join(_copy(x) for x in measures(rng)) for _ in range(800)]
        self.inicio = database.now - timedelta(days=730)
        self.step = timedelta(days=730) / max(visits, 1)

    def new(self, table: str) -> int:
        self.seq[table] += 1
        return self.seq[table]

    def cidadaos_texto(self, persons: PersonGenerator, count: int) -> None:
        rng, total = self.rng, self.cidadaos
        for _ in range(count):
            n = self.new("tb_cidadao")
            updated = self.inicio + timedelta(days=rng.random() * 729)
            obito = (self.database.now - timedelta(days=rng.randrange(300))).date() if rng.random() < 0.01 else None
            merged = n - self.database.base < total and (n - self.database.base) % 200 == 0  # merged into the next citizen
            group = n if merged else n - 1 if (n - 1 - self.database.base) % 200 == 0 and n - 1 > self.database.base else None
            values = (*cidadao(persons.person(), rng, updated), obito, 1 if obito else 0, 1 if merged else 0)
            self.rows["tb_cidadao"].append(f"{n}\t" + "\t".join(map(_copy, values)))
            self.rows["tb_prontuario"].append(f"{n}\t{n}\t{_copy(group)}")
            if merged:
                self.rows["tb_prontuario_grupo_historico"].append(f"{n}\t{n}\t{updated}")

    def visit(self, index: int) -> None:
        rand = self.rng.random
        atend = self.new("tb_atend")
        pront = self.database.base + 1 + int(rand() ** 1.3 * self.cidadaos)
        lotacao, _, unit, equipe = self.database.lotacoes[int(rand() * len(self.database.lotacoes))]
        start = self.inicio + self.step * (index + rand() * 0.5)
        middle, end = start + timedelta(minutes=10 + 20 * rand()), start + timedelta(minutes=30 + 40 * rand())
        if end > self.database.now:
            middle = end = self.database.now
        st = 4 if (x := rand()) < 0.97 else 5
        open_column = self.visits - index <= max(3, self.visits // 500)
        if open_column:
            st = 1 + index % 3
        milestone = start if st == 1 else middle if st in (2, 3) else end
        prof = None
        if st in (2, 3, 4):
            if st == 4 and rand() < 0.3:
                listening = self._shift(atend, start, middle, 2, None)
                self._measurement(listening, start)
            cancelled = 1 if st == 4 and x < 0.015 else None
            prof = self._shift(atend, middle, end if st == 4 else None, 1 if rand() < 0.88 else 5, cancelled, lotacao)
            if cancelled:
                self.rows["tb_retificacao_atend"].append(f"u{prof}\t{end}")
            if st == 4:
                self._content(prof, pront, middle)
        self.rows["tb_atend"].append(
            f"{atend}\t{start}\t{end if st in (4, 5) else _NULL}\t{st}\t{pront}\t{unit}\t{equipe}\t{_copy(prof)}\t"
            f"{start}\t{milestone}\ta{atend}"
        )

    def _shift(self, atend: int, start: Any, end: Any, kind: int, cancelled: int | None, lotacao: int | None = None) -> int:
        n = self.new("tb_atend_prof")
        lotacao = lotacao or self.database.lotacoes[int(self.rng.random() * len(self.database.lotacoes))][0]
        self.rows["tb_atend_prof"].append(
            f"{n}\t{atend}\t{start}\t{_copy(end)}\t{lotacao}\t{kind}\t{1 + n % 2}\t{2 if end else 1}\t{_copy(cancelled)}\tu{n}"
        )
        return n

    def _measurement(self, prof: int, when: Any) -> None:
        self.rows["tb_medicao"].append(
            f"{self.new('tb_medicao')}\t{when}\t{prof}\t{self.measures[int(self.rng.random() * len(self.measures))]}"
        )

    def _content(self, prof: int, pront: int, when: datetime) -> None:
        rand, rows, new = self.rng.random, self.rows, self.new
        if rand() < 0.1:
            self._vacinas(prof, pront, when)
            return
        for table, text in zip(("subjetivo", "objetivo", "avaliacao", "plano"), self.soaps[int(rand() * len(self.soaps))], strict=True):
            rows["tb_evolucao_" + table].append(f"{prof}\t{text}")
        if rand() < 0.75:
            self._measurement(prof, when)
        for _ in range(1 + int(rand() * 2.6)):
            n, code = new("rl_evolucao_avaliacao_ciap_cid"), int(rand() * 20)
            form = rand()
            ciap = "\\N" if form < 0.25 else str(701 + code)
            cid = "\\N" if form > 0.75 and code < 19 else str(1 + code)
            rows["rl_evolucao_avaliacao_ciap_cid"].append(f"{n}\t{prof}\t{ciap}\t{cid}\t{n}")
            if form < 0.6:
                rows["tb_problema_evolucao"].append(f"{new('tb_problema_evolucao')}\t{n}\t{prof}\t{int(rand() * 3)}")
        if rand() < 0.55:
            self._exames(prof, pront, when)
        if rand() < 0.8:
            for _ in range(1 + int(rand() * 4)):
                self._receita(prof, when)
        for _ in range(1 + int(rand() * 3)):
            rows["rl_atend_proced"].append(f"{prof}\t{3101 + int(rand() * 7)}")
        if rand() < 0.02:
            n, s = new("tb_alergia"), int(rand() * 6)
            rows["tb_alergia"].append(f"{n}\t{pront}\t1\t{s + 1 if self.database.new else SUBSTANCES[s]}\t{n}")
            rows["tb_alergia_evolucao"].append(f"{new('tb_alergia_evolucao')}\t{n}\tUrticária\t{when.date()}\t1\t{prof}")

    def _vacinas(self, prof: int, pront: int, when: datetime) -> None:
        rand, vacinacao = self.rng.random, self.new("tb_vacinacao")
        self.rows["tb_vacinacao"].append(f"{vacinacao}\t{prof}\t{pront}")
        for _ in range(1 + int(rand() * 3)):
            batch = int(rand() * 8)
            previous = 1 if rand() < 0.15 else 0
            self.rows["tb_registro_vacinacao"].append(
                f"{self.new('tb_registro_vacinacao')}\t{vacinacao}\t{_IMUNOBIOLOGICOS[batch]}\t{(1, 2, 3, 6, 9)[int(rand() * 5)]}\t"
                f"{(1, 1, 1, 5, 6, 11)[int(rand() * 6)]}\t{(13, 14, 23)[int(rand() * 3)]}\t{1 + int(rand() * 4)}\t{batch + 1}\t"
                f"{previous}\t{when}\t{(when + timedelta(days=60)).date() if rand() < 0.4 else _NULL}"
            )

    def _exames(self, prof: int, pront: int, when: datetime) -> None:
        rand, requisition, kind = self.rng.random, self.new("tb_requisicao_exame"), 1 if self.rng.random() < 0.8 else 2
        self.rows["tb_requisicao_exame"].append(
            f"{requisition}\t{prof}\t{when}\t{kind}\tAcompanhamento de condição crônica\t{1 + int(rand() * 20)}"
        )
        for _ in range(1 + int(rand() * 6)):
            proced = 3001 + int(rand() * 10) if kind == 1 else 3011 + int(rand() * 3)
            result = f"{prof}\t{pront}\t{proced}\t{when}\t{when}\t{70 + int(rand() * 90)},5 mg/dL" if rand() < 0.3 else None
            self.rows["tb_exame_requisitado"].append(
                f"{self.new('tb_exame_requisitado')}\t{requisition}\t{prof}\t" + (result or f"\\N\t{pront}\t{proced}\t{when}\t\\N\t\\N")
            )

    def _receita(self, prof: int, when: datetime) -> None:
        rand = self.rng.random
        continuous, dose, kind = rand() < 0.4, 1 + int(rand() * 2), 2 + int(rand() * 2)
        frequency = f"{1 + int(rand() * 3)}\t1\t1" if kind == 2 else f"{(6, 8, 12)[int(rand() * 3)]}\t\\N\t\\N"
        day = when.date()
        self.rows["tb_receita_medicamento"].append(
            f"{self.new('tb_receita_medicamento')}\t{prof}\t{501 + int(rand() * 20)}\tTomar {dose} conforme orientação\t{dose}\t"
            f"{10 * dose * kind}\t{int(continuous)}\t0\t{kind}\t{frequency}\t{day}\t{_NULL if continuous else day + timedelta(days=7)}\t"
            f"<p>Tomar ap&oacute;s as refei&ccedil;&otilde;es</p>\t0"
        )


def _profissionais(con: Any, rng: random.Random, new: bool) -> None:
    """Units, teams and who works in them: made once per database."""
    persons = PersonGenerator(rng.randrange(10**6), without_cpf=0, without_cns=0, edge=0)
    with con.cursor() as cur:
        cur.execute("select 1 from tb_lotacao limit 1")
        if cur.fetchone():
            return
        cur.executemany("insert into tb_uf values (%s, %s, %s)", [(n, uf, uf) for n, uf in enumerate(UFS, 1)])
        cur.executemany(
            "insert into tb_localidade values (%s, %s, %s, %s)",
            [(n, m[1], m[0], UFS.index(m[2]) + 1) for n, m in enumerate(MUNICIPALITIES, 1)],
        )
        for u in range(1, 11):
            cur.execute("insert into tb_unidade_saude values (%s, %s, %s, null, 1)", (u, f"{2_400_000 + u * 37}", f"UBS Sandbox {u:02d}"))
            cur.execute("insert into tb_equipe values (%s, %s, %s, %s)", (u, f"{u * 7919:010d}", f"ESF {u:02d}", u))
        name = "no_civil_profissional" if new else "no_profissional"
        for n in range(1, 61):
            p, cbo = persons.person(), 1 + n % 5
            advice = {1: 1, 4: 3}.get(cbo, 2)
            cur.execute(
                f"insert into tb_prof (co_seq_prof, nu_cpf, nu_cns, {name}, nu_conselho_classe, co_conselho_classe) "
                "values (%s, %s, %s, %s, %s, %s)",
                (n, p.cpf, p.cns, p.nome, str(10_000 + n), advice),
            )
            # The key of a lotação is that of its role, and of nothing else: 9000 more than the professional's.
            cur.execute("insert into tb_ator_papel values (%s, %s)", (9000 + n, n))
            cur.execute("insert into tb_lotacao values (%s, %s, %s, %s, %s)", (9000 + n, n, cbo, 1 + n % 10, 1 + n % 10))


def _write(con: Any, database: Database, rows: dict[str, list[str]]) -> None:
    with con.cursor() as cur:
        for table in _COLUMNS:
            if text := rows.get(table):
                cur.copy_expert(
                    f"copy {table} ({database.columns(table)}) from stdin", io.BytesIO(("\n".join(text) + "\n").encode()), 1 << 20
                )
    con.commit()


def indexes(new: bool) -> list[str]:
    """Statements that create the indexes of one version."""
    text = (HERE / "indices.sql").read_text() + (HERE / ("indices_auditoria.sql" if new else "indices_revisao.sql")).read_text()
    text = text.format(solicitante="co_atend_prof_solicitacao" if new else "co_atend_prof")
    return [row for row in text.splitlines() if row.startswith("create")]


def _batches(total: int) -> Iterable[range]:
    return (range(i, min(i + BATCH, total)) for i in range(0, total, BATCH))


def generate(dsn: str, atendimentos: int, semente: int, progress: Progress | None = None, *, edge_cases: bool = True) -> None:
    """Write ``atendimentos`` visits of the last two years; calls add up. ``progress`` gets (done, total) after each batch."""
    rng = random.Random(f"esus-{semente}")
    con = connect(dsn)
    with con, con.cursor() as cur:
        # The rows refer to each other by construction: checking every one of them would take most of the time.
        cur.execute("set session_replication_role = replica")
        cur.execute("set synchronous_commit = off")
    with con:
        _profissionais(con, rng, Database(con).new)
        database = Database(con)
    large = atendimentos >= 20_000
    if large:
        with con, con.cursor() as cur:
            for command in indexes(database.new):
                cur.execute(f"drop index if exists {command.split()[2]}")
    cidadaos = max(40, atendimentos // 6)
    history = _History(database, rng, atendimentos, cidadaos)
    persons = PersonGenerator(semente, edge=0.02 if edge_cases else 0)
    with ThreadPoolExecutor(1) as writer:
        pending: Future[None] | None = None

        def send() -> None:
            nonlocal pending
            if pending is not None:
                pending.result()
            pending = writer.submit(_write, con, database, dict(history.rows))
            history.rows.clear()

        for batch in _batches(cidadaos):
            history.cidadaos_texto(persons, len(batch))
            send()
        for batch in _batches(atendimentos):
            for index in batch:
                history.visit(index)
            send()
            if progress is not None:
                progress(batch.stop, atendimentos)
        if pending is not None:
            pending.result()
    with con, con.cursor() as cur:
        cur.execute("select setval('seq_pec', %s)", (max(history.seq.values(), default=1),))
        cur.execute("select setval('seq_atend', max(co_seq_atend)) from tb_atend having count(*) > 0")
        if large:
            for command in indexes(database.new):
                cur.execute(command.replace("create index", "create index if not exists", 1))
    con.autocommit = True
    con.cursor().execute("analyze")
    con.close()
