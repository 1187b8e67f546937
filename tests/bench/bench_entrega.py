"""Delivery of full attendances: our loop against a bare one that reads the same batches and posts the same bodies."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import mean
from typing import Any

import aiohttp
import psycopg2
import uvloop

from include.fusion.model.atendimento import Atendimento
from include.fusion.model.content import corpo
from include.fusion.store.filas import ItemFila
from include.fusion.wiring import destino_de
from sandbox.postgres import Postgres
from tests.bancada import Bancada
from tests.bench.apoio import Medida, executar, maquina, medida, servidor_postgres

CONCORRENCIA, LOTE, ATRASO = 32, 200, 0.05
# Items are copied until a record is as large as that of a long stay: the generators' own are 3 and 7 kB.
ENGORDAR = {
    "consulfarma": {"dbo.prescricaomedicamento": ("prescricaomedicamentoid", 9), "dbo.diagnostico": ("diagnosticoid", 9)},
    "sotech": {"pep.ate_prescricao_item": ("pkprescricaoitem", 17), "pep.ate_evolucao": ("pkevolucao", 6)},
    "tasy": {"tasy.evolucao_paciente": ("cd_evolucao", 4), "tasy.atendimento_sinal_vital": ("nr_sequencia", 3)},
    "esus_ab": {
        "tb_receita_medicamento": ("co_seq_receita_medicamento", 4),
        "tb_exame_requisitado": ("co_seq_exame_requisitado", 4),
        "rl_evolucao_avaliacao_ciap_cid": ("co_seq_evolucao_aval_ciap_cid", 4),
    },
}
_COPIAR = """set session_replication_role = replica;
insert into {tabela} overriding system value
select (jsonb_populate_record(x, jsonb_build_object('{chave}', m.maior + row_number() over (), 'uuid', gen_random_uuid()))).*
from {tabela} x cross join generate_series(1, {vezes}) cross join (select max({chave}) as maior from {tabela}) m;
analyze {tabela}"""


class Pista:
    """One source, its queue and a Fusion, over which both loops run in turn."""

    def __init__(self, bancada: Bancada, registros: int) -> None:
        self.b = bancada
        m = bancada.montagem
        for tabela, (chave, vezes) in ENGORDAR[bancada.integracao].items():
            executar(bancada.dsn["origem"], *_COPIAR.format(tabela=tabela, chave=chave, vezes=vezes).split(";"))
        con = psycopg2.connect(bancada.dsn["origem"])
        por_paciente = {e.chave_paciente: e.chave for e in bancada.fonte.chaves(con) if e.operacao != "exclusao"}
        con.close()
        # One attendance per patient: those of one patient go one after another, and a queue of nothing else measures that rule.
        itens = [ItemFila(chave, paciente) for paciente, chave in por_paciente.items()][:registros]
        self.rota = destino_de(m.integracao, m.sistema.processos[0]).rota
        self.corpos: dict[str, bytes] = {}
        for i in range(0, len(itens), LOTE):
            for chave, lido in m.leitor.ler([item.chave for item in itens[i : i + LOTE]]).items():
                if isinstance(lido, Atendimento):
                    pacote = destino_de(m.integracao, m.sistema.processos[0]).envelopar(corpo(lido))
                    self.corpos[chave] = json.dumps(pacote, ensure_ascii=False, separators=(",", ":")).encode()
        self.itens = [item for item in itens if item.chave in self.corpos]
        self.tamanho = mean(map(len, self.corpos.values()))
        self._rodada = 0

    def zerar(self) -> None:
        """Both loops find Fusion empty; ours finds a full queue and an empty ledger."""
        self._rodada += 1
        executar(self.b.dsn["fusion"], "truncate registro, aplicacao, idempotencia")
        executar(self.b.dsn["fila"], f"truncate {self.b.montagem.sistema.processos[0].tabela}, livro_entrega")
        with self.b.montagem.fusion.begin() as con:
            self.b.montagem.fila().enfileirar(con, self.itens)
        executar(self.b.dsn["fila"], f"vacuum analyze {self.b.montagem.sistema.processos[0].tabela}")

    def nossa(self) -> float:
        """Records per second of the delivery loop, connections and the look at the empty queue at the end included."""
        self.zerar()
        entrega = self.b.entrega(max_records=10**9, intervalo=timedelta(0))
        inicio = time.perf_counter()
        resultado = entrega.executar()
        duracao = time.perf_counter() - inicio
        assert resultado.enviados == len(self.itens), resultado.contagens()
        return len(self.itens) / duracao

    def nua(self) -> float:
        """Records per second of reading each batch, then posting it: no mapping, no queue, no ledger."""
        self.zerar()
        inicio = time.perf_counter()
        uvloop.run(self._nua())
        duracao = time.perf_counter() - inicio
        aceitos = self.b.fusion("select count(*) from aplicacao")[0][0]
        assert aceitos == len(self.itens), aceitos
        return len(self.itens) / duracao

    async def _nua(self) -> None:
        consultas = self.b.montagem.consultas
        clausulas = [consultas.sql(arquivo) for _, arquivo in consultas.detalhes]
        cabecalhos = {"Authorization": f"Bearer {self.b.servidor.token}", "Content-Type": "application/json", "Accept": "application/json"}
        url = self.b.servidor.url + self.rota
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONCORRENCIA, keepalive_timeout=60), headers=cabecalhos
        ) as sessao:
            with consultas.engine.connect() as con:
                for i in range(0, len(self.itens), LOTE):
                    lote = [item.chave for item in self.itens[i : i + LOTE]]
                    nativas = [consultas.sistema.tipo_chave(c) for c in lote]
                    for clausula in clausulas:
                        con.execute(clausula, {"chaves": nativas}).fetchall()
                    con.rollback()
                    fila = iter(lote)
                    await asyncio.gather(*(self._postar(sessao, url, fila) for _ in range(CONCORRENCIA)))

    async def _postar(self, sessao: aiohttp.ClientSession, url: str, fila: Iterator[str]) -> None:
        for chave in fila:
            cabecalho = {"Idempotency-Key": f"nua-{self._rodada}-{chave}"}
            async with sessao.post(url, data=self.corpos[chave], headers=cabecalho) as resposta:
                await resposta.json()
                assert resposta.status < 300, resposta.status

    def comparar(self, pares: int) -> tuple[float, float, list[str]]:
        """Mean rates (ours, bare) of ``pares`` alternating pairs, and each pair's ratio."""
        nossas: list[float] = []
        nuas: list[float] = []
        for par in range(pares):
            ordem = [(nossas, self.nossa), (nuas, self.nua)]
            for rol, laco in ordem if par % 2 == 0 else reversed(ordem):
                rol.append(laco())
        razoes = [f"{a / b:.2f}" for a, b in zip(nossas, nuas, strict=True)]
        return _taxa(nossas), _taxa(nuas), razoes


