"""The report's lines for the surgical chain: what Skymed announced, and whether Fusion's bookings are the source's.

Only bookings that changed since the journal's trigger is there reach Fusion: the history that nobody touched is not expected in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from include.fusion.settings import Integracao, carregar
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed
from sandbox.origens import skymed
from sandbox.report.base import Linha, Relatorio, diferentes, latencias, percentil, repetidas
from sandbox.report.query import conexao, consultar

ORIGEM = "skymed"
"""Name under which the simulator keeps its account of changed bookings."""
_MUDANCAS = "select chave, operacao, marcador, committed_at from mudanca where origem = %s order by id"
_FILA = "select situacao, count(*) from {tabela} where integracao_id = %s group by 1"
_ERROS = "select chave, motivo from {tabela} where integracao_id = %s and situacao = 'erro'"
_DIARIO = "select count(*) from fusion_integracao.atualizacaoagendacirurgia"
_ANUNCIOS = """select corpo ->> 'idEntidade', a.operacao, a.hash_conteudo, a.atualizado_em, a.aceito_em, r.corpo ? 'dataProcessamento'
from aplicacao a join registro r on r.entidade = a.entidade and r.integracao_id = a.integracao_id and r.codigo = a.codigo
where a.integracao_id = %s and a.entidade = 'AplicacaoPendencia' and a.versao = 1 order by a.id"""
_APLICACOES = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'agenda_cirurgica' order by id"""
# Behind the hub's back: patient's CPF, number of surgeries, start and state, by SQL written for this check alone.
_FATOS = """select g.cd_age_cir::text, p.nr_cpf, (select count(*) from dbamv.cirurgia_aviso c where c.cd_aviso_cirurgia = g.cd_aviso_cirurgia),
    g.dt_inicio_age_cir at time zone %s, v.tp_situacao
from dbamv.age_cir g join dbamv.aviso_cirurgia v on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia
left join dbamv.atendime a on a.cd_atendimento = v.cd_atendimento
left join dbamv.paciente p on p.cd_paciente = coalesce(v.cd_paciente, a.cd_paciente)"""
_FATOS_FUSION = """select codigo, corpo -> 'paciente' ->> 'cpf', coalesce(jsonb_array_length(corpo -> 'cirurgias'), 0),
    (corpo ->> 'inicio')::timestamptz, corpo ->> 'situacao'
from registro where entidade = 'agenda_cirurgica' and integracao_id = %s and not cancelado"""
_SITUACOES = {"P": "PRE_AGENDADA", "A": "AVISADA", "G": "AGENDADA", "T": "EM_CHECAGEM", "R": "REALIZADA", "C": "CANCELADA"}


def somar(relatorio: Relatorio, integracao: Integracao, urls: Mapping[str, str]) -> None:
    """Add the line of one of the two."""
    if isinstance(integracao, Skymed):
        relatorio.integrations[integracao.id] = _anuncios(relatorio, integracao, urls)
    elif isinstance(integracao, FusionService):
        relatorio.integrations[integracao.id] = _agendamentos(relatorio, integracao, urls)


def _anuncios(relatorio: Relatorio, integracao: Skymed, urls: Mapping[str, str]) -> Linha:
    """``pending`` includes journal rows and, where somebody processes them, open pendencies; ``missing`` are changes never announced."""
    mudancas = consultar(urls["simulador"], _MUDANCAS, ORIGEM)
    anuncios = consultar(urls["fusion"], _ANUNCIOS, integracao.integracao_id)
    linha = Linha(changed=len(mudancas), delivered=len(anuncios))
    erros = _fila(relatorio, linha, integracao, urls, "AtualizacaoAgendaCirurgia")
    linha.pending += int(consultar(urls["mv"], _DIARIO)[0][0])
    atendida = any(
        isinstance(i, FusionService) and i.habilitada and integracao.integracao_id in i.buscar_pendencias.atende for i in carregar()
    )
    linha.pending += sum(not concluida for *_, concluida in anuncios) if atendida else 0
    linha.missing = len({m[0] for m in mudancas} - {a[0] for a in anuncios} - erros)
    tempos = latencias(mudancas, [a[:5] for a in anuncios])
    linha.p50_s, linha.p95_s = percentil(tempos, 0.5), percentil(tempos, 0.95)
    return linha


