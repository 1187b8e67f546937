"""The report's lines for TrackCare: whether every patient's messages are with Fusion, in the state in which the source is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from include.fusion.settings import Integracao
from include.fusion.sistemas.trackcare.settings import TrackCare
from include.fusion.sistemas.trackcare.system import SISTEMA
from sandbox.origens import trackcare
from sandbox.report.base import LOTE, Linha, Relatorio, leitor_de, percentil
from sandbox.report.query import conexao, consultar, motor

_LIVRO = "select chave, versao_conteudo, operacao from livro_entrega where integracao_id = %s and entidade = 'mensagem'"
_ARQUIVOS = "select assunto, chave, situacao, chave_paciente, motivo from PacienteArquivo where integracao_id = %s order by id"
_PENDENCIAS = "select chave, situacao, motivo from PendenciaIntegracao where integracao_id = %s"
_MENSAGENS = "select controle, codigo_paciente, aceito_em from mensagem_hl7 where integracao_id = %s order by id"
_MUDANCAS = "select chave, committed_at from mudanca where origem = 'trackcare' order by id"
# Behind the hub's back: whom Fusion must have heard of, by SQL written for this check alone.
_PESSOAS = """select p.paper_rowid::text from sqluser.pa_person p join sqluser.pa_patmas m on m.papmi_paper_dr = p.paper_rowid
where not exists (select 1 from sqluser.pa_mergepatient g where g.mrg_papmi_from_dr = m.papmi_rowid1)"""


def somar(relatorio: Relatorio, integracao: Integracao, urls: Mapping[str, str]) -> None:
    """Add the lines of the live DAG and of the initial load, whose patients travel with the live ones."""
    if not isinstance(integracao, TrackCare):
        return
    numero = integracao.integracao_id
    arquivos = consultar(urls["fusion_integracao"], _ARQUIVOS, numero)
    pendencias = consultar(urls["fusion_integracao"], _PENDENCIAS, numero)
    mensagens = consultar(urls["fusion"], _MENSAGENS, numero)
    mudancas = consultar(urls["simulador"], _MUDANCAS)
    erros = [(c, m) for c, s, m in pendencias if s == "erro"] + [(p, m) for _, _, s, p, m in arquivos if s == "erro"]
    tempos = latencias(mudancas, mensagens)
    repetidas = Counter(controle for controle, *_ in mensagens)
    relatorio.integrations[integracao.id] = Linha(
        changed=len(mudancas),
        queued=len(arquivos),
        delivered=len(mensagens),
        refused=len(erros),
        pending=sum(s in ("pendente", "reservado") for _, s, _ in pendencias) + sum(a[2] in ("pendente", "reservado") for a in arquivos),
        missing=len(pacientes_em_falta(integracao, urls)),
        doubled=sum(n - 1 for n in repetidas.values()),
        p50_s=percentil(tempos, 0.5),
        p95_s=percentil(tempos, 0.95),
    )
    if erros:
        relatorio.motivos[integracao.id] = Counter(motivo or "sem motivo" for _, motivo in erros)


def latencias(mudancas: list[tuple[Any, ...]], mensagens: list[tuple[Any, ...]]) -> list[float]:
    """Seconds from a change's commit to the acceptance of its patient's next message, where one came before the patient's next change."""
    proxima: dict[str, Any] = {}
    por_paciente: dict[str, list[Any]] = {}
    for _, paciente, aceito_em in mensagens:
        por_paciente.setdefault(paciente, []).append(aceito_em)
    achadas = []
    for chave, em in reversed(mudancas):
        ate, proxima[chave] = proxima.get(chave), em
        depois = next((a for a in por_paciente.get(chave, ()) if a >= em), None)
        if depois is not None and (ate is None or depois < ate):
            achadas.append((depois - em).total_seconds())
    return achadas


def pacientes_em_falta(integracao: TrackCare, urls: Mapping[str, str]) -> set[str]:
    """Patients of whom Fusion lacks a message, or has one that is not what the source says now; refused ones aside."""
    numero = integracao.integracao_id
    mensagens = consultar(urls["fusion"], _MENSAGENS, numero)
    recebidas, ouvidos = {controle for controle, *_ in mensagens}, {paciente for _, paciente, _ in mensagens}
    livro = {chave: (versao, operacao) for chave, versao, operacao in consultar(urls["fusion_integracao"], _LIVRO, numero)}
    arquivos = consultar(urls["fusion_integracao"], _ARQUIVOS, numero)
    ultima = {assunto: controle for assunto, controle, *_ in arquivos}
    recusados = {c for c, s, _ in consultar(urls["fusion_integracao"], _PENDENCIAS, numero) if s == "erro"}
    recusados |= {p for _, _, s, p, _ in arquivos if s == "erro"}

    def dito(item: Any) -> bool:
        versao, operacao = livro.get(item.entidade, (None, "exclusao"))
        if not item.ativo:
            return operacao in ("exclusao", "nenhuma")
        return versao == item.versao and ultima.get(item.entidade) in recebidas

    leitor: Any = leitor_de(integracao, motor(urls["trackcare"]), SISTEMA.entidade)
    with conexao(urls["trackcare"]) as con:
        chaves = [e.chave for e in trackcare.chaves(con)]
    faltam = {p for (p,) in consultar(urls["trackcare"], _PESSOAS)} - ouvidos
    for i in range(0, len(chaves), LOTE):
        for chave, plano in leitor.ler(chaves[i : i + LOTE]).items():
            if plano is not None and not isinstance(plano, Exception) and not all(map(dito, plano.itens)):
                faltam.add(chave)
    return faltam - recusados
