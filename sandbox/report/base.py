"""What the parts of the report share: counts, latencies, comparison of source and Fusion."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from include.fusion.model.content import corpo, versao_conteudo
from include.fusion.model.depara import DePara
from include.fusion.reading.reader import Leitor, Lido
from include.fusion.reading.sql import ConsultasSistema
from include.fusion.settings import Integracao
from include.fusion.wiring import sistema_de
from sandbox.report.query import consultar, motor
from sandbox.report.table import tabela

LOTE = 500


_REGISTROS = "select codigo, corpo, cancelado from registro where entidade = %s and integracao_id = %s and codigo = any(%s)"


@dataclass
class Linha:
    """Figures of one DAG; ``missing`` counts records whose state in Fusion differs from the source's, refused ones aside."""

    changed: int = 0
    queued: int = 0
    delivered: int = 0
    refused: int = 0
    pending: int = 0
    missing: int = 0
    doubled: int = 0
    p50_s: float | None = None
    p95_s: float | None = None


@dataclass
class Relatorio:
    integrations: dict[str, Linha] = field(default_factory=dict)
    motivos: dict[str, Counter[str]] = field(default_factory=dict)
    notas: list[str] = field(default_factory=list)
    poupados: dict[str, int] = field(default_factory=dict)
    """Share (percent) of each queue's finished rows that did not have to be sent: their content was the last one delivered."""

    @property
    def verdict(self) -> str:
        """``ok``, or every count that should be zero."""
        faltas = [
            f"{dag}: {n} {nome}"
            for dag, linha in self.integrations.items()
            for nome in ("missing", "doubled", "pending")
            if (n := getattr(linha, nome))
        ]
        return "; ".join([*faltas, *self.notas]) or "ok"

    @property
    def atrasado(self) -> bool:
        """Whether time may still mend it: records are on their way or not there yet."""
        return any(linha.missing or linha.pending for linha in self.integrations.values())

    @property
    def ok(self) -> bool:
        return self.verdict == "ok"

    def json(self) -> str:
        return json.dumps({"integrations": {k: asdict(v) for k, v in self.integrations.items()}, "verdict": self.verdict}, indent=2)

    def texto(self) -> str:
        nomes = ("integration", "changed", "queued", "delivered", "refused", "pending", "missing", "doubled", "p50 s", "p95 s", "saved %")
        linhas = [[dag, *asdict(linha).values(), self.poupados.get(dag)] for dag, linha in self.integrations.items()]
        partes = [tabela(nomes, linhas)]
        for dag, motivos in self.motivos.items():
            partes += [f"\n{dag}: refused, by reason", *(f"  {n:5}  {motivo}" for motivo, n in motivos.most_common(10))]
        return "\n".join([*partes, f"\nverdict: {self.verdict}"])


def percentil(valores: list[float], p: float) -> float | None:
    """Nearest-rank percentile, rounded to milliseconds; ``None`` of nothing."""
    if not valores:
        return None
    ordenados = sorted(valores)
    return round(ordenados[min(len(ordenados) - 1, int(p * len(ordenados)))], 3)


def latencias(mudancas: list[tuple[Any, ...]], aplicacoes: list[tuple[Any, ...]]) -> list[float]:
    """Seconds from each change's commit to Fusion's first acceptance of the record after it.

    A version accepted before the commit was known here counts when its marker is not older than the change's transaction. The marker cannot
    be asked of all: most versions carry the attendance row's own, which a clinical item's change does not move, or none. So a version that
    was on its way at the commit counts, too, and a change without content has the latency of the record's next version, or none.
    """
    por_chave: dict[str, list[tuple[Any, Any]]] = {}
    for codigo, _, _, atualizado_em, aceito_em in aplicacoes:
        por_chave.setdefault(codigo, []).append((atualizado_em, aceito_em))
    achadas = []
    for chave, _, marcador, committed_at in mudancas:
        for atualizado_em, aceito_em in por_chave.get(chave, ()):
            if aceito_em >= committed_at or (atualizado_em is not None and atualizado_em >= marcador):
                achadas.append(max(0.0, (aceito_em - committed_at).total_seconds()))
                break
    return achadas


def repetidas(aplicacoes: list[tuple[Any, ...]]) -> list[str]:
    """Keys to which Fusion applied the same content twice in a row."""
    ultima: dict[str, tuple[str, str]] = {}
    achadas = []
    for codigo, operacao, hash_conteudo, _, _ in aplicacoes:
        if ultima.get(codigo) == (operacao, hash_conteudo):
            achadas.append(codigo)
        ultima[codigo] = (operacao, hash_conteudo)
    return achadas


def leitor_de(integracao: Integracao, engine: Any, entidade: str) -> Leitor:
    """The project's reader for this installation, on an engine of ours."""
    sistema = sistema_de(integracao)
    contexto = sistema.make_context(integracao, DePara.carregar(integracao.id, integracao.sistema))
    return Leitor(ConsultasSistema(engine, sistema, integracao.pasta_sql), contexto, entidade)


def diferentes(integracao: Integracao, entidade: str, esperados: dict[str, str], url_origem: str, url_fusion: str) -> set[str]:
    """Keys whose state in Fusion is not the expected one (key → alteracao: what the source says; exclusao: gone)."""
    leitor = leitor_de(integracao, motor(url_origem), entidade)
    chaves = list(esperados)
    achadas = set()
    for i in range(0, len(chaves), LOTE):
        lote = chaves[i : i + LOTE]
        lidos = leitor.ler(lote)
        linhas = consultar(url_fusion, _REGISTROS, entidade, integracao.integracao_id, lote)
        guardados = {codigo: (dados, cancelado) for codigo, dados, cancelado in linhas}
        achadas |= {chave for chave in lote if not _igual(esperados[chave], lidos[chave], guardados.get(chave))}
    return achadas


def _igual(operacao: str, lido: Lido, guardado: tuple[dict[str, Any], bool] | None) -> bool:
    if operacao == "exclusao":
        return guardado is None or guardado[1]
    if lido is None or isinstance(lido, Exception) or guardado is None or guardado[1]:
        return False
    return versao_conteudo(guardado[0]) == versao_conteudo(corpo(lido))
