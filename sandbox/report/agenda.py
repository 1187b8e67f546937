"""The report's lines for the surgical chain: what Skymed announced, and whether Fusion's bookings are the source's.

Only bookings that changed since the journal's trigger is there reach Fusion: the history that nobody touched is not expected in it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from include.fusion.settings import Integracao, load
from include.fusion.sistemas.fusion_service.settings import FusionService
from include.fusion.sistemas.skymed.settings import Skymed
from sandbox.origens import skymed
from sandbox.report.base import Report, Row, differing, latencies, percentile, repeated
from sandbox.report.query import ask, connection

ORIGIN = "skymed"
"""Name under which the simulator keeps its account of changed bookings."""
_CHANGES = "select chave, operacao, marcador, committed_at from mudanca where origem = %s order by id"
_FILA = "select situacao, count(*) from {tabela} where integracao_id = %s group by 1"
_ERRORS = "select chave, motivo from {tabela} where integracao_id = %s and situacao = 'erro'"
_JOURNAL = "select count(*) from fusion_integracao.atualizacaoagendacirurgia"
_ANNOUNCEMENTS = """select corpo ->> 'idEntidade', a.operacao, a.hash_conteudo, a.atualizado_em, a.aceito_em, r.corpo ? 'dataProcessamento'
from aplicacao a join registro r on r.entidade = a.entidade and r.integracao_id = a.integracao_id and r.codigo = a.codigo
where a.integracao_id = %s and a.entidade = 'AplicacaoPendencia' and a.versao = 1 order by a.id"""
_APPLIED = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'agenda_cirurgica' order by id"""
# Behind the hub's back: patient's CPF, number of surgeries, start and state, by SQL written for this check alone.
_FACTS = """select g.cd_age_cir::text, p.nr_cpf, (select count(*) from dbamv.cirurgia_aviso c where c.cd_aviso_cirurgia = g.cd_aviso_cirurgia),
    g.dt_inicio_age_cir at time zone %s, v.tp_situacao
from dbamv.age_cir g join dbamv.aviso_cirurgia v on v.cd_aviso_cirurgia = g.cd_aviso_cirurgia
left join dbamv.atendime a on a.cd_atendimento = v.cd_atendimento
left join dbamv.paciente p on p.cd_paciente = coalesce(v.cd_paciente, a.cd_paciente)"""
_FUSION_FACTS = """select codigo, corpo -> 'paciente' ->> 'cpf', coalesce(jsonb_array_length(corpo -> 'cirurgias'), 0),
    (corpo ->> 'inicio')::timestamptz, corpo ->> 'situacao'
from registro where entidade = 'agenda_cirurgica' and integracao_id = %s and not cancelado"""
_ALL_STATES = {"P": "PRE_AGENDADA", "A": "AVISADA", "G": "AGENDADA", "T": "EM_CHECAGEM", "R": "REALIZADA", "C": "CANCELADA"}


def add(report: Report, integracao: Integracao, urls: Mapping[str, str]) -> None:
    """Add the line of one of the two."""
    if isinstance(integracao, Skymed):
        report.integrations[integracao.id] = _announcements(report, integracao, urls)
    elif isinstance(integracao, FusionService):
        report.integrations[integracao.id] = _agendamentos(report, integracao, urls)


def _announcements(report: Report, integracao: Skymed, urls: Mapping[str, str]) -> Row:
    """``pending`` includes journal rows and, where somebody processes them, open pendencies; ``missing`` are changes never announced."""
    changes = ask(urls["simulador"], _CHANGES, ORIGIN)
    announcements = ask(urls["fusion"], _ANNOUNCEMENTS, integracao.integracao_id)
    row = Row(changed=len(changes), delivered=len(announcements))
    errors = _fila(report, row, integracao, urls, "AtualizacaoAgendaCirurgia")
    row.pending += int(ask(urls["mv"], _JOURNAL)[0][0])
    attended = any(isinstance(i, FusionService) and i.habilitada and integracao.integracao_id in i.buscar_pendencias.atende for i in load())
    row.pending += sum(not concluded for *_, concluded in announcements) if attended else 0
    row.missing = len({m[0] for m in changes} - {a[0] for a in announcements} - errors)
    times = latencies(changes, [a[:5] for a in announcements])
    row.p50_s, row.p95_s = percentile(times, 0.5), percentile(times, 0.95)
    return row


def _agendamentos(report: Report, integracao: FusionService, urls: Mapping[str, str]) -> Row:
    number = integracao.integracao_id
    changes = ask(urls["simulador"], _CHANGES, ORIGIN)
    applied = ask(urls["fusion"], _APPLIED, number)
    row = Row(changed=len(changes), delivered=len(applied), doubled=len(repeated(applied)))
    errors = _fila(report, row, integracao, urls, "AplicacaoPendencia")
    missing = divergent_agendamentos(integracao, urls) - errors
    row.missing = len(missing)
    times = latencies(changes, applied)
    row.p50_s, row.p95_s = percentile(times, 0.5), percentile(times, 0.95)
    report.notes += check_agendamentos(integracao, urls, ignore=errors | missing)
    return row


def _fila(report: Report, row: Row, integracao: Integracao, urls: Mapping[str, str], table: str) -> set[str]:
    """Count one queue into ``row``; the refused keys, whose reasons are noted."""
    for status, n in ask(urls["fusion_integracao"], _FILA.format(tabela=table), integracao.integracao_id):
        row.queued += n
        row.refused += n if status == "erro" else 0
        row.pending += n if status in ("pendente", "reservado") else 0
    errors = dict(ask(urls["fusion_integracao"], _ERRORS.format(tabela=table), integracao.integracao_id))
    if errors:
        report.motivos[integracao.id] = Counter(reason or "sem motivo" for reason in errors.values())
    return set(errors)


def divergent_agendamentos(integracao: FusionService, urls: Mapping[str, str]) -> set[str]:
    """Keys of bookings that changed, or that Fusion has, and whose state in Fusion is not the source's."""
    with connection(urls["mv"]) as con:
        at_source = {e.chave for e in skymed.keys(con)}
    expected_ones = {m[0] for m in ask(urls["simulador"], _CHANGES, ORIGIN)}
    expected_ones |= {a[0] for a in ask(urls["fusion"], _APPLIED, integracao.integracao_id)}
    operations = {key: "alteracao" if key in at_source else "exclusao" for key in sorted(expected_ones)}
    return differing(integracao, "agenda_cirurgica", operations, urls["mv"], urls["fusion"])


def check_agendamentos(integracao: FusionService, urls: Mapping[str, str], *, ignore: set[str]) -> list[str]:
    """Bookings in Fusion whose patient, surgeries, start or state differ from the source's; ``ignore`` are accounted for elsewhere."""

    def facts(url: str, sql: str, value: Any) -> dict[str, tuple[Any, ...]]:
        return {key: (re.sub(r"\D", "", cpf or ""), *rest) for key, cpf, *rest in ask(url, sql, value)}

    origin = facts(urls["mv"], _FACTS, integracao.fuso_horario)
    fusion = facts(urls["fusion"], _FUSION_FACTS, integracao.integracao_id)
    wrong = [
        key
        for key, (cpf, cirurgias, start, status) in fusion.items()
        if key not in ignore
        and (key not in origin or (*origin[key][:3], _ALL_STATES.get(origin[key][3])) != (cpf, cirurgias, start, status))
    ]
    return [f"{integracao.id}: {len(wrong)} bookings differ from the source (such as {', '.join(wrong[:3])})"] if wrong else []
