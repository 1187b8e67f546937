"""The demo's table: what the sources changed, what Fusion accepted and how fast, and whether both now say the same.

``python -m sandbox.stack.report`` reports on a running stack. Reconciliation reads every record of the source through the project's own
reader and compares content with what Fusion stores; :mod:`sandbox.report.facts` then checks a few facts by SQL of its own.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping

from include.fusion.settings import Integracao, carregar
from include.fusion.store.tables import FILAS
from include.fusion.wiring import sistema_de
from sandbox.origens.base import SEM_EFEITO
from sandbox.report import fhir
from sandbox.report.base import Linha, Relatorio, diferentes, latencias, percentil, repetidas
from sandbox.report.facts import conferir
from sandbox.report.query import conexao, consultar
from sandbox.sources import sources

DA_AGENDA = ("AtualizacaoAgendaCirurgia", "AplicacaoPendencia")
"""Queue tables of the surgical chain, which sandbox.report.agenda reports on."""
_FILA = f"""select processo, situacao, count(*), count(*) filter (where motivo = 'conteúdo inalterado') from (
    {" union all ".join(f"select integracao_id, processo, situacao, motivo from {t}" for t in FILAS if t not in DA_AGENDA)}) f
where integracao_id = %s group by 1, 2"""
_ABERTAS = """select chave, max(situacao), max(motivo) from ({fila}) f where situacao in ('pendente', 'reservado', 'erro') group by 1"""
_APLICACOES = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'atendimento' order by id"""
_PACIENTES = "select codigo from registro where entidade = 'paciente' and integracao_id = %s"
_MUDANCAS = "select chave, operacao, marcador, committed_at from mudanca where origem = %s and not tipo = any(%s) order by id"


def fila_de(*integracoes: Integracao) -> str:
    """Query of all their queue rows that name attendances."""
    partes = [(i.integracao_id, t) for i in integracoes for t in sistema_de(i).tabelas("atendimento")]
    return " union all ".join(f"select * from {t} where integracao_id = {numero}" for numero, t in partes)


def divergentes(integracao: Integracao, url_origem: str, url_fusion: str) -> set[str]:
    """Keys of attendances whose state in Fusion is not the source's."""
    origem = sources()[integracao.sistema].module
    with conexao(url_origem) as con:
        esperados = {e.chave: e.operacao for e in origem.chaves(con)}
    return diferentes(integracao, "atendimento", esperados, url_origem, url_fusion)


def pacientes_divergentes(integracao: Integracao, url_origem: str, url_fusion: str) -> set[str]:
    """Keys of patients that Fusion has as records of their own, and that are not as the source has them."""
    codigos = [codigo for (codigo,) in consultar(url_fusion, _PACIENTES, integracao.integracao_id)]
    return diferentes(integracao, "paciente", dict.fromkeys(codigos, "alteracao"), url_origem, url_fusion) if codigos else set()


def montar(urls: Mapping[str, str]) -> Relatorio:
    """Report on all installed integrations; ``urls`` maps database name → libpq URL."""
    relatorio = Relatorio()
    for integracao in carregar():
        fonte = sources().get(integracao.sistema)
        if not integracao.habilitada or fonte is None:
            continue
        if fonte.report:
            importlib.import_module(f"sandbox.report.{fonte.report}").somar(relatorio, integracao, urls)
        else:
            _integracao(relatorio, integracao, urls)
    if "ehr" in urls:
        fhir.somar(relatorio, urls)
    return relatorio


def _integracao(relatorio: Relatorio, integracao: Integracao, urls: Mapping[str, str]) -> None:
    numero, url_origem = integracao.integracao_id, urls[sources()[integracao.sistema].database]
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
