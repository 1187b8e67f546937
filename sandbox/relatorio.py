"""The demo's table: what the sources changed, what Fusion accepted and how fast, and whether both now say the same.

``python -m sandbox.relatorio`` reports on a running stack. Reconciliation reads every record of the source through the project's own
reader and compares content with what Fusion stores; :mod:`sandbox.conferencia` then checks a few facts by SQL of its own.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from include.fusion.depara import DePara
from include.fusion.leitura import ConsultasSistema, Leitor, Lido
from include.fusion.modelo import corpo, versao_conteudo
from include.fusion.settings import Integracao, carregar
from include.fusion.sistemas.base import Contexto, Sistema
from include.fusion.tabelas import FILAS
from sandbox.conferencia import conferir
from sandbox.consulta import conexao, consultar, motor
from sandbox.origens.base import SEM_EFEITO
from sandbox.stack.ambiente import dsn, senha_postgres
from sandbox.stack.estado import RAIZ, Estado
from sandbox.stack.preparo import ORIGENS
from sandbox.stack.situacao import tabela

LOTE = 500
DA_AGENDA = ("AtualizacaoAgendaCirurgia", "AplicacaoPendencia")
"""Queue tables of the surgical chain, which sandbox.relatorio_agenda reports on."""
_FILA = f"""select processo, situacao, count(*), count(*) filter (where motivo = 'conteúdo inalterado') from (
    {" union all ".join(f"select integracao_id, processo, situacao, motivo from {t}" for t in FILAS if t not in DA_AGENDA)}) f
where integracao_id = %s group by 1, 2"""
_ABERTAS = """select chave, max(situacao), max(motivo) from ({fila}) f where situacao in ('pendente', 'reservado', 'erro') group by 1"""
_APLICACOES = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'atendimento' order by id"""
_REGISTROS = "select codigo, corpo, cancelado from registro where entidade = %s and integracao_id = %s and codigo = any(%s)"
_PACIENTES = "select codigo from registro where entidade = 'paciente' and integracao_id = %s"
_MUDANCAS = "select chave, operacao, marcador, committed_at from mudanca where origem = %s and not tipo = any(%s) order by id"


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


def sistema_de(integracao: Integracao) -> Sistema:
    """The source system's own module, found by its name."""
    sistema: Sistema = importlib.import_module(f"include.fusion.sistemas.{integracao.sistema}").SISTEMA
    return sistema


def fila_de(*integracoes: Integracao) -> str:
    """Query of all their queue rows that name attendances."""
    partes = [(i.integracao_id, t) for i in integracoes for t in sistema_de(i).tabelas("atendimento")]
    return " union all ".join(f"select * from {t} where integracao_id = {numero}" for numero, t in partes)


def leitor_de(integracao: Integracao, engine: Any, entidade: str) -> Leitor:
    """The project's reader for this installation, on an engine of ours."""
    contexto = Contexto(
        DePara.carregar(integracao.id, integracao.sistema), integracao.fuso, integracao.documento_invalido == "omitir",
        semi_uti=getattr(integracao, "semi_uti", False),
    )  # fmt: skip
    return Leitor(ConsultasSistema(engine, sistema_de(integracao), integracao.pasta_sql), contexto, entidade)


def divergentes(integracao: Integracao, url_origem: str, url_fusion: str) -> set[str]:
    """Keys of attendances whose state in Fusion is not the source's."""
    origem = importlib.import_module(f"sandbox.origens.{integracao.sistema}")
    with conexao(url_origem) as con:
        esperados = {e.chave: e.operacao for e in origem.chaves(con)}
    return diferentes(integracao, "atendimento", esperados, url_origem, url_fusion)


def pacientes_divergentes(integracao: Integracao, url_origem: str, url_fusion: str) -> set[str]:
    """Keys of patients that Fusion has as records of their own, and that are not as the source has them."""
    codigos = [codigo for (codigo,) in consultar(url_fusion, _PACIENTES, integracao.integracao_id)]
    return diferentes(integracao, "paciente", dict.fromkeys(codigos, "alteracao"), url_origem, url_fusion) if codigos else set()


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


