"""The hub without Airflow: real databases, a real sandbox Fusion, the engine in this process."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import create_engine, text

from include.fusion.delivery.result import DeliveryResult
from include.fusion.http.fusion import FusionApi, FusionClient
from include.fusion.settings import obtain
from include.fusion.store.migrate import migrate
from include.fusion.wiring.names import Runtime
from sandbox.fusion.servidor import FusionServer
from sandbox.postgres import Postgres
from sandbox.sources import sources


class Harness:
    """One integration (``id`` in integracoes.yaml) with databases and a Fusion of its own; ``close`` removes all."""

    def __init__(self, postgres: Postgres, folder: Path, integracao: str, atendimentos: int = 50, **options: Any) -> None:
        self._postgres = postgres
        watermark = secrets.token_hex(4)
        self._databases = {name: f"b_{name}_{watermark}" for name in ("fila", "fusion", "origem")}
        self.dsn = {name: postgres.create_database(database) for name, database in self._databases.items()}
        self.source_items = sources()[integracao].module
        self.source_items.create(self.dsn["origem"], **options)
        if atendimentos:
            self.source_items.generate(self.dsn["origem"], atendimentos, 7)
        self._engines: list[Any] = []
        self.integracao = integracao
        self.runtime = self.build()
        migrate(self.runtime.fusion)
        self.server = FusionServer(self.dsn["fusion"], folder / f"fusion-{watermark}").start_run()
        self.rng = random.Random(7)

    def build(self, integracao: str = "") -> Runtime:
        """Fresh parts, as a new task start would have them; of another integration on the same databases where one is named."""
        return Runtime(obtain(integracao or self.integracao), self._engine, lambda _: self.client())

    def _engine(self, conn_id: str) -> Any:
        database = self.dsn["fila" if conn_id == "fusion_db" else "origem"]
        engine = create_engine(database.replace("postgresql://", "postgresql+psycopg2://", 1), hide_parameters=True)
        self._engines.append(engine)
        return engine

    standstill = timedelta(0)

    def load(self) -> int:
        """One carga; how many attendances were queued."""
        return int(self.runtime.search().run().enfileirados)

    def client(self, **options: Any) -> FusionClient:
        api = FusionApi(self.server.url, {"Authorization": f"Bearer {self.server.token}"}, **options)
        return FusionClient(api, 32)

    def deliver(self, owner: str = "teste/run/importacao#1|", processo: str | None = None, **settings: Any) -> DeliveryResult:
        """Drain the queues of live traffic, or one, without lingering."""
        return self.delivery(owner, processo, **settings).run()

    def delivery(
        self,
        owner: str = "teste/run/importacao#1|",
        processo: str | None = None,
        refill: Callable[[bool], int] | None = None,
        **settings: Any,
    ) -> Any:
        values = self.runtime.integracao.delivery.model_copy(update={"permanencia": timedelta(0), **settings})
        routes = self.runtime.routes() if processo is None else [self.runtime.via(processo)]
        return self.runtime.delivery(values, self.client(), owner, routes, refill=refill, presence=self.runtime.sign_on)

    def change(self, times_seen: int = 1, invalid: str | None = None) -> list[Any]:
        """Changes at the source, each committed on its own."""
        done = []
        con = psycopg2.connect(self.dsn["origem"])
        try:
            for _ in range(times_seen):
                done.append(
                    self.source_items.change_invalid(con, self.rng, invalid) if invalid else self.source_items.change(con, self.rng)
                )
                con.commit()
        finally:
            con.close()
        return done

    def origem(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._sql("origem", sql, *values)

    def fusion(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._sql("fusion", sql, *values)

    def fila(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._sql("fila", sql, *values)

    def _sql(self, database: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        con = psycopg2.connect(self.dsn[database])
        try:
            con.autocommit = True
            with con.cursor() as cur:
                cur.execute(sql, values or None)
                return cur.fetchall() if cur.description else []
        finally:
            con.close()

    def duplicates(self) -> list[tuple[Any, ...]]:
        """Consecutive applications of one record with equal content."""
        return self.fusion(
            "select codigo from (select codigo, hash_conteudo, operacao, lag(hash_conteudo) over w as h, lag(operacao) over w as o"
            " from aplicacao window w as (partition by entidade, integracao_id, codigo order by id)) t where h = hash_conteudo and o = operacao"
        )

    def divergent(self) -> list[str]:
        """Keys whose state in Fusion is not what the source says now (records that must be refused left out)."""
        from include.fusion.model.atendimento import Atendimento
        from include.fusion.model.content import body, content_version

        con = psycopg2.connect(self.dsn["origem"])
        expected = {e.chave: e.operacao for e in self.source_items.keys(con)}
        con.close()
        kept = self.fusion("select codigo, hash_conteudo, cancelado from registro where entidade = 'atendimento'")
        present = {code: (h, cancelled) for code, h, cancelled in kept}
        living = [key for key, operation in expected.items() if operation != "exclusao"]
        differing = [c for c, operation in expected.items() if operation == "exclusao" and c in present and not present[c][1]]
        for start in range(0, len(living), 200):
            for key, read_item in self.runtime.reader.read(living[start : start + 200]).items():
                if isinstance(read_item, Atendimento) and present.get(key) != (content_version(body(read_item)), False):
                    differing.append(key)
        return differing

    def close(self) -> None:
        self.server.stop()
        self.runtime.close()
        for engine in self._engines:
            engine.dispose()
        engine = create_engine(self._postgres.sqlalchemy("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as con:
            for database in self._databases.values():
                con.execute(text(f'drop database "{database}" with (force)'))
        engine.dispose()
