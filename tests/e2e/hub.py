"""A running stack as the tests see it: Airflow's REST API, SQL on every database, changes at the sources, faults, kills."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg2
import yaml

from include.fusion.settings import Integracao, obter
from include.fusion.settings.registry import systems
from include.fusion.wiring import sistema_de
from sandbox.fusion.__main__ import pedir_falhas
from sandbox.origens.base import Mudanca
from sandbox.postgres import Postgres
from sandbox.report import query
from sandbox.report.agenda import agendamentos_divergentes
from sandbox.report.facts import conferir
from sandbox.report.hl7 import pacientes_em_falta
from sandbox.report.report import divergentes, pacientes_divergentes
from sandbox.simulador import Origem, criar_registro
from sandbox.sources import simulated, sources, with_attendances
from sandbox.stack import airflow_api, componentes
from sandbox.stack.ambiente import EXAMPLE, USUARIO_UI, dsn
from sandbox.stack.estado import Estado
from sandbox.stack.filhos import encerrar
from sandbox.stack.pilha import Pilha
from sandbox.stack.situacao import profundidades
from tests import SETTINGS

HL7 = "hl7"
"""Connection of TrackCare's messages."""
INICIAL = "esus_ab_carga_inicial"
INICIAIS = (INICIAL, "mv_carga_inicial", "trackcare_carga_inicial")
SISTEMAS = with_attendances()
PRIMEIRA = {nome: sources()[nome].run.first for nome in SISTEMAS}
"""First task of each integration's run; its DAG has the integration's name."""
ENTREGA = {nome: sources()[nome].run.delivers for nome in SISTEMAS}
"""The task that delivers attendances."""
AIRFLOW = ("scheduler", "triggerer", "dag-processor", "api-server")
FORA_DO_AR = (psycopg2.Error, urllib.error.URLError, OSError)
"""What a look at a stack that is being killed may meet: no answer yet."""
FIM = ("success", "failed")
PACIENCIA = 150.0
"""Seconds after which what should have happened counts as broken. No test measures speed: this is far beyond what anything takes, for a
machine that is busy with other things must not fail it."""
_REPETIDAS = """select id, integracao_id, codigo, k, chave_idempotencia from (
    select a.*, lag(hash_conteudo) over w as h, lag(operacao) over w as o, lag(chave_idempotencia) over w as k from aplicacao a
    window w as (partition by entidade, integracao_id, codigo order by id)) t
where h = hash_conteudo and o = operacao and not id = any(%s)
  and not split_part(chave_idempotencia, '-', 3)::int > split_part(k, '-', 3)::int + 1"""
"""The same content twice in a row. Not so where the ledger's number skips one: another content was announced in between and died with its
sender before it left, which nobody can know, so the one before had to be said again."""
_FORA_DE_ORDEM = """select integracao_id, codigo from (
    select a.*, lag(atualizado_em) over (partition by entidade, integracao_id, codigo order by id) as antes
      from aplicacao a where atualizado_em is not null) t
where atualizado_em < antes"""

_SITUACAO = "select md5(string_agg(md5(r::text), '' order by integracao_id, codigo)) from registro r"
_PENDENCIAS_ABERTAS = "select count(*) from registro where entidade = 'AplicacaoPendencia' and not corpo ? 'dataProcessamento'"