def _agendamentos(relatorio: Relatorio, integracao: FusionService, urls: Mapping[str, str]) -> Linha:
    numero = integracao.integracao_id
    mudancas = consultar(urls["simulador"], _MUDANCAS, ORIGEM)
    aplicacoes = consultar(urls["fusion"], _APLICACOES, numero)
    linha = Linha(changed=len(mudancas), delivered=len(aplicacoes), doubled=len(repetidas(aplicacoes)))
    erros = _fila(relatorio, linha, integracao, urls, "AplicacaoPendencia")
    faltam = agendamentos_divergentes(integracao, urls) - erros
    linha.missing = len(faltam)
    tempos = latencias(mudancas, aplicacoes)
    linha.p50_s, linha.p95_s = percentil(tempos, 0.5), percentil(tempos, 0.95)
    relatorio.notas += conferir_agendamentos(integracao, urls, ignorar=erros | faltam)
    return linha


def _fila(relatorio: Relatorio, linha: Linha, integracao: Integracao, urls: Mapping[str, str], tabela: str) -> set[str]:
    """Count one queue into ``linha``; the refused keys, whose reasons are noted."""
    for situacao, n in consultar(urls["fusion_integracao"], _FILA.format(tabela=tabela), integracao.integracao_id):
        linha.queued += n
        linha.refused += n if situacao == "erro" else 0
        linha.pending += n if situacao in ("pendente", "reservado") else 0
    erros = dict(consultar(urls["fusion_integracao"], _ERROS.format(tabela=tabela), integracao.integracao_id))
    if erros:
        relatorio.motivos[integracao.id] = Counter(motivo or "sem motivo" for motivo in erros.values())
    return set(erros)


def agendamentos_divergentes(integracao: FusionService, urls: Mapping[str, str]) -> set[str]:
    """Keys of bookings that changed, or that Fusion has, and whose state in Fusion is not the source's."""
    with conexao(urls["mv"]) as con:
        na_origem = {e.chave for e in skymed.chaves(con)}
    esperadas = {m[0] for m in consultar(urls["simulador"], _MUDANCAS, ORIGEM)}
    esperadas |= {a[0] for a in consultar(urls["fusion"], _APLICACOES, integracao.integracao_id)}
    operacoes = {chave: "alteracao" if chave in na_origem else "exclusao" for chave in sorted(esperadas)}
    return diferentes(integracao, "agenda_cirurgica", operacoes, urls["mv"], urls["fusion"])


def conferir_agendamentos(integracao: FusionService, urls: Mapping[str, str], *, ignorar: set[str]) -> list[str]:
    """Bookings in Fusion whose patient, surgeries, start or state differ from the source's; ``ignorar`` are accounted for elsewhere."""

    def fatos(url: str, sql: str, valor: Any) -> dict[str, tuple[Any, ...]]:
        return {chave: (re.sub(r"\D", "", cpf or ""), *resto) for chave, cpf, *resto in consultar(url, sql, valor)}

    origem = fatos(urls["mv"], _FATOS, integracao.fuso_horario)
    fusion = fatos(urls["fusion"], _FATOS_FUSION, integracao.integracao_id)
    errados = [
        chave
        for chave, (cpf, cirurgias, inicio, situacao) in fusion.items()
        if chave not in ignorar
        and (chave not in origem or (*origem[chave][:3], _SITUACOES.get(origem[chave][3])) != (cpf, cirurgias, inicio, situacao))
    ]
    return [f"{integracao.id}: {len(errados)} bookings differ from the source (such as {', '.join(errados[:3])})"] if errados else []