def montar(urls: Mapping[str, str]) -> Relatorio:
    """Report on all installed integrations; ``urls`` maps database name → libpq URL."""
    from sandbox import relatorio_agenda, relatorio_fhir, relatorio_hl7  # They build on this module.

    relatorio = Relatorio()
    for integracao in carregar():
        if integracao.habilitada and integracao.sistema in relatorio_agenda.SISTEMAS:
            relatorio_agenda.somar(relatorio, integracao, urls)
        elif integracao.habilitada and integracao.sistema in relatorio_hl7.SISTEMAS:
            relatorio_hl7.somar(relatorio, integracao, urls)
        elif integracao.habilitada and integracao.sistema in ORIGENS:
            _integracao(relatorio, integracao, urls)
    if "ehr" in urls:
        relatorio_fhir.somar(relatorio, urls)
    return relatorio


def _integracao(relatorio: Relatorio, integracao: Integracao, urls: Mapping[str, str]) -> None:
    numero, url_origem = integracao.integracao_id, urls[ORIGENS[integracao.sistema]]
    mudancas = consultar(urls["simulador"], _MUDANCAS, integracao.sistema, [])
    com_efeito = consultar(urls["simulador"], _MUDANCAS, integracao.sistema, list(SEM_EFEITO))
    aplicacoes = consultar(urls["fusion"], _APLICACOES, numero)
    abertas = {
        chave: (situacao, motivo)
        for chave, situacao, motivo in consultar(urls["fusion_integracao"], _ABERTAS.format(fila=fila_de(integracao)))
    }
    em_erro = {c for c, (situacao, _) in abertas.items() if situacao == "erro"}
    faltam = divergentes(integracao, url_origem, urls["fusion"]) - em_erro
    tempos = latencias(com_efeito, aplicacoes)
    viva = Linha(changed=len(mudancas), p50_s=percentil(tempos, 0.5), p95_s=percentil(tempos, 0.95))
    linhas = {"importacao": viva}
    relatorio.integrations[integracao.id] = viva
    if getattr(integracao, "carga_inicial", None) is not None:
        linhas["carga_inicial"] = relatorio.integrations[f"{integracao.id}_carga_inicial"] = Linha()
    iniciais = integracao.id if "carga_inicial" not in linhas else f"{integracao.id}_carga_inicial"
    feitas, poupadas = Counter[str](), Counter[str]()
    for processo, situacao, n, iguais in consultar(urls["fusion_integracao"], _FILA, numero):
        linha = linhas.get(processo, viva)
        linha.queued += n
        dag = iniciais if processo == "carga_inicial" else integracao.id
        feitas[dag] += n if situacao == "concluido" else 0
        poupadas[dag] += iguais
        linha.refused += n if situacao == "erro" else 0
        linha.pending += n if situacao in ("pendente", "reservado") else 0
    relatorio.poupados |= {dag: round(100 * poupadas[dag] / n) for dag, n in feitas.items() if n}
    # The history is what nobody touched since the simulator began: its deliveries belong to the initial load, where there is one.
    mudadas = {m[0] for m in mudancas}
    comeco = min((m[3] for m in mudancas), default=None)
    historico = linhas.get("carga_inicial", viva)
    for _, _, _, _, aceito_em in aplicacoes:
        (historico if comeco is None or aceito_em < comeco else viva).delivered += 1
    for chave in faltam:
        (viva if chave in mudadas else historico).missing += 1
    for chave in repetidas(aplicacoes):
        (viva if chave in mudadas else historico).doubled += 1
    if pacientes := pacientes_divergentes(integracao, url_origem, urls["fusion"]):
        relatorio.notas.append(f"{integracao.id}: {len(pacientes)} patients in Fusion differ from the source")
    if em_erro:
        relatorio.motivos[integracao.id] = Counter(abertas[c][1] or "sem motivo" for c in em_erro)
    relatorio.notas += conferir(integracao.sistema, url_origem, urls["fusion"], numero, ignorar=em_erro | faltam)


def urls_de(estado: Estado) -> dict[str, str]:
    senha = senha_postgres(estado)
    bancos = ("fusion_integracao", "fusion", "simulador", *ORIGENS.values())
    ehr = estado.url_fhir.replace("://", f"://:{estado.segredos['segredo_fhir']}@", 1)
    return {banco: dsn(estado, senha, banco) for banco in bancos} | {"ehr": ehr}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.relatorio", description=__doc__)
    parser.add_argument("--pasta", type=Path, default=RAIZ / ".sandbox", help="state folder of the stack (default .sandbox)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    relatorio = montar(urls_de(Estado(args.pasta)))
    print(relatorio.json() if args.json else relatorio.texto())
    return 0 if relatorio.ok else 1


if __name__ == "__main__":
    sys.exit(main())
