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

from include.fusion.delivery.result import Resultado
from include.fusion.http.fusion import ApiFusion, ClienteFusion
from include.fusion.settings import obter
from include.fusion.store.migrate import migrar
from include.fusion.wiring import Montagem
from sandbox.fusion.servidor import ServidorFusion
from sandbox.postgres import Postgres
from sandbox.sources import sources


class Bancada:
    """One integration (``id`` in integracoes.yaml) with databases and a Fusion of its own; ``fechar`` removes all."""

    def __init__(self, postgres: Postgres, pasta: Path, integracao: str, atendimentos: int = 50, **opcoes: Any) -> None:
        self._postgres = postgres
        marca = secrets.token_hex(4)
        self._bancos = {nome: f"b_{nome}_{marca}" for nome in ("fila", "fusion", "origem")}
        self.dsn = {nome: postgres.criar_banco(banco) for nome, banco in self._bancos.items()}
        self.fonte = sources()[integracao].module
        self.fonte.criar(self.dsn["origem"], **opcoes)
        if atendimentos:
            self.fonte.gerar(self.dsn["origem"], atendimentos, 7)
        self._motores: list[Any] = []
        self.integracao = integracao
        self.montagem = self.montar()
        migrar(self.montagem.fusion)
        self.servidor = ServidorFusion(self.dsn["fusion"], pasta / f"fusion-{marca}").iniciar()
        self.rng = random.Random(7)

    def montar(self, integracao: str = "") -> Montagem:
        """Fresh parts, as a new task start would have them; of another integration on the same databases where one is named."""
        return Montagem(obter(integracao or self.integracao), self._motor, lambda _: self.cliente())

    def _motor(self, conn_id: str) -> Any:
        banco = self.dsn["fila" if conn_id == "fusion_db" else "origem"]
        motor = create_engine(banco.replace("postgresql://", "postgresql+psycopg2://", 1), hide_parameters=True)
        self._motores.append(motor)
        return motor

    parado = timedelta(0)

    def carregar(self) -> int:
        """One carga; how many attendances were queued."""
        return int(self.montagem.busca().executar().enfileirados)

    def cliente(self, **opcoes: Any) -> ClienteFusion:
        api = ApiFusion(self.servidor.url, {"Authorization": f"Bearer {self.servidor.token}"}, **opcoes)
        return ClienteFusion(api, 32)

    def entregar(self, dono: str = "teste/run/importacao#1|", processo: str | None = None, **ajustes: Any) -> Resultado:
        """Drain the queues of live traffic, or one, without lingering."""
        return self.entrega(dono, processo, **ajustes).executar()

    def entrega(
        self,
        dono: str = "teste/run/importacao#1|",
        processo: str | None = None,
        realimentar: Callable[[bool], int] | None = None,
        **ajustes: Any,
    ) -> Any:
        valores = self.montagem.integracao.entrega.model_copy(update={"permanencia": timedelta(0), **ajustes})
        vias = self.montagem.vias() if processo is None else [self.montagem.via(processo)]
        return self.montagem.entrega(valores, self.cliente(), dono, vias, realimentar=realimentar, plantao=self.montagem.assinar_plantao)

    def mudar(self, vezes: int = 1, invalido: str | None = None) -> list[Any]:
        """Changes at the source, each committed on its own."""
        feitas = []
        con = psycopg2.connect(self.dsn["origem"])
        try:
            for _ in range(vezes):
                feitas.append(self.fonte.mudar_invalido(con, self.rng, invalido) if invalido else self.fonte.mudar(con, self.rng))
                con.commit()
        finally:
            con.close()
        return feitas

    def origem(self, sql: str, *valores: Any) -> list[tuple[Any, ...]]:
        return self._sql("origem", sql, *valores)

    def fusion(self, sql: str, *valores: Any) -> list[tuple[Any, ...]]:
        return self._sql("fusion", sql, *valores)

    def fila(self, sql: str, *valores: Any) -> list[tuple[Any, ...]]:
        return self._sql("fila", sql, *valores)

    def _sql(self, banco: str, sql: str, *valores: Any) -> list[tuple[Any, ...]]:
        con = psycopg2.connect(self.dsn[banco])
        try:
            con.autocommit = True
            with con.cursor() as cur:
                cur.execute(sql, valores or None)
                return cur.fetchall() if cur.description else []
        finally:
            con.close()

    def duplicados(self) -> list[tuple[Any, ...]]:
        """Consecutive applications of one record with equal content."""
        return self.fusion(
            "select codigo from (select codigo, hash_conteudo, operacao, lag(hash_conteudo) over w as h, lag(operacao) over w as o"
            " from aplicacao window w as (partition by entidade, integracao_id, codigo order by id)) t where h = hash_conteudo and o = operacao"
        )

    def divergentes(self) -> list[str]:
        """Keys whose state in Fusion is not what the source says now (records that must be refused left out)."""
        from include.fusion.model.atendimento import Atendimento
        from include.fusion.model.content import corpo, versao_conteudo

        con = psycopg2.connect(self.dsn["origem"])
        esperados = {e.chave: e.operacao for e in self.fonte.chaves(con)}
        con.close()
        guardados = self.fusion("select codigo, hash_conteudo, cancelado from registro where entidade = 'atendimento'")
        atuais = {codigo: (h, cancelado) for codigo, h, cancelado in guardados}
        vivos = [chave for chave, operacao in esperados.items() if operacao != "exclusao"]
        diferentes = [c for c, operacao in esperados.items() if operacao == "exclusao" and c in atuais and not atuais[c][1]]
        for inicio in range(0, len(vivos), 200):
            for chave, lido in self.montagem.leitor.ler(vivos[inicio : inicio + 200]).items():
                if isinstance(lido, Atendimento) and atuais.get(chave) != (versao_conteudo(corpo(lido)), False):
                    diferentes.append(chave)
        return diferentes

    def fechar(self) -> None:
        self.servidor.parar()
        self.montagem.fechar()
        for motor in self._motores:
            motor.dispose()
        motor = create_engine(self._postgres.sqlalchemy("postgres"), isolation_level="AUTOCOMMIT")
        with motor.connect() as con:
            for banco in self._bancos.values():
                con.execute(text(f'drop database "{banco}" with (force)'))
        motor.dispose()
