"""The demo's table: what the sources changed, what Fusion accepted and how fast, and whether both now say the same.

``python -m sandbox.stack.report`` reports on a running stack. Reconciliation reads every record of the source through the project's own
reader and compares content with what Fusion stores; :mod:`sandbox.report.facts` then checks a few facts by SQL of its own.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping

from include.fusion.settings import Integracao, load
from include.fusion.store.tables import FILAS
from include.fusion.wiring.names import system_of
from sandbox.origens.base import NO_EFFECT
from sandbox.report import fhir
from sandbox.report.base import Report, Row, differing, latencies, percentile, repeated
from sandbox.report.facts import check
from sandbox.report.query import ask, connection
from sandbox.sources import sources

OF_AGENDA = ("AtualizacaoAgendaCirurgia", "AplicacaoPendencia")
"""Queue tables of the surgical chain, which sandbox.report.agenda reports on."""
_FILA = f"""select processo, situacao, count(*), count(*) filter (where motivo = 'conteúdo inalterado') from (
    {" union all ".join(f"select integracao_id, processo, situacao, motivo from {t}" for t in FILAS if t not in OF_AGENDA)}) f
where integracao_id = %s group by 1, 2"""
_OPEN = """select chave, max(situacao), max(motivo) from ({fila}) f where situacao in ('pendente', 'reservado', 'erro') group by 1"""
_APPLIED = """select codigo, operacao, hash_conteudo, atualizado_em, aceito_em from aplicacao
where integracao_id = %s and entidade = 'atendimento' order by id"""
_PACIENTES = "select codigo from registro where entidade = 'paciente' and integracao_id = %s"
_CHANGES = "select chave, operacao, marcador, committed_at from mudanca where origem = %s and not tipo = any(%s) order by id"


def fila_for(*integracoes: Integracao) -> str:
    """Query of all their queue rows that name attendances."""
    parts = [(i.integracao_id, t) for i in integracoes for t in system_of(i).tables("atendimento")]
    return " union all ".join(f"select * from {t} where integracao_id = {number}" for number, t in parts)


def divergent(integracao: Integracao, source_url: str, url_fusion: str) -> set[str]:
    """Keys of attendances whose state in Fusion is not the source's."""
    origin = sources()[integracao.sistema].module
    with connection(source_url) as con:
        expected = {e.chave: e.operacao for e in origin.keys(con)}
    return differing(integracao, "atendimento", expected, source_url, url_fusion)


def divergent_pacientes(integracao: Integracao, source_url: str, url_fusion: str) -> set[str]:
    """Keys of patients that Fusion has as records of their own, and that are not as the source has them."""
    codes = [code for (code,) in ask(url_fusion, _PACIENTES, integracao.integracao_id)]
    return differing(integracao, "paciente", dict.fromkeys(codes, "alteracao"), source_url, url_fusion) if codes else set()


def build(urls: Mapping[str, str]) -> Report:
    """Report on all installed integrations; ``urls`` maps database name → libpq URL."""
    report = Report()
    for integracao in load():
        source_items = sources().get(integracao.sistema)
        if not integracao.habilitada or source_items is None:
            continue
        if source_items.report:
            importlib.import_module(f"sandbox.report.{source_items.report}").add(report, integracao, urls)
        else:
            _integracao(report, integracao, urls)
    if "ehr" in urls:
        fhir.add(report, urls)
    return report


def _integracao(report: Report, integracao: Integracao, urls: Mapping[str, str]) -> None:
    number, source_url = integracao.integracao_id, urls[sources()[integracao.sistema].database]
    changes = ask(urls["simulador"], _CHANGES, integracao.sistema, [])
    with_effect = ask(urls["simulador"], _CHANGES, integracao.sistema, list(NO_EFFECT))
    applied = ask(urls["fusion"], _APPLIED, number)
    open_rows = {key: (status, reason) for key, status, reason in ask(urls["fusion_integracao"], _OPEN.format(fila=fila_for(integracao)))}
    in_error = {c for c, (status, _) in open_rows.items() if status == "erro"}
    missing = divergent(integracao, source_url, urls["fusion"]) - in_error
    times = latencies(with_effect, applied)
    live_column = Row(changed=len(changes), p50_s=percentile(times, 0.5), p95_s=percentile(times, 0.95))
    rows = {"importacao": live_column}
    report.integrations[integracao.id] = live_column
    if getattr(integracao, "carga_inicial", None) is not None:
        rows["carga_inicial"] = report.integrations[f"{integracao.id}_carga_inicial"] = Row()
    initial_runs = integracao.id if "carga_inicial" not in rows else f"{integracao.id}_carga_inicial"
    done, saved_ones = Counter[str](), Counter[str]()
    for processo, status, n, equal in ask(urls["fusion_integracao"], _FILA, number):
        row = rows.get(processo, live_column)
        row.queued += n
        dag = initial_runs if processo == "carga_inicial" else integracao.id
        done[dag] += n if status == "concluido" else 0
        saved_ones[dag] += equal
        row.refused += n if status == "erro" else 0
        row.pending += n if status in ("pendente", "reservado") else 0
    report.saved |= {dag: round(100 * saved_ones[dag] / n) for dag, n in done.items() if n}
    # The history is what nobody touched since the simulator began: its deliveries belong to the initial load, where there is one.
    changed = {m[0] for m in changes}
    started = min((m[3] for m in changes), default=None)
    history = rows.get("carga_inicial", live_column)
    for _, _, _, _, accepted_at in applied:
        (history if started is None or accepted_at < started else live_column).delivered += 1
    for key in missing:
        (live_column if key in changed else history).missing += 1
    for key in repeated(applied):
        (live_column if key in changed else history).doubled += 1
    if pacientes := divergent_pacientes(integracao, source_url, urls["fusion"]):
        report.notes.append(f"{integracao.id}: {len(pacientes)} patients in Fusion differ from the source")
    if in_error:
        report.motivos[integracao.id] = Counter(open_rows[c][1] or "sem motivo" for c in in_error)
    report.notes += check(integracao.sistema, source_url, urls["fusion"], number, ignore=in_error | missing)