def _taxa(taxas: list[float]) -> float:
    """Records over time of runs of equal size."""
    return len(taxas) / sum(1 / t for t in taxas)


@contextmanager
def pista(postgres: Postgres, pasta: Path, integracao: str, registros: int) -> Iterator[Pista]:
    """``registros`` attendances of as many patients; the databases go afterwards."""
    # Attendances per patient that the two generators make, with a margin for patients without any.
    vezes = {"consulfarma": 3, "esus_ab": 7, "sotech": 3, "tasy": 3}[integracao]
    bancada = Bancada(postgres, pasta, integracao, registros * vezes)
    try:
        yield Pista(bancada, registros)
    finally:
        bancada.fechar()


def _medir(p: Pista, pares: int) -> list[Medida]:
    nome = p.b.integracao
    p.nossa()
    p.nua()
    nossa, nua, razoes = p.comparar(pares)
    como = (
        f"{len(p.itens)} records of {p.tamanho / 1000:.1f} kB on average, one per patient, batches of {LOTE}, {CONCORRENCIA} requests in flight, "
        f"{pares} alternating pairs after a warm-up, pairs {', '.join(razoes)}; sources, queues and Fusion on the same machine; {maquina()}"
    )
    medidas: list[Medida] = [
        medida(f"delivery {nome}: ours / bare loop, Fusion delay 0", nossa / nua, "ratio", como, minimo=0.6),
        medida(f"delivery {nome}: ours, Fusion delay 0", nossa, "records/s", como),
        medida(f"delivery {nome}: bare loop, Fusion delay 0", nua, "records/s", como),
    ]
    p.b.servidor.falhas(atraso_ms=ATRASO * 1000)
    try:
        nossa, nua, razoes = p.comparar(max(1, pares - 1))
    finally:
        p.b.servidor.limpar_falhas()
    limite = min(CONCORRENCIA / ATRASO, nua)
    com_atraso = f"ours {nossa:.0f}/s, bare loop {nua:.0f}/s, {CONCORRENCIA}/{ATRASO} s = {CONCORRENCIA / ATRASO:.0f}/s; {como}"
    return [
        *medidas,
        medida(f"delivery {nome}: ours / lower of both limits, Fusion delay 50 ms", nossa / limite, "ratio", com_atraso, minimo=0.85),
    ]


def run(rapido: bool = False) -> list[Medida]:
    """One integration after the other, on one server."""
    registros, pares = (400, 1) if rapido else (2000, 3)
    medidas: list[Medida] = []
    with servidor_postgres() as (postgres, pasta):
        for integracao in ENGORDAR:
            with pista(postgres, pasta, integracao, registros) as p:
                medidas += _medir(p, pares)
    return medidas


def perfil(integracao: str, arquivo: str, registros: int = 1000) -> Any:
    """Profile of one delivery, for ``python -m pstats``: ``python -c "from tests.bench.bench_entrega import perfil; perfil(...)"``."""
    import cProfile

    with servidor_postgres() as (postgres, pasta), pista(postgres, pasta, integracao, registros) as p:
        p.nossa()
        cProfile.runctx("p.nossa()", {}, {"p": p}, arquivo)
