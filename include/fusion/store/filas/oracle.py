"""Queue statements of Oracle (19c and later). Conditions repeat the expressions of the function-based indexes, or those are not used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, literal_column, text

from include.fusion.store.clock import AGORA, daqui_a
from include.fusion.store.filas.dialect import COLUNAS, Dialeto, Escopo, registros
from include.fusion.store.filas.types import Desfecho, ItemFila, Registro, blocos, cortar_motivo
from include.fusion.store.tables import ABERTAS, se_situacao

_BLOCO = 10_000
_LISTA_MAX = 500
_AGORA = AGORA["oracle"]


def _aberta(coluna: str) -> str:
    return se_situacao(ABERTAS, coluna, "t.")


def _viva(coluna: str, apelido: str) -> str:
    return se_situacao(("pendente", "reservado"), coluna, apelido)


def _pendente(coluna: str) -> str:
    return se_situacao(("pendente",), coluna, "c.")


# fila_entrada is a global temporary table of the migrations: every session sees only its own rows, until its commit.
_INSERIR_ENTRADA = """\
INSERT INTO fila_entrada (n, chave, chave_paciente, operacao, prioridade)
VALUES (:n, :chave, :chave_paciente, :operacao, :prioridade)"""

_MESMA = f"{_aberta('integracao_id')} = :integracao_id AND {_aberta('processo')} = :processo AND {_aberta('chave')} = e.chave"

# MERGE may not update a column of its ON clause, and situacao is in it: the rows are found first, by id.
_UNIR = f"""\
MERGE INTO {{t}} t
USING (
    SELECT t.id, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    JOIN {{t}} t ON {_MESMA}
    WHERE e.n > :de AND e.n <= :ate
) e ON (t.id = e.id)
WHEN MATCHED THEN UPDATE SET
    situacao = CASE t.situacao WHEN 'reservado' THEN 'reservado' ELSE 'pendente' END,
    reabrir = CASE t.situacao WHEN 'reservado' THEN 1 ELSE 0 END,
    operacao = CASE WHEN t.operacao = 'inclusao' AND e.operacao = 'alteracao' THEN 'inclusao' ELSE e.operacao END,
    prioridade = LEAST(t.prioridade, e.prioridade),
    chave_paciente = CASE t.situacao WHEN 'reservado' THEN t.chave_paciente ELSE COALESCE(e.chave_paciente, t.chave_paciente) END,
    tentativas = CASE t.situacao WHEN 'erro' THEN 0 ELSE t.tentativas END,
    proxima_tentativa_em = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.proxima_tentativa_em END,
    reservado_por = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.reservado_por END,
    motivo = CASE t.situacao WHEN 'erro' THEN NULL ELSE t.motivo END"""

# The open rows stay locked from here to the commit: the MERGE and the INSERT below must judge the same situation of them.
_TRAVAR_ABERTAS = f"""\
SELECT t.id FROM {{t}} t
WHERE t.id IN (SELECT t.id FROM fila_entrada e JOIN {{t}} t ON {_MESMA} WHERE e.n > :de AND e.n <= :ate)
ORDER BY t.id FOR UPDATE"""

_INSERIR = f"""\
INSERT INTO {{t}} (integracao_id, processo, chave, chave_paciente, operacao, prioridade, situacao, tentativas, reabrir, criado_em)
SELECT :integracao_id, :processo, o.chave, o.chave_paciente, o.operacao, o.prioridade, 'pendente', 0, 0, {_AGORA}
FROM (
    SELECT e.chave, e.chave_paciente, e.operacao, e.prioridade FROM fila_entrada e
    WHERE e.n > :de AND e.n <= :ate AND NOT EXISTS (SELECT 1 FROM {{t}} t WHERE {_MESMA})
    ORDER BY e.n
) o"""

# FOR UPDATE takes neither an ordered nor a limited query: choose, lock what nobody else holds, then write. The caller's lock serialises.
_ESCOLHER = f"""\
SELECT c.id FROM {{t}} c
WHERE {_pendente("integracao_id")} = :integracao_id AND {_pendente("processo")} = :processo
    AND (c.proxima_tentativa_em IS NULL OR c.proxima_tentativa_em <= {_AGORA}){{filtro}}
    AND (c.chave_paciente IS NULL OR (
        NOT EXISTS (SELECT 1 FROM {{t}} a
            WHERE {_viva("integracao_id", "a.")} = :integracao_id AND {_viva("chave_paciente", "a.")} = c.chave_paciente
                AND {_viva("situacao", "a.")} = 'pendente'
                AND (a.prioridade < c.prioridade OR (a.prioridade = c.prioridade AND a.id < c.id)){{parados}})
        AND NOT EXISTS (SELECT 1 FROM {{t}} r
            WHERE {_viva("integracao_id", "r.")} = :integracao_id AND {_viva("chave_paciente", "r.")} = c.chave_paciente
                AND {_viva("situacao", "r.")} = 'reservado')))
