"""Queue statements of PostgreSQL."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, text

from include.fusion.store.clock import daqui_a
from include.fusion.store.filas.dialect import Dialeto, Escopo, registros
from include.fusion.store.filas.types import Desfecho, ItemFila, Registro, blocos, cortar_motivo
from include.fusion.store.pg_arrays import vetor
from include.fusion.store.tables import ABERTAS, lista_sql

_BLOCO = 20_000
_DIRETO = 2_000
"""Up to so many items travel as arrays in one statement; more go through COPY into a temporary table."""

POR_PACIENTE = 8
"""Rows of one patient in one batch at most: they leave one after another, and the batch ends with the longest such row."""

_CRIAR_ENTRADA = """\
CREATE TEMPORARY TABLE IF NOT EXISTS fila_entrada (
    n bigint PRIMARY KEY, chave text COLLATE "C" NOT NULL, chave_paciente text COLLATE "C",
    operacao text NOT NULL, prioridade smallint NOT NULL
) ON COMMIT DROP"""

_ENTRADA_COPIADA = "(SELECT chave, chave_paciente, operacao, prioridade, n FROM fila_entrada WHERE n > :de AND n <= :ate)"
_ENTRADA_DIRETA = """\
unnest(CAST(:chaves AS text[]), CAST(:pacientes AS text[]), CAST(:operacoes AS text[]), CAST(:prioridades AS smallint[]))
    WITH ORDINALITY"""

# Open rows of the keys that arrive, locked in id order like every other set update; the upsert then never waits for a row.
_TRAVAR_ABERTAS = """\
SELECT count(*) FROM (
    SELECT t.id FROM {t} t
    JOIN {entrada} AS e (chave, chave_paciente, operacao, prioridade, n) ON e.chave = t.chave
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao IN ({abertas})
    ORDER BY t.id FOR UPDATE OF t
) travadas"""

# A reserved row keeps its patient until its outcome is known: the rule "one in flight per patient" hangs on it.
_UNIR = """\
INSERT INTO {t} AS t (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, e.chave, e.chave_paciente, e.operacao, e.prioridade, 'pendente', 0, false, statement_timestamp()
FROM {entrada} AS e (chave, chave_paciente, operacao, prioridade, n)
ORDER BY e.n
ON CONFLICT (integracao_id, processo, chave) WHERE situacao IN ({abertas}) DO UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = t.situacao = 'reservado',
    operacao = CASE WHEN t.operacao = 'inclusao' AND excluded.operacao = 'alteracao' THEN 'inclusao' ELSE excluded.operacao END,
    prioridade = least(t.prioridade, excluded.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE coalesce(excluded.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END
WHERE t.situacao = 'erro' OR (t.situacao = 'reservado' AND NOT t.reabrir) OR t.prioridade > excluded.prioridade
    OR t.chave_paciente IS DISTINCT FROM coalesce(excluded.chave_paciente, t.chave_paciente)
    OR (t.operacao <> excluded.operacao AND NOT (t.operacao = 'inclusao' AND excluded.operacao = 'alteracao'))"""

# f: the patient's rows up to this one, a row in flight first. All must be free to go along, and no more than a batch takes of one
# patient. One look at an index per candidate; the LIMIT keeps the planner from joining the whole backlog with itself.
_ESCOLHER = """\
SELECT c.id, c.chave_paciente, c.prioridade, f.ordem FROM {t} c CROSS JOIN LATERAL (
        SELECT count(*) AS ordem, coalesce(bool_and(p.livre), true) AS livre FROM (
            SELECT a.situacao = 'pendente' AND a.processo = :processo
                AND (a.proxima_tentativa_em IS NULL OR a.proxima_tentativa_em <= statement_timestamp()){filtro_a} AS livre
            FROM {t} a
            WHERE a.integracao_id = :integracao_id AND a.chave_paciente = c.chave_paciente AND a.situacao IN ('pendente', 'reservado')
                AND (a.situacao = 'reservado' OR (a.prioridade, a.id) <= (c.prioridade, c.id)){parados}
            ORDER BY a.situacao DESC, a.prioridade, a.id LIMIT :por_paciente + 1) p) f
    WHERE c.integracao_id = :integracao_id AND c.processo = :processo AND c.situacao = 'pendente'
        AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= statement_timestamp()){filtro_c}
        AND f.livre AND f.ordem <= :por_paciente
    ORDER BY c.prioridade, c.id LIMIT :quantos"""
# A row that an enqueuing transaction holds is passed over, and with it those of its patient that come after it.
_RESERVAR = f"""\
WITH escolhida AS MATERIALIZED (
    {_ESCOLHER}
    FOR UPDATE OF c SKIP LOCKED
), contada AS (
    SELECT id, ordem, row_number() OVER (PARTITION BY chave_paciente ORDER BY prioridade, id) AS presente FROM escolhida
)
UPDATE {{t}} t SET situacao = 'reservado', reservado_por = :dono, reabrir = false, motivo = NULL,
    reservado_ate = {daqui_a("postgresql", ":prazo")}
FROM contada e WHERE t.id = e.id AND (e.ordem = 0 OR e.ordem = e.presente)
RETURNING t.id, t.chave, t.chave_paciente, t.operacao, t.prioridade, t.tentativas, t.criado_em"""
_PARADOS = "(a.situacao = 'reservado' OR a.processo NOT IN ({}))"
_FILTRO_CHAVES = " AND {x}.chave = ANY(CAST(:chaves AS text[]))"

# d.volta: pending again. An insert that was delivered and changed meanwhile goes out as a change the second time.
_REGISTRAR = """\
WITH d AS MATERIALIZED (
    SELECT t.id, v.operacao, v.situacao, v.motivo, v.versao, v.espera
    FROM unnest(CAST(:ids AS bigint[]), CAST(:operacoes AS text[]), CAST(:situacoes AS text[]), CAST(:motivos AS text[]),
        CAST(:versoes AS text[]), CAST(:esperas AS double precision[])) AS v (id, operacao, situacao, motivo, versao, espera)
    JOIN {t} t ON t.id = v.id
    WHERE t.integracao_id = :integracao_id AND t.processo = :processo AND t.situacao = 'reservado' AND t.reservado_por = :dono
    ORDER BY t.id FOR UPDATE OF t
)
UPDATE {t} t SET
    situacao = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE d.situacao END,
    tentativas = CASE WHEN d.situacao = 'adiado' THEN t.tentativas + 1
        WHEN t.reabrir AND d.situacao <> 'devolvido' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE WHEN d.situacao IN ('adiado', 'devolvido') AND d.espera > 0
        THEN statement_timestamp() + d.espera * INTERVAL '1 second' END,
    reservado_por = CASE WHEN t.reabrir OR d.situacao IN ('adiado', 'devolvido') THEN NULL ELSE t.reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN t.reabrir AND d.situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE d.motivo END,
    versao_conteudo = coalesce(d.versao, t.versao_conteudo),
    concluido_em = CASE WHEN NOT t.reabrir AND d.situacao IN ('concluido', 'descartado') THEN statement_timestamp() END,
    operacao = CASE WHEN t.reabrir AND d.situacao = 'concluido' AND d.operacao = 'inclusao' AND t.operacao = 'inclusao'
        THEN 'alteracao' ELSE t.operacao END,
    reabrir = false
FROM d WHERE t.id = d.id"""

_COPIAR = "COPY fila_entrada (n, chave, chave_paciente, operacao, prioridade) FROM STDIN"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _linha_copy(n: int, item: ItemFila) -> str:
    paciente = item.chave_paciente.translate(_ESCAPES) if item.chave_paciente else "\\N"
    return f"{n}\t{item.chave.translate(_ESCAPES)}\t{paciente}\t{item.operacao}\t{item.prioridade}\n"


@cache
def _sql(tabela: str, modelo: str, entrada: str = "", filtro: str = "", parados: str = "") -> str:
    filtros = {f"filtro_{x}": filtro.format(x=x) for x in "ac"}
    return modelo.format(t=tabela, abertas=lista_sql(ABERTAS), entrada=entrada, parados=parados, **filtros)


class PostgreSQL(Dialeto):
    nome = "postgresql"

    def enfileirar(self, con: Connection, escopo: Escopo, itens: Iterable[ItemFila]) -> int:
        fonte = iter(itens)
        primeiros = list(itertools.islice(fonte, _DIRETO + 1))
        if len(primeiros) > _DIRETO:
            return self._enfileirar_muitos(con, escopo, itertools.chain(primeiros, fonte))
        bloco = next(blocos(primeiros, _DIRETO), [])
        if not bloco:
            return 0
        escopo.travar_entrada(con)
        self._unir(con, escopo, _ENTRADA_DIRETA, {
            "chaves": vetor(i.chave for i in bloco),
            "pacientes": vetor(i.chave_paciente or None for i in bloco),
            "operacoes": vetor(i.operacao for i in bloco),
            "prioridades": vetor(i.prioridade for i in bloco),
        })  # fmt: skip
        return len(bloco)

    def _enfileirar_muitos(self, con: Connection, escopo: Escopo, itens: Iterable[ItemFila]) -> int:
        """Everything into a temporary table first: a bad item or a slow source then costs no lock and no row of the queue."""
        con.execute(text(_CRIAR_ENTRADA))
        con.execute(text("TRUNCATE fila_entrada"))
        limites = [0]
        cursor: Any = con.connection.cursor()
        with cursor:
            for bloco in blocos(itens, _BLOCO):
                linhas = "".join(_linha_copy(n, item) for n, item in enumerate(bloco, limites[-1] + 1))
                cursor.copy_expert(_COPIAR, io.StringIO(linhas), size=1 << 18)
                limites.append(limites[-1] + len(bloco))
        con.execute(text("ANALYZE fila_entrada"))
        escopo.travar_entrada(con)
        for de, ate in itertools.pairwise(limites):
            self._unir(con, escopo, _ENTRADA_COPIADA, {"de": de, "ate": ate})
        con.execute(text("TRUNCATE fila_entrada"))
        return limites[-1]

    @staticmethod
    def _unir(con: Connection, escopo: Escopo, entrada: str, binds: dict[str, Any]) -> None:
        for modelo in (_TRAVAR_ABERTAS, _UNIR):
            con.execute(text(_sql(escopo.tabela.name, modelo, entrada)), {**escopo.binds, **binds})

    def reservar(
        self, con: Connection, escopo: Escopo, quantos: int, dono: str, prazo: float, chaves: Sequence[str] | None
    ) -> list[Registro]:
        binds: dict[str, Any] = {**escopo.binds, "quantos": quantos, "por_paciente": POR_PACIENTE, "dono": dono, "prazo": prazo}
        if chaves is not None:
            binds["chaves"] = vetor(chaves)
        # Losing a reservation in a crash of the server costs nothing: the row is simply pending again.
        con.execute(text("SET LOCAL synchronous_commit TO off"))
        consulta = _sql(
            escopo.tabela.name, _RESERVAR, filtro="" if chaves is None else _FILTRO_CHAVES, parados=escopo.sem_parados(_PARADOS)
        )
        return registros(con.execute(text(consulta), binds).all())

    def ha_pronto(self, con: Connection, escopo: Escopo) -> bool:
        consulta = _sql(escopo.tabela.name, _ESCOLHER, parados=escopo.sem_parados(_PARADOS))
        return con.execute(text(consulta), {**escopo.binds, "quantos": 1, "por_paciente": 1}).first() is not None

    def registrar(self, con: Connection, escopo: Escopo, dono: str, desfechos: Sequence[Desfecho]) -> int:
        binds = {
            "ids": vetor(d.registro.id for d in desfechos),
            "operacoes": vetor(d.registro.operacao for d in desfechos),
            "situacoes": vetor(d.situacao for d in desfechos),
            "motivos": vetor(cortar_motivo(d.motivo) for d in desfechos),
            "versoes": vetor(d.versao for d in desfechos),
            "esperas": vetor(d.espera for d in desfechos),
        }
        return con.execute(text(_sql(escopo.tabela.name, _REGISTRAR)), {**escopo.binds, **binds, "dono": dono}).rowcount

    def ids_travados(self, consulta: Select[int], *, pular: bool = False) -> Select[int]:
        return consulta.order_by(consulta.selected_columns[0]).with_for_update(skip_locked=pular)

    def comandos(self, tabela: Table) -> dict[str, str]:
        nome = tabela.name
        return {
            "criar_entrada": _CRIAR_ENTRADA,
            "copiar": _COPIAR,
            "travar_abertas": _sql(nome, _TRAVAR_ABERTAS, _ENTRADA_COPIADA),
            "unir_copiados": _sql(nome, _UNIR, _ENTRADA_COPIADA),
            "unir_diretos": _sql(nome, _UNIR, _ENTRADA_DIRETA),
            "escolher": _sql(nome, _ESCOLHER),
            "reservar": _sql(nome, _RESERVAR),
            "reservar_filtrado": _sql(nome, _RESERVAR, filtro=_FILTRO_CHAVES),
            "registrar": _sql(nome, _REGISTRAR),
        }
