"""Queue statements of SQL Server. READ_COMMITTED_SNAPSHOT is recommended, so that readers never wait for an enqueuing transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Table, bindparam, text

from include.fusion.store.clock import AGORA, daqui_a
from include.fusion.store.filas.dialect import Dialeto, Escopo, registros
from include.fusion.store.filas.types import Desfecho, ItemFila, Registro, blocos, cortar_motivo
from include.fusion.store.tables import ABERTAS, lista_sql

_BLOCO = 5_000
_AGORA = AGORA["mssql"]
_ABERTAS = lista_sql(ABERTAS)

_CRIAR_ENTRADA = """\
CREATE TABLE #fila_entrada (
    n bigint PRIMARY KEY, chave nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
    chave_paciente nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL, operacao varchar(10) NOT NULL, prioridade smallint NOT NULL
)"""
_INSERIR_ENTRADA = """\
INSERT INTO #fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade)"""

# MERGE for what is open, INSERT ... ORDER BY for what is new: MERGE would hand out ids in any order, and ids are a patient's order.
_UNIR = f"""\
MERGE INTO {{t}} WITH (HOLDLOCK) AS t
USING (SELECT chave, chave_paciente, operacao, prioridade FROM #fila_entrada WHERE n > :de AND n <= :ate) AS e
ON t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ({_ABERTAS})
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = CASE WHEN t.prioridade < e.prioridade THEN t.prioridade ELSE e.prioridade END,
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END;"""

_INSERIR = f"""\
INSERT INTO {{t}} (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, 0, {_AGORA}
FROM #fila_entrada AS e
WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (
    SELECT 1 FROM {{t}} AS t WITH (UPDLOCK, HOLDLOCK)
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.chave = e.chave AND t.situacao IN ({_ABERTAS}))
ORDER BY e.n"""

_ESCOLHER = f"""\
SELECT TOP (:quantos) {{colunas}} FROM {{t}} AS c{{dica}}
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= {_AGORA}){{filtro}}
        AND (c.chave_paciente IS NULL OR c.id = (
            SELECT TOP (1) a.id FROM {{t}} AS a
            WHERE a.integracao_id = c.integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado'){{parados}}
            ORDER BY a.situacao DESC, a.prioridade, a.id))
    ORDER BY c.prioridade, c.id"""
_RESERVAR = f"""\
WITH escolhida AS (
    {_ESCOLHER}
)
UPDATE escolhida SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL,
    reservado_ate = {daqui_a("mssql", ":prazo")}
OUTPUT inserted.id, inserted.chave, inserted.chave_paciente, inserted.operacao, inserted.prioridade,
    inserted.tentativas, inserted.criado_em"""
_PARADOS = "(a.situacao = 'reservado' OR a.processo NOT IN ({}))"
_DICA = " WITH (UPDLOCK, READPAST, ROWLOCK)"
_FILTRO_CHAVES = "\n        AND c.chave IN :chaves"

_REGISTRAR = f"""\
UPDATE {{t}} WITH (ROWLOCK) SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN {daqui_a("mssql", ":espera")} END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN {_AGORA} END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono"""


def _reservar(tabela: str, filtro: str = "", parados: str = "") -> str:
    return _RESERVAR.format(t=tabela, colunas="c.*", dica=_DICA, filtro=filtro, parados=parados)


def _escolher(tabela: str, parados: str = "") -> str:
    return _ESCOLHER.format(t=tabela, colunas="c.id", dica="", filtro="", parados=parados)


class SQLServer(Dialeto):
    nome = "mssql"

    def enfileirar(self, con: Connection, escopo: Escopo, itens: Iterable[ItemFila]) -> int:
        con.execute(text("DROP TABLE IF EXISTS #fila_entrada"))
        con.execute(text(_CRIAR_ENTRADA))
        limites = [0]
        for bloco in blocos(itens, _BLOCO):
            binds = [{**i._asdict(), "chave_paciente": i.chave_paciente or None, "n": n} for n, i in enumerate(bloco, limites[-1] + 1)]
            con.execute(text(_INSERIR_ENTRADA), binds)
            limites.append(limites[-1] + len(bloco))
        if limites[-1]:
            escopo.travar_entrada(con)
        # A block at a time: one MERGE may not meet a key twice, and no block holds one twice.
        for de, ate in pairwise(limites):
            for modelo in (_UNIR, _INSERIR):
                con.execute(text(modelo.format(t=escopo.tabela.name)), {**escopo.binds, "de": de, "ate": ate})
        con.execute(text("DROP TABLE #fila_entrada"))
        return limites[-1]

    def reservar(
        self, con: Connection, escopo: Escopo, quantos: int, dono: str, prazo: float, chaves: Sequence[str] | None
    ) -> list[Registro]:
        binds: dict[str, Any] = {**escopo.binds, "quantos": quantos, "dono": dono, "prazo": prazo}
        consulta = text(_reservar(escopo.tabela.name, "" if chaves is None else _FILTRO_CHAVES, escopo.sem_parados(_PARADOS)))
        if chaves is not None:
            consulta = consulta.bindparams(bindparam("chaves", list(chaves), expanding=True))
        return registros(con.execute(consulta, binds).all())

    def ha_pronto(self, con: Connection, escopo: Escopo) -> bool:
        consulta = text(_escolher(escopo.tabela.name, escopo.sem_parados(_PARADOS)))
        return con.execute(consulta, {**escopo.binds, "quantos": 1}).first() is not None

    def registrar(self, con: Connection, escopo: Escopo, dono: str, desfechos: Sequence[Desfecho]) -> int:
        comando = text(_REGISTRAR.format(t=escopo.tabela.name))
        escritos = 0
        # By id, as every other set update goes; one execution each, since pymssql counts only the last of an executemany.
        for d in sorted(desfechos, key=lambda d: d.registro.id):
            binds = {"id": d.registro.id, "operacao": d.registro.operacao, "situacao": d.situacao, "motivo": cortar_motivo(d.motivo)}
            escritos += con.execute(
                comando, {**escopo.binds, **binds, "versao": d.versao, "espera": d.espera or 0.0, "dono": dono}
            ).rowcount
        return escritos

    def escapar_prefixo(self, prefixo: str) -> str:
        return super().escapar_prefixo(prefixo).replace("[", "/[")

    def comandos(self, tabela: Table) -> dict[str, str]:
        nome = tabela.name
        return {
            "criar_entrada": _CRIAR_ENTRADA,
            "inserir_entrada": _INSERIR_ENTRADA,
            "unir": _UNIR.format(t=nome),
            "inserir": _INSERIR.format(t=nome),
            "escolher": _escolher(nome),
            "reservar": _reservar(nome),
            "reservar_filtrado": _reservar(nome, _FILTRO_CHAVES),
            "registrar": _REGISTRAR.format(t=nome),
        }