ORDER BY {_pendente("prioridade")}, {_pendente("id")}
FETCH FIRST :quantos ROWS ONLY"""
_TRAVAR = f"""\
SELECT {COLUNAS} FROM {{t}}
WHERE id IN :ids AND situacao = 'pendente'
FOR UPDATE SKIP LOCKED"""
_RESERVAR = f"""\
UPDATE {{t}} SET situacao = 'reservado', reservado_por = :dono, reabrir = 0, motivo = NULL, reservado_ate = {daqui_a("oracle", ":prazo")}
WHERE id = :id"""
_PARADOS = "a.processo NOT IN ({})"
_FILTRO_CHAVES = "\n    AND c.chave IN :chaves"

_REGISTRAR = f"""\
UPDATE {{t}} SET
    situacao = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN 'pendente' ELSE :situacao END,
    tentativas = CASE WHEN :situacao = 'adiado' THEN tentativas + 1
        WHEN reabrir = 1 AND :situacao <> 'devolvido' THEN 0 ELSE tentativas END,
    proxima_tentativa_em = CASE WHEN :situacao IN ('adiado', 'devolvido') AND :espera > 0 THEN {daqui_a("oracle", ":espera")} END,
    reservado_por = CASE WHEN reabrir = 1 OR :situacao IN ('adiado', 'devolvido') THEN NULL ELSE reservado_por END,
    reservado_ate = NULL,
    motivo = CASE WHEN reabrir = 1 AND :situacao NOT IN ('adiado', 'devolvido') THEN NULL ELSE :motivo END,
    versao_conteudo = COALESCE(:versao, versao_conteudo),
    concluido_em = CASE WHEN reabrir = 0 AND :situacao IN ('concluido', 'descartado') THEN {_AGORA} END,
    operacao = CASE WHEN reabrir = 1 AND :situacao = 'concluido' AND :operacao = 'inclusao' AND operacao = 'inclusao'
        THEN 'alteracao' ELSE operacao END,
    reabrir = 0
WHERE id = :id AND integracao_id = :integracao_id AND processo = :processo AND situacao = 'reservado' AND reservado_por = :dono"""


class Oracle(Dialeto):
    nome = "oracle"

    def enfileirar(self, con: Connection, escopo: Escopo, itens: Iterable[ItemFila]) -> int:
        con.execute(text("DELETE FROM fila_entrada"))
        limites = [0]
        for bloco in blocos(itens, _BLOCO):
            binds = [{**i._asdict(), "chave_paciente": i.chave_paciente or None, "n": n} for n, i in enumerate(bloco, limites[-1] + 1)]
            con.execute(text(_INSERIR_ENTRADA), binds)
            limites.append(limites[-1] + len(bloco))
        if limites[-1]:
            escopo.travar_entrada(con)
        for de, ate in pairwise(limites):
            binds_bloco = {**escopo.binds, "de": de, "ate": ate}
            con.execute(text(_TRAVAR_ABERTAS.format(t=escopo.tabela.name)), binds_bloco).all()
            con.execute(text(_UNIR.format(t=escopo.tabela.name)), binds_bloco)
            con.execute(text(_INSERIR.format(t=escopo.tabela.name)), binds_bloco)
        con.execute(text("DELETE FROM fila_entrada"))
        return limites[-1]

    def reservar(
        self, con: Connection, escopo: Escopo, quantos: int, dono: str, prazo: float, chaves: Sequence[str] | None
    ) -> list[Registro]:
        tabela = escopo.tabela.name
        binds: dict[str, Any] = {**escopo.binds, "quantos": quantos}
        onde = "" if chaves is None else _FILTRO_CHAVES
        escolher = text(_ESCOLHER.format(t=tabela, filtro=onde, parados=escopo.sem_parados(_PARADOS)))
        if chaves is not None:
            escolher = escolher.bindparams(bindparam("chaves", list(chaves), expanding=True))
        ids = [linha[0] for linha in con.execute(escolher, binds)]
        travar = text(_TRAVAR.format(t=tabela)).bindparams(bindparam("ids", expanding=True))
        lidos: list[Registro] = []
        for i in range(0, len(ids), _LISTA_MAX):
            lidos += registros(con.execute(travar, {"ids": ids[i : i + _LISTA_MAX]}).all())
        if lidos:
            con.execute(text(_RESERVAR.format(t=tabela)), [{"id": r.id, "dono": dono, "prazo": prazo} for r in lidos])
        return sorted(lidos, key=lambda r: (r.prioridade, r.id))

    def ha_pronto(self, con: Connection, escopo: Escopo) -> bool:
        escolher = text(_ESCOLHER.format(t=escopo.tabela.name, filtro="", parados=escopo.sem_parados(_PARADOS)))
        return con.execute(escolher, {**escopo.binds, "quantos": 1}).first() is not None

    def registrar(self, con: Connection, escopo: Escopo, dono: str, desfechos: Sequence[Desfecho]) -> int:
        binds = [
            {**escopo.binds, "dono": dono, "id": d.registro.id, "operacao": d.registro.operacao, "situacao": d.situacao,
             "motivo": cortar_motivo(d.motivo), "versao": d.versao, "espera": d.espera or 0.0}
            for d in sorted(desfechos, key=lambda d: d.registro.id)
        ]  # fmt: skip
        return con.execute(text(_REGISTRAR.format(t=escopo.tabela.name)), binds).rowcount

    def condicoes(self, escopo: Escopo, situacoes: tuple[str, ...], *, processo: bool = True) -> list[ColumnElement[bool]]:
        binds = escopo.binds if processo else {"integracao_id": escopo.integracao_id}
        return [literal_column(se_situacao(situacoes, coluna)) == valor for coluna, valor in binds.items()]

    def comandos(self, tabela: Table) -> dict[str, str]:
        nome = tabela.name
        return {
            "inserir_entrada": _INSERIR_ENTRADA,
            "travar_abertas": _TRAVAR_ABERTAS.format(t=nome),
            "unir": _UNIR.format(t=nome),
            "inserir": _INSERIR.format(t=nome),
            "escolher": _ESCOLHER.format(t=nome, filtro="", parados=""),
            "escolher_filtrado": _ESCOLHER.format(t=nome, filtro=_FILTRO_CHAVES, parados=""),
            "travar": _TRAVAR.format(t=nome),
            "reservar": _RESERVAR.format(t=nome),
            "registrar": _REGISTRAR.format(t=nome),
        }
