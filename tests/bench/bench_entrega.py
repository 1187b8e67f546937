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
from include.fusion.model.content import body
from include.fusion.store.filas import FilaItem
from include.fusion.wiring.names import destination_of
from sandbox.postgres import Postgres
from tests.bench.helpers import Measure, machine, measure, postgres_server, run_sql
from tests.harness import Harness

CONCURRENCY, BATCH, DELAY = 32, 200, 0.05
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
_COPY = """set session_replication_role = replica;
insert into {tabela} overriding system value
select (jsonb_populate_record(x, jsonb_build_object('{chave}', m.maior + row_number() over (), 'uuid', gen_random_uuid()))).*
from {tabela} x cross join generate_series(1, {vezes}) cross join (select max({chave}) as maior from {tabela}) m;
analyze {tabela}"""


class Track:
    """One source, its queue and a Fusion, over which both loops run in turn."""

    def __init__(self, harness: Harness, records: int) -> None:
        self.b = harness
        m = harness.runtime
        for table, (key, times_seen) in ENGORDAR[harness.integracao].items():
            run_sql(harness.dsn["origem"], *_COPY.format(tabela=table, chave=key, vezes=times_seen).split(";"))
        con = psycopg2.connect(harness.dsn["origem"])
        by_paciente = {e.chave_paciente: e.chave for e in harness.source_items.keys(con) if e.operacao != "exclusao"}
        con.close()
        # One attendance per patient: those of one patient go one after another, and a queue of nothing else measures that rule.
        items = [FilaItem(key, paciente) for paciente, key in by_paciente.items()][:records]
        self.path = destination_of(m.integracao, m.sistema.processos[0]).path
        self.bodies: dict[str, bytes] = {}
        for i in range(0, len(items), BATCH):
            for key, read_item in m.reader.read([item.chave for item in items[i : i + BATCH]]).items():
                if isinstance(read_item, Atendimento):
                    package = destination_of(m.integracao, m.sistema.processos[0]).wrap(body(read_item))
                    self.bodies[key] = json.dumps(package, ensure_ascii=False, separators=(",", ":")).encode()
        self.items = [item for item in items if item.chave in self.bodies]
        self.tamanho = mean(map(len, self.bodies.values()))
        self._turn = 0

    def reset(self) -> None:
        """Both loops find Fusion empty; ours finds a full queue and an empty ledger."""
        self._turn += 1
        run_sql(self.b.dsn["fusion"], "truncate registro, aplicacao, idempotencia")
        run_sql(self.b.dsn["fila"], f"truncate {self.b.runtime.sistema.processos[0].table}, livro_entrega")
        with self.b.runtime.fusion.begin() as con:
            self.b.runtime.fila().enqueue(con, self.items)
        run_sql(self.b.dsn["fila"], f"vacuum analyze {self.b.runtime.sistema.processos[0].table}")

    def own(self) -> float:
        """Records per second of the delivery loop, connections and the look at the empty queue at the end included."""
        self.reset()
        delivery = self.b.delivery(max_records=10**9, intervalo=timedelta(0))
        start = time.perf_counter()
        result = delivery.run()
        duration = time.perf_counter() - start
        assert result.enviados == len(self.items), result.contagens()
        return len(self.items) / duration

    def bare(self) -> float:
        """Records per second of reading each batch, then posting it: no mapping, no queue, no ledger."""
        self.reset()
        start = time.perf_counter()
        uvloop.run(self._bare())
        duration = time.perf_counter() - start
        accepted_values = self.b.fusion("select count(*) from aplicacao")[0][0]
        assert accepted_values == len(self.items), accepted_values
        return len(self.items) / duration

    async def _bare(self) -> None:
        queries = self.b.runtime.queries
        clausulas = [queries.sql(file) for _, file in queries.details]
        headers = {"Authorization": f"Bearer {self.b.server.token}", "Content-Type": "application/json", "Accept": "application/json"}
        url = self.b.server.url + self.path
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONCURRENCY, keepalive_timeout=60), headers=headers
        ) as session:
            with queries.engine.connect() as con:
                for i in range(0, len(self.items), BATCH):
                    batch = [item.chave for item in self.items[i : i + BATCH]]
                    native = [queries.sistema.key_type(c) for c in batch]
                    for clause in clausulas:
                        con.execute(clause, {"chaves": native}).fetchall()
                    con.rollback()
                    fila = iter(batch)
                    await asyncio.gather(*(self._post(session, url, fila) for _ in range(CONCURRENCY)))

    async def _post(self, session: aiohttp.ClientSession, url: str, fila: Iterator[str]) -> None:
        for key in fila:
            header = {"Idempotency-Key": f"nua-{self._turn}-{key}"}
            async with session.post(url, data=self.bodies[key], headers=header) as response:
                await response.json()
                assert response.status < 300, response.status

    def compare(self, pairs: int) -> tuple[float, float, list[str]]:
        """Mean rates (ours, bare) of ``pairs`` alternating pairs, and each pair's ratio."""
        ours: list[float] = []
        nuas: list[float] = []
        for pair in range(pairs):
            order = [(ours, self.own), (nuas, self.bare)]
            for rol, laco in order if pair % 2 == 0 else reversed(order):
                rol.append(laco())
        razoes = [f"{a / b:.2f}" for a, b in zip(ours, nuas, strict=True)]
        return _rate(ours), _rate(nuas), razoes