class Hub:
    """One stack in ``pasta``; ``fechar`` ends every process and removes every file."""

    def __init__(self, pasta: Path, semente: int = 7) -> None:
        self.estado = Estado(pasta)
        self.rng = random.Random(semente)
        self.pilha = Pilha(self.estado, lambda texto: print(texto, flush=True))
        self.ditas: list[str] = []
        """Everything that an Airflow database which a test threw away had said."""
        self.pedidas: list[int] = []
        """Applications that a test asked for a second time on purpose."""
        self._token: str | None = None

    # -- life ----------------------------------------------------------------------------------------------------------------

    def abrir(self) -> Hub:
        os.environ["FUSION_ATENDIMENTOS"] = "40"
        os.environ["FUSION_SETTINGS"] = str(self._ajustes())
        os.environ["FUSION_FHIR_PERMANENCIA"] = "2"
        assert self.estado.travar()
        self.pilha.subir(None)
        self._criar_conexao_hl7()
        criar_registro(self.url("simulador"))
        self.esperar(lambda: not airflow_api.faltam_dags(self.estado))
        return self

    def _ajustes(self) -> Path:
        """The example with runs that end, and try again, sooner (the tests wait for both), and none by the clock."""
        dados = yaml.safe_load(EXAMPLE.read_text())
        for entrada in dados["integracoes"]:
            entrada[sources()[entrada["sistema"]].run.lasts]["permanencia"] = 2
            entrada["retentativas"] = {"maximo": 3, "espera": 2, "espera_max": 10}
            # What the watchers miss must not be found by the clock.
            entrada["rede_de_seguranca"] = "1.00:00:00"
            if entrada["sistema"] == "mv":
                # Many batches, so that a load goes on for as long as a test looks at what passes it by.
                entrada["carga_inicial"]["lote"] = 4
            if entrada["sistema"] == "trackcare":
                entrada["conexoes"]["hl7"] = HL7
        arquivo = self.estado.pasta / "integracoes.yaml"
        arquivo.write_text(yaml.safe_dump(dados, allow_unicode=True))
        return arquivo

    def fechar(self) -> None:
        self.pilha.parar(espera=6)
        query.fechar()
        Postgres(self.estado.postgres).apagar()
        self.estado.destravar()
        for nome in ("FUSION_ATENDIMENTOS", "FUSION_FHIR_PERMANENCIA"):
            os.environ.pop(nome, None)
        os.environ["FUSION_SETTINGS"] = str(SETTINGS)
        shutil.rmtree(self.estado.pasta)

    def esperar(self, condicao: Callable[[], Any], mensagem: str = "") -> None:
        """Keep the stack alive until ``condicao`` holds; what is down meanwhile counts as not yet."""
        limite = time.monotonic() + PACIENCIA
        feito = False

        def fim() -> bool:
            nonlocal feito
            try:
                feito = bool(condicao())
            except FORA_DO_AR:
                feito = False
            return feito or time.monotonic() > limite

        self.pilha.vigiar(fim, passo=0.25)
        assert feito, mensagem or f"not within {PACIENCIA:.0f} s"

    def deixar(self, segundos: float) -> None:
        """Let time pass, with the stack watched over."""
        fim = time.monotonic() + segundos
        self.pilha.vigiar(lambda: time.monotonic() >= fim, passo=0.1)

    # -- databases -----------------------------------------------------------------------------------------------------------

    def url(self, banco: str) -> str:
        return dsn(self.estado, self.pilha.senha_pg, sources()[banco].database if banco in sources() else banco)

    def sql(self, banco: str, comando: str, *valores: Any) -> list[dict[str, Any]]:
        """Rows of one statement, committed; ``banco`` is a database or a source system."""
        with query.conexao(self.url(banco)) as con, con.cursor() as cur:
            cur.execute(comando, valores or None)
            nomes = [coluna.name for coluna in cur.description or ()]
            linhas = [dict(zip(nomes, linha, strict=True)) for linha in cur.fetchall()] if nomes else []
            con.commit()
            return linhas

    def um(self, banco: str, comando: str, *valores: Any) -> Any:
        """First value of the first row, ``None`` of nothing."""
        linhas = self.sql(banco, comando, *valores)
        return next(iter(linhas[0].values())) if linhas else None

    def fila(self, sistema: str, chave: str) -> dict[str, Any]:
        """Newest queue row of one attendance."""
        linhas = self.sql(
            "fusion_integracao",
            f"select * from {tabela_de(sistema)} where integracao_id = %s and chave = %s order by id desc",
            integracao(sistema).integracao_id,
            chave,
        )
        return linhas[0] if linhas else {}

    def aplicacoes(self) -> int:
        """How many writes Fusion has applied so far."""
        return int(self.um("fusion", "select count(*) from aplicacao"))

    # -- sources -------------------------------------------------------------------------------------------------------------

    def mudar(self, sistema: str, vezes: int = 1, *, invalido: str | None = None) -> list[Mudanca]:
        """Changes at one source, each in a transaction of its own."""
        modulo = sources()[sistema].module
        con = psycopg2.connect(self.url(sistema))
        feitas = []
        try:
            for _ in range(vezes):
                feitas.append(modulo.mudar_invalido(con, self.rng, invalido) if invalido else modulo.mudar(con, self.rng))
                con.commit()
        finally:
            con.close()
        return feitas

    @contextmanager
    def movimento(self, taxa: float = 3.0) -> Iterator[None]:
        """All sources at work while the block runs."""
        fim = threading.Event()
        origens = [
            Origem(s, self.url(s), self.url("simulador"), taxa=taxa, duracao=0, invalidos=0, semente=self.rng.getrandbits(30), fim=fim)
            for s in simulated()
            if s in systems()
        ]
        for origem in origens:
            origem.start()
        try:
            yield
        finally:
            fim.set()
            for origem in origens:
                origem.join()

    # -- Airflow -------------------------------------------------------------------------------------------------------------

    def api(self, metodo: str, rota: str, corpo: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call to Airflow's public API, ``rota`` below /api/v2."""
        if self._token is None:
            login = {"username": USUARIO_UI, "password": self.estado.segredos["senha_ui"]}
            self._token = str(airflow_api.pedir(self.estado, "POST", "/auth/token", login)["access_token"])
        return airflow_api.pedir(self.estado, metodo, f"/api/v2{rota}", corpo, self._token)

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.api("GET", f"/dags/{dag}/dagRuns?limit=100&order_by=-run_after")["dag_runs"])

    def disparar(self, dag: str, **conf: Any) -> str:
        return str(self.api("POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf})["dag_run_id"])

    def rodar(self, dag: str, **conf: Any) -> str:
        """Trigger with a form and wait for the end; the run's id."""
        run = self.disparar(dag, **conf)
        self.terminar(dag, run)
        return run

    def estado_do(self, dag: str, run: str) -> str:
        return str(self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}")["state"])

    def terminar(self, dag: str, run: str) -> str:
        self.esperar(lambda: self.estado_do(dag, run) in FIM, f"{dag} did not end")
        return self.estado_do(dag, run)

    def tarefas(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """Task instances of one run by task_id."""
        itens = self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances")["task_instances"]
        return {t["task_id"]: t for t in itens}

    def xcom(self, dag: str, run: str, tarefa: str, chave: str = "return_value") -> Any:
        return self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{tarefa}/xcomEntries/{chave}")["value"]

    def log(self, dag: str, run: str, tarefa: str, tentativa: int | None = None) -> str:
        """Log of one try (the last one), as text."""
        tentativa = tentativa or self.tarefas(dag, run)[tarefa]["try_number"]
        resposta = self.api("GET", f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{tarefa}/logs/{tentativa}?full_content=true")
        return str(resposta["content"])

    def limpar(self, dag: str, run: str, *tarefas: str) -> None:
        """Clear tasks as a person does in the UI."""
        corpo = {"dry_run": False, "dag_run_id": run, "task_ids": list(tarefas), "only_failed": False, "include_downstream": False}
        self.api("POST", f"/dags/{dag}/clearTaskInstances", corpo)

    def pausar(self, dag: str, pausada: bool) -> None:
        self.api("PATCH", f"/dags/{dag}", {"is_paused": pausada})

    def _criar_conexao_hl7(self) -> dict[str, Any]:
        """Where TrackCare's messages go: kept in Airflow's database, since a component's environment cannot change while it runs."""
        return self.api("POST", "/connections", {"connection_id": HL7, **self._fusion_http})

    @property
    def _fusion_http(self) -> dict[str, Any]:
        return dict(json.loads(self.pilha.env["AIRFLOW_CONN_FUSION_API"]))

    @contextmanager
    def hl7_por(self, **campos: Any) -> Iterator[None]:
        """TrackCare's messages go another way while the block runs."""
        self.api("PATCH", f"/connections/{HL7}", {"connection_id": HL7, **campos})
        try:
            yield
        finally:
            self.api("PATCH", f"/connections/{HL7}", {"connection_id": HL7, **self._fusion_http})

    @contextmanager
    def pausada(self, dag: str) -> Iterator[None]:
        self.pausar(dag, True)
        try:
            yield
        finally:
            self.pausar(dag, False)

    def provocar(self, dag: str, fazer: Callable[[Hub], Any], tarefas: set[str]) -> str:
        """On a hub at rest: ``fazer``, and wait for a run of the watcher's in which all these tasks did something; its id.

        Should the safety net have come first and dealt with it, ``fazer`` once more: a run by the clock looks everywhere.
        """
        antes = {r["dag_run_id"] for r in self.runs(dag)}
        fazer(self)
        achado: list[str] = []

        def feito() -> bool:
            novas = {r["dag_run_id"]: r["run_type"] for r in self.runs(dag) if r["dag_run_id"] not in antes and r["state"] in FIM}
            vigiadas = [r for r, tipo in novas.items() if tipo == "asset_triggered"]
            achado[:] = [r for r in vigiadas if all(self.tarefas(dag, r)[t]["state"] == "success" for t in tarefas)]
            if len(novas) > len(vigiadas) and not achado:
                self.quieto()
                antes.update(r["dag_run_id"] for r in self.runs(dag))
                fazer(self)
            return bool(achado)

        self.esperar(feito, f"{dag}: nothing came of it")
        self.quieto()
        return achado[-1]

    # -- faults --------------------------------------------------------------------------------------------------------------

    @contextmanager
    def falhas(self, **falhas: Any) -> Iterator[None]:
        """Fusion misbehaves while the block runs (fields of sandbox.fusion.falhas.Falhas)."""
        token = self.estado.segredos["token_fusion"]
        pedir_falhas(self.estado.url_fusion, token, "PUT", falhas)
        try:
            yield
        finally:
            self.esperar(lambda: pedir_falhas(self.estado.url_fusion, token, "DELETE") is not None)

    @contextmanager
    def sem(self, nome: str) -> Iterator[None]:
        """One component stays down while the block runs."""
        componente = self.pilha._componentes[nome]
        self._tirar(nome)
        try:
            yield
        finally:
            self.pilha.iniciar(componente)

    def _tirar(self, *nomes: str) -> None:
        fichas = {nome: self.pilha._fichas[nome] for nome in nomes}
        encerrar(fichas, self.estado.segredos["marca"], espera=6, todos=False)
        for nome in nomes:
            self.pilha.filhos.pop(nome).wait()
            self.pilha._fichas.pop(nome)

    def matar(self, nome: str, sinal: int = signal.SIGKILL) -> None:
        """End one component at once; the stack starts it again the next time somebody waits."""
        processo = self.pilha.filhos[nome]
        processo.send_signal(sinal)
        processo.wait(20)

    def matar_quem_faz(self, dag: str, tarefa: str, *, supervisor: bool = False) -> None:
        """SIGKILL to the process in which a task works now, or to the worker that supervises it."""
        processo: psutil.Process | None = None

        def achar() -> bool:
            nonlocal processo
            processo = self.processo_da(dag, tarefa)
            return processo is not None

        self.esperar(achar)
        assert processo is not None
        processo = processo.parent() if supervisor else processo
        assert processo is not None
        processo.kill()

    def processo_da(self, dag: str, tarefa: str) -> psutil.Process | None:
        """The process in which a task works now: the one that Airflow names, once it has a connection to a database of ours.

        Whose sockets they are cannot be asked: Airflow hides its tasks' from other processes of the same account.
        """
        if not self.um("airflow", "select count(*) from pg_stat_activity where application_name = %s", f"{dag}.{tarefa}"):
            return None
        numeros = "select pid from task_instance where dag_id = %s and task_id = %s and state = 'running' and pid is not null"
        deles = {linha["pid"] for linha in self.sql("airflow", numeros, dag, tarefa)}
        try:
            return next((p for p in psutil.Process(self.pilha.filhos["scheduler"].pid).children(recursive=True) if p.pid in deles), None)
        except psutil.NoSuchProcess:
            return None

    def recriar_airflow(self) -> None:
        """Stop Airflow, throw its metadata away and start it on an empty database."""
        self.ditas.append(self.tudo_que_o_airflow_guarda())
        self._tirar(*AIRFLOW)
        con = psycopg2.connect(self.url("postgres"))
        con.autocommit = True
        for comando in ("drop database airflow with (force)", "create database airflow"):
            con.cursor().execute(comando)
        con.close()
        pronto = componentes.pronto(self.estado)
        pronto.unlink()
        self.pilha.iniciar(componentes.api_server(self.estado, self.pilha.env))
        self.esperar(pronto.exists)
        for componente in componentes.airflow(self.pilha.env):
            self.pilha.iniciar(componente)
        self._token = None
        self.esperar(self._criar_conexao_hl7)
        self.esperar(lambda: not airflow_api.faltam_dags(self.estado))

    def tudo_que_o_airflow_guarda(self) -> str:
        """Every row of every table of Airflow's database, as text."""
        tabelas = self.sql("airflow", "select quote_ident(tablename) as t from pg_tables where schemaname = 'public'")
        return "\n".join(str(linha["x"]) for t in tabelas for linha in self.sql("airflow", f"select x::text as x from {t['t']} x"))

    # -- reconciliation ------------------------------------------------------------------------------------------------------

    def em_erro(self, sistema: str, tabela: str = "") -> set[str]:
        linhas = self.sql(
            "fusion_integracao",
            f"select chave from {tabela or tabela_de(sistema)} where integracao_id = %s and situacao = 'erro'",
            integracao(sistema).integracao_id,
        )
        return {linha["chave"] for linha in linhas}

    def a_fazer(self) -> int:
        """Queue rows that still have to travel."""
        return sum(n for *_, situacao, n in profundidades(self.url("fusion_integracao")) if situacao in ("pendente", "reservado"))

    def diferencas(self) -> Iterator[str]:
        """Records whose state in Fusion is not the source's, refused ones aside; looked for as they are asked for."""
        for sistema in SISTEMAS:
            recusadas = self.em_erro(sistema)
            faltam = divergentes(integracao(sistema), self.url(sistema), self.url("fusion")) - recusadas
            yield from (f"{sistema} {chave}" for chave in faltam)
            if pacientes := pacientes_divergentes(integracao(sistema), self.url(sistema), self.url("fusion")):
                yield f"{sistema}: {len(pacientes)} patients"
            numero = integracao(sistema).integracao_id
            yield from conferir(sistema, self.url(sistema), self.url("fusion"), numero, ignorar=recusadas | faltam)
        yield from self._agendamentos()
        yield from self._mensagens()

    def _mensagens(self) -> list[str]:
        """Patients of TrackCare of whom Fusion lacks a message."""
        bancos = ("fusion", "fusion_integracao", "trackcare")
        faltam = pacientes_em_falta(obter("trackcare"), {banco: self.url(banco) for banco in bancos})  # type: ignore[arg-type]
        return [f"trackcare: messages of {len(faltam)} patients"] if faltam else []

    def _agendamentos(self) -> list[str]:
        """What the surgical chain still owes: journal rows, open pendencies, bookings that differ."""
        servico = integracao("fusion_service")
        urls = {banco: self.url(banco) for banco in ("fusion", "fusion_integracao", "mv", "simulador")}
        faltam = agendamentos_divergentes(servico, urls) - self.em_erro("fusion_service", "AplicacaoPendencia")
        contas = {
            "bookings": len(faltam),
            "rows in the journal of bookings": self.um("mv", "select count(*) from fusion_integracao.atualizacaoagendacirurgia"),
            "open pendencies": self.um("fusion", _PENDENCIAS_ABERTAS),
        }
        return [f"{n} {nome}" for nome, n in contas.items() if n]

    def reconciliar(self) -> None:
        """In the end nothing waits and nothing is missing; nothing was applied twice, nor after something newer."""
        try:
            self.esperar(lambda: self.a_fazer() == 0 and next(self.diferencas(), None) is None)
        except AssertionError:
            filas = [linha for linha in profundidades(self.url("fusion_integracao")) if linha[3] in ("pendente", "reservado")]
            raise AssertionError(f"not reconciled within {PACIENCIA:.0f} s: {filas}, {list(islice(self.diferencas(), 10))}") from None
        assert not self.sql("fusion", _REPETIDAS, self.pedidas)
        assert not self.sql("fusion", _FORA_DE_ORDEM)

    def quieto(self) -> None:
        """Reconciled, and no run is under way."""
        self.reconciliar()
        em_curso = "select count(*) from dag_run where state in ('running', 'queued')"
        self.esperar(lambda: self.um("airflow", em_curso) == 0, "a run goes on")


def integracao(sistema: str) -> Integracao:
    return obter(sistema)


def tabela_de(sistema: str) -> str:
    """Queue table of a system's main records."""
    return sistema_de(integracao(sistema)).processos[0].tabela


def com_sucesso(hub: Hub, dag: str, tarefa: str) -> Iterator[str]:
    """Finished runs in which the task was not skipped, newest first."""
    runs = (r["dag_run_id"] for r in hub.runs(dag) if r["state"] in FIM)
    return (r for r in runs if hub.tarefas(dag, r)[tarefa]["state"] == "success")


def limpar_sem_efeito(hub: Hub, dag: str, tarefa: str, run: str) -> None:
    """Clear one task of a finished run: it runs again, and Fusion is as it was."""
    antes = (hub.aplicacoes(), hub.um("fusion", _SITUACAO))
    hub.limpar(dag, run, tarefa)
    assert hub.terminar(dag, run) == "success"
    assert hub.tarefas(dag, run)[tarefa]["try_number"] >= 2
    assert (hub.aplicacoes(), hub.um("fusion", _SITUACAO)) == antes
    hub.reconciliar()
