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

from sandbox.origens.base import Progresso, conectar
from sandbox.origens.esus_ab.textos import MEDIDAS, medidas, soap
from sandbox.origens.pessoas import MUNICIPIOS, GeradorPessoas, Pessoa

AQUI = Path(__file__).parent
FUSO = "America/Bahia"
LOTE = 2000
_RACA = {"BRANCA": 1, "PRETA": 2, "AMARELA": 3, "PARDA": 4, "INDIGENA": 5, "IGNORADA": 6}
_SEXO = {"M": ("MASCULINO", "Masculino"), "F": ("FEMININO", "Feminino"), "I": ("INDETERMINADO", "Indeterminado")}
COLUNAS_CIDADAO = (
    "co_unico_cidadao", "nu_cpf", "nu_cns", "no_cidadao", "no_cidadao_filtro", "no_social", "no_mae", "no_pai", "dt_nascimento", "no_sexo",
    "co_raca_cor", "st_ativo", "nu_telefone_celular", "nu_telefone_residencial", "ds_email", "ds_logradouro", "nu_numero", "ds_complemento",
    "no_bairro", "ds_cep", "co_localidade_endereco", "co_uf", "dt_atualizado",
)  # fmt: skip
_IBGE = {m[0]: n for n, m in enumerate(MUNICIPIOS, 1)}
UFS = sorted({m[2] for m in MUNICIPIOS})
_COLUNAS = {
    "tb_cidadao": ("co_seq_cidadao", *COLUNAS_CIDADAO, "dt_obito", "st_faleceu", "st_unificado"),
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
    "tb_medicao": ("co_seq_medicao", "dt_medicao", "co_atend_prof", *MEDIDAS),
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
SUBSTANCIAS = ("Dipirona", "Penicilina", "Camarão", "Látex", "Picada de abelha", "Leite de vaca")
_IMUNOBIOLOGICOS = (15, 9, 22, 42, 24, 14, 33, 25)
"""In the order of their lots."""
_NULO = "\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


def _copia(valor: Any) -> str:
    """One value in COPY's text format."""
    return _NULO if valor is None else str(valor).translate(_ESCAPES)


def _digitos(valor: str | None) -> str | None:
    return valor and "".join(c for c in valor if c.isdigit())


def cidadao(p: Pessoa, rng: random.Random, atualizado: Any) -> tuple[Any, ...]:
    """Values of ``COLUNAS_CIDADAO``. The PEC keeps documents and postal codes as digits: its columns have no room for more."""
    return (
        str(uuid.UUID(int=rng.getrandbits(128), version=4)), _digitos(p.cpf), _digitos(p.cns), p.nome, p.nome.lower(), p.nome_social,
        p.nome_mae, p.nome_pai, p.nascimento, _SEXO[p.sexo][rng.random() < 0.05], _RACA[p.raca], 1, p.celular, p.telefone, p.email,
        p.logradouro, p.numero, p.complemento, p.bairro, _digitos(p.cep), p.codigo_ibge and _IBGE[p.codigo_ibge], p.uf and UFS.index(p.uf) + 1, atualizado,
    )  # fmt: skip


class Banco:
    """What the generator needs to know about the database it fills."""

    def __init__(self, con: Any) -> None:
        with con.cursor() as cur:
            cur.execute("select to_regclass('tb_substancia_espec_alergia') is not null")
            self.nova = bool(cur.fetchone()[0])
            cur.execute("select case when is_called then last_value else 0 end from seq_pec")
            self.base = int(cur.fetchone()[0])
            cur.execute(f"select date_trunc('second', clock_timestamp() at time zone '{FUSO}')")
            self.agora: datetime = cur.fetchone()[0]
            cur.execute("select co_ator_papel, co_cbo, co_unidade_saude, co_equipe from tb_lotacao order by 1")
            self.lotacoes: list[tuple[int, int, int, int]] = cur.fetchall()
        self.solicitante = "co_atend_prof_solicitacao" if self.nova else "co_atend_prof"
        self.substancia = "co_substancia_especifica" if self.nova else "no_substancia_especifica"

    def colunas(self, tabela: str) -> str:
        return ", ".join(_COLUNAS[tabela]).format(solicitante=self.solicitante, substancia=self.substancia)


class _Historia:
    """Rows of many visits as COPY text, table by table."""

    def __init__(self, banco: Banco, rng: random.Random, visitas: int, cidadaos: int) -> None:
        self.banco, self.rng = banco, rng
        self.visitas, self.cidadaos = visitas, cidadaos
        self.linhas: defaultdict[str, list[str]] = defaultdict(list)
        self.seq: defaultdict[str, int] = defaultdict(lambda: banco.base)
        # Pools, escaped once: what a visit holds is drawn from them.
        self.soaps = [tuple(_copia(x) for x in soap(rng)) for _ in range(400)]
        self.medidas = ["\t".join(_copia(x) for x in medidas(rng)) for _ in range(800)]
        self.inicio = banco.agora - timedelta(days=730)
        self.passo = timedelta(days=730) / max(visitas, 1)

    def novo(self, tabela: str) -> int:
        self.seq[tabela] += 1
        return self.seq[tabela]

    def cidadaos_texto(self, pessoas: GeradorPessoas, quantos: int) -> None:
        rng, total = self.rng, self.cidadaos
        for _ in range(quantos):
            n = self.novo("tb_cidadao")
            atualizado = self.inicio + timedelta(days=rng.random() * 729)
            obito = (self.banco.agora - timedelta(days=rng.randrange(300))).date() if rng.random() < 0.01 else None
            unificado = n - self.banco.base < total and (n - self.banco.base) % 200 == 0  # merged into the next citizen
            grupo = n if unificado else n - 1 if (n - 1 - self.banco.base) % 200 == 0 and n - 1 > self.banco.base else None
            valores = (*cidadao(pessoas.pessoa(), rng, atualizado), obito, 1 if obito else 0, 1 if unificado else 0)
            self.linhas["tb_cidadao"].append(f"{n}\t" + "\t".join(map(_copia, valores)))
            self.linhas["tb_prontuario"].append(f"{n}\t{n}\t{_copia(grupo)}")
            if unificado:
                self.linhas["tb_prontuario_grupo_historico"].append(f"{n}\t{n}\t{atualizado}")

    def visita(self, indice: int) -> None:
        sorteio = self.rng.random
        atend = self.novo("tb_atend")
        pront = self.banco.base + 1 + int(sorteio() ** 1.3 * self.cidadaos)
        lotacao, _, unidade, equipe = self.banco.lotacoes[int(sorteio() * len(self.banco.lotacoes))]
        inicio = self.inicio + self.passo * (indice + sorteio() * 0.5)
        meio, fim = inicio + timedelta(minutes=10 + 20 * sorteio()), inicio + timedelta(minutes=30 + 40 * sorteio())
        if fim > self.banco.agora:
            meio = fim = self.banco.agora
        st = 4 if (x := sorteio()) < 0.97 else 5
        aberta = self.visitas - indice <= max(3, self.visitas // 500)
        if aberta:
            st = 1 + indice % 3
        marco = inicio if st == 1 else meio if st in (2, 3) else fim
        prof = None
        if st in (2, 3, 4):
            if st == 4 and sorteio() < 0.3:
                escuta = self._turno(atend, inicio, meio, 2, None)
                self._medicao(escuta, inicio)
            cancelado = 1 if st == 4 and x < 0.015 else None
            prof = self._turno(atend, meio, fim if st == 4 else None, 1 if sorteio() < 0.88 else 5, cancelado, lotacao)
            if cancelado:
                self.linhas["tb_retificacao_atend"].append(f"u{prof}\t{fim}")
            if st == 4:
                self._conteudo(prof, pront, meio)
        self.linhas["tb_atend"].append(
            f"{atend}\t{inicio}\t{fim if st in (4, 5) else _NULO}\t{st}\t{pront}\t{unidade}\t{equipe}\t{_copia(prof)}\t"
            f"{inicio}\t{marco}\ta{atend}"
        )

    def _turno(self, atend: int, inicio: Any, fim: Any, tipo: int, cancelado: int | None, lotacao: int | None = None) -> int:
        n = self.novo("tb_atend_prof")
        lotacao = lotacao or self.banco.lotacoes[int(self.rng.random() * len(self.banco.lotacoes))][0]
        self.linhas["tb_atend_prof"].append(
            f"{n}\t{atend}\t{inicio}\t{_copia(fim)}\t{lotacao}\t{tipo}\t{1 + n % 2}\t{2 if fim else 1}\t{_copia(cancelado)}\tu{n}"
        )
        return n

    def _medicao(self, prof: int, quando: Any) -> None:
        self.linhas["tb_medicao"].append(
            f"{self.novo('tb_medicao')}\t{quando}\t{prof}\t{self.medidas[int(self.rng.random() * len(self.medidas))]}"
        )

    def _conteudo(self, prof: int, pront: int, quando: datetime) -> None:
        sorteio, linhas, novo = self.rng.random, self.linhas, self.novo
        if sorteio() < 0.1:
            self._vacinas(prof, pront, quando)
            return
        for tabela, texto in zip(
            ("subjetivo", "objetivo", "avaliacao", "plano"), self.soaps[int(sorteio() * len(self.soaps))], strict=True
        ):
            linhas["tb_evolucao_" + tabela].append(f"{prof}\t{texto}")
        if sorteio() < 0.75:
            self._medicao(prof, quando)
        for _ in range(1 + int(sorteio() * 2.6)):
            n, codigo = novo("rl_evolucao_avaliacao_ciap_cid"), int(sorteio() * 20)
            forma = sorteio()
            ciap = "\\N" if forma < 0.25 else str(701 + codigo)
            cid = "\\N" if forma > 0.75 and codigo < 19 else str(1 + codigo)
            linhas["rl_evolucao_avaliacao_ciap_cid"].append(f"{n}\t{prof}\t{ciap}\t{cid}\t{n}")
            if forma < 0.6:
                linhas["tb_problema_evolucao"].append(f"{novo('tb_problema_evolucao')}\t{n}\t{prof}\t{int(sorteio() * 3)}")
        if sorteio() < 0.55:
            self._exames(prof, pront, quando)
        if sorteio() < 0.8:
            for _ in range(1 + int(sorteio() * 4)):
                self._receita(prof, quando)
        for _ in range(1 + int(sorteio() * 3)):
            linhas["rl_atend_proced"].append(f"{prof}\t{3101 + int(sorteio() * 7)}")
        if sorteio() < 0.02:
            n, s = novo("tb_alergia"), int(sorteio() * 6)
            linhas["tb_alergia"].append(f"{n}\t{pront}\t1\t{s + 1 if self.banco.nova else SUBSTANCIAS[s]}\t{n}")
            linhas["tb_alergia_evolucao"].append(f"{novo('tb_alergia_evolucao')}\t{n}\tUrticária\t{quando.date()}\t1\t{prof}")

    def _vacinas(self, prof: int, pront: int, quando: datetime) -> None:
        sorteio, vacinacao = self.rng.random, self.novo("tb_vacinacao")
        self.linhas["tb_vacinacao"].append(f"{vacinacao}\t{prof}\t{pront}")
        for _ in range(1 + int(sorteio() * 3)):
            lote = int(sorteio() * 8)
            anterior = 1 if sorteio() < 0.15 else 0
            self.linhas["tb_registro_vacinacao"].append(
                f"{self.novo('tb_registro_vacinacao')}\t{vacinacao}\t{_IMUNOBIOLOGICOS[lote]}\t{(1, 2, 3, 6, 9)[int(sorteio() * 5)]}\t"
                f"{(1, 1, 1, 5, 6, 11)[int(sorteio() * 6)]}\t{(13, 14, 23)[int(sorteio() * 3)]}\t{1 + int(sorteio() * 4)}\t{lote + 1}\t"
                f"{anterior}\t{quando}\t{(quando + timedelta(days=60)).date() if sorteio() < 0.4 else _NULO}"
            )

    def _exames(self, prof: int, pront: int, quando: datetime) -> None:
        sorteio, requisicao, tipo = self.rng.random, self.novo("tb_requisicao_exame"), 1 if self.rng.random() < 0.8 else 2
        self.linhas["tb_requisicao_exame"].append(
            f"{requisicao}\t{prof}\t{quando}\t{tipo}\tAcompanhamento de condição crônica\t{1 + int(sorteio() * 20)}"
        )
        for _ in range(1 + int(sorteio() * 6)):
            proced = 3001 + int(sorteio() * 10) if tipo == 1 else 3011 + int(sorteio() * 3)
            resultado = f"{prof}\t{pront}\t{proced}\t{quando}\t{quando}\t{70 + int(sorteio() * 90)},5 mg/dL" if sorteio() < 0.3 else None
            self.linhas["tb_exame_requisitado"].append(
                f"{self.novo('tb_exame_requisitado')}\t{requisicao}\t{prof}\t"
                + (resultado or f"\\N\t{pront}\t{proced}\t{quando}\t\\N\t\\N")
            )

    def _receita(self, prof: int, quando: datetime) -> None:
        sorteio = self.rng.random
        continuo, dose, tipo = sorteio() < 0.4, 1 + int(sorteio() * 2), 2 + int(sorteio() * 2)
        frequencia = f"{1 + int(sorteio() * 3)}\t1\t1" if tipo == 2 else f"{(6, 8, 12)[int(sorteio() * 3)]}\t\\N\t\\N"
        dia = quando.date()
        self.linhas["tb_receita_medicamento"].append(
            f"{self.novo('tb_receita_medicamento')}\t{prof}\t{501 + int(sorteio() * 20)}\tTomar {dose} conforme orientação\t{dose}\t"
            f"{10 * dose * tipo}\t{int(continuo)}\t0\t{tipo}\t{frequencia}\t{dia}\t{_NULO if continuo else dia + timedelta(days=7)}\t"
            f"<p>Tomar ap&oacute;s as refei&ccedil;&otilde;es</p>\t0"
        )


def _profissionais(con: Any, rng: random.Random, nova: bool) -> None:
    """Units, teams and who works in them: made once per database."""
    pessoas = GeradorPessoas(rng.randrange(10**6), sem_cpf=0, sem_cns=0, borda=0)
    with con.cursor() as cur:
        cur.execute("select 1 from tb_lotacao limit 1")
        if cur.fetchone():
            return
        cur.executemany("insert into tb_uf values (%s, %s, %s)", [(n, uf, uf) for n, uf in enumerate(UFS, 1)])
        cur.executemany(
            "insert into tb_localidade values (%s, %s, %s, %s)",
            [(n, m[1], m[0], UFS.index(m[2]) + 1) for n, m in enumerate(MUNICIPIOS, 1)],
        )
        for u in range(1, 11):
            cur.execute("insert into tb_unidade_saude values (%s, %s, %s, null, 1)", (u, f"{2_400_000 + u * 37}", f"UBS Sandbox {u:02d}"))
            cur.execute("insert into tb_equipe values (%s, %s, %s, %s)", (u, f"{u * 7919:010d}", f"ESF {u:02d}", u))
        nome = "no_civil_profissional" if nova else "no_profissional"
        for n in range(1, 61):
            p, cbo = pessoas.pessoa(), 1 + n % 5
            conselho = {1: 1, 4: 3}.get(cbo, 2)
            cur.execute(
                f"insert into tb_prof (co_seq_prof, nu_cpf, nu_cns, {nome}, nu_conselho_classe, co_conselho_classe) "
                "values (%s, %s, %s, %s, %s, %s)",
                (n, p.cpf, p.cns, p.nome, str(10_000 + n), conselho),
            )
            # The key of a lotação is that of its role, and of nothing else: 9000 more than the professional's.
            cur.execute("insert into tb_ator_papel values (%s, %s)", (9000 + n, n))
            cur.execute("insert into tb_lotacao values (%s, %s, %s, %s, %s)", (9000 + n, n, cbo, 1 + n % 10, 1 + n % 10))


def _gravar(con: Any, banco: Banco, linhas: dict[str, list[str]]) -> None:
    with con.cursor() as cur:
        for tabela in _COLUNAS:
            if texto := linhas.get(tabela):
                cur.copy_expert(
                    f"copy {tabela} ({banco.colunas(tabela)}) from stdin", io.BytesIO(("\n".join(texto) + "\n").encode()), 1 << 20
                )
    con.commit()


def indices(nova: bool) -> list[str]:
    """Statements that create the indexes of one version."""
    texto = (AQUI / "indices.sql").read_text() + (AQUI / ("indices_auditoria.sql" if nova else "indices_revisao.sql")).read_text()
    texto = texto.format(solicitante="co_atend_prof_solicitacao" if nova else "co_atend_prof")
    return [linha for linha in texto.splitlines() if linha.startswith("create")]


def _lotes(total: int) -> Iterable[range]:
    return (range(i, min(i + LOTE, total)) for i in range(0, total, LOTE))


def gerar(dsn: str, atendimentos: int, semente: int, progresso: Progresso | None = None, *, casos_de_borda: bool = True) -> None:
    """Write ``atendimentos`` visits of the last two years; calls add up. ``progresso`` gets (done, total) after each batch."""
    rng = random.Random(f"esus-{semente}")
    con = conectar(dsn)
    with con, con.cursor() as cur:
        # The rows refer to each other by construction: checking every one of them would take most of the time.
        cur.execute("set session_replication_role = replica")
        cur.execute("set synchronous_commit = off")
    with con:
        _profissionais(con, rng, Banco(con).nova)
        banco = Banco(con)
    grande = atendimentos >= 20_000
    if grande:
        with con, con.cursor() as cur:
            for comando in indices(banco.nova):
                cur.execute(f"drop index if exists {comando.split()[2]}")
    cidadaos = max(40, atendimentos // 6)
    historia = _Historia(banco, rng, atendimentos, cidadaos)
    pessoas = GeradorPessoas(semente, borda=0.02 if casos_de_borda else 0)
    with ThreadPoolExecutor(1) as escritor:
        pendente: Future[None] | None = None

        def enviar() -> None:
            nonlocal pendente
            if pendente is not None:
                pendente.result()
            pendente = escritor.submit(_gravar, con, banco, dict(historia.linhas))
            historia.linhas.clear()

        for lote in _lotes(cidadaos):
            historia.cidadaos_texto(pessoas, len(lote))
            enviar()
        for lote in _lotes(atendimentos):
            for indice in lote:
                historia.visita(indice)
            enviar()
            if progresso is not None:
                progresso(lote.stop, atendimentos)
        if pendente is not None:
            pendente.result()
    with con, con.cursor() as cur:
        cur.execute("select setval('seq_pec', %s)", (max(historia.seq.values(), default=1),))
        cur.execute("select setval('seq_atend', max(co_seq_atend)) from tb_atend having count(*) > 0")
        if grande:
            for comando in indices(banco.nova):
                cur.execute(comando.replace("create index", "create index if not exists", 1))
    con.autocommit = True
    con.cursor().execute("analyze")
    con.close()