def _rate(rates: list[float]) -> float:
    """Records over time of runs of equal size."""
    return len(rates) / sum(1 / t for t in rates)


@contextmanager
def track(postgres: Postgres, folder: Path, integracao: str, records: int) -> Iterator[Track]:
    """``records`` attendances of as many patients; the databases go afterwards."""
    # Attendances per patient that the two generators make, with a margin for patients without any.
    times_seen = {"consulfarma": 3, "esus_ab": 7, "sotech": 3, "tasy": 3}[integracao]
    harness = Harness(postgres, folder, integracao, records * times_seen)
    try:
        yield Track(harness, records)
    finally:
        harness.close()


def _take_measure(p: Track, pairs: int) -> list[Measure]:
    name = p.b.integracao
    p.own()
    p.bare()
    own, bare, razoes = p.compare(pairs)
    how = (
        f"{len(p.items)} records of {p.tamanho / 1000:.1f} kB on average, one per patient, batches of {BATCH}, {CONCURRENCY} requests in flight, "
        f"{pairs} alternating pairs after a warm-up, pairs {', '.join(razoes)}; sources, queues and Fusion on the same machine; {machine()}"
    )
    measures: list[Measure] = [
        measure(f"delivery {name}: ours / bare loop, Fusion delay 0", own / bare, "ratio", how, minimum=0.6),
        measure(f"delivery {name}: ours, Fusion delay 0", own, "records/s", how),
        measure(f"delivery {name}: bare loop, Fusion delay 0", bare, "records/s", how),
    ]
    p.b.server.falhas(atraso_ms=DELAY * 1000)
    try:
        own, bare, razoes = p.compare(max(1, pairs - 1))
    finally:
        p.b.server.clear_faults()
    limit = min(CONCURRENCY / DELAY, bare)
    com_atraso = f"ours {own:.0f}/s, bare loop {bare:.0f}/s, {CONCURRENCY}/{DELAY} s = {CONCURRENCY / DELAY:.0f}/s; {how}"
    return [
        *measures,
        measure(f"delivery {name}: ours / lower of both limits, Fusion delay 50 ms", own / limit, "ratio", com_atraso, minimum=0.85),
    ]


def run(quick: bool = False) -> list[Measure]:
    """One integration after the other, on one server."""
    records, pairs = (400, 1) if quick else (2000, 3)
    measures: list[Measure] = []
    with postgres_server() as (postgres, folder):
        for integracao in ENGORDAR:
            with track(postgres, folder, integracao, records) as p:
                measures += _take_measure(p, pairs)
    return measures


def profile(integracao: str, file: str, records: int = 1000) -> Any:
    """Profile of one delivery, for ``python -m pstats``: ``python -c "from tests.bench.bench_entrega import perfil; perfil(...)"``."""
    import cProfile

    with postgres_server() as (postgres, folder), track(postgres, folder, integracao, records) as p:
        p.own()
        cProfile.runctx("p.nossa()", {}, {"p": p}, file)
