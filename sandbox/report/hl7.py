"""The report's lines for TrackCare: whether every patient's messages are with Fusion, in the state in which the source is now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from include.fusion.settings import Integracao
from include.fusion.sistemas.trackcare.settings import TrackCare
from include.fusion.sistemas.trackcare.system import SYSTEM
from sandbox.origens import trackcare
from sandbox.report.base import BATCH, Report, Row, percentile, reader_for
from sandbox.report.query import ask, connection, engine

_LEDGER = "select chave, versao_conteudo, operacao from livro_entrega where integracao_id = %s and entidade = 'mensagem'"
_FILES = "select assunto, chave, situacao, chave_paciente, motivo from PacienteArquivo where integracao_id = %s order by id"
_PENDENCIAS = "select chave, situacao, motivo from PendenciaIntegracao where integracao_id = %s"
_MESSAGES = "select controle, codigo_paciente, aceito_em from mensagem_hl7 where integracao_id = %s order by id"
_CHANGES = "select chave, committed_at from mudanca where origem = 'trackcare' order by id"
# Behind the hub's back: whom Fusion must have heard of, by SQL written for this check alone.
_PERSONS = """select p.paper_rowid::text from sqluser.pa_person p join sqluser.pa_patmas m on m.papmi_paper_dr = p.paper_rowid
where not exists (select 1 from sqluser.pa_mergepatient g where g.mrg_papmi_from_dr = m.papmi_rowid1)"""


def add(report: Report, integracao: Integracao, urls: Mapping[str, str]) -> None:
    """Add the lines of the live DAG and of the initial load, whose patients travel with the live ones."""
    if not isinstance(integracao, TrackCare):
        return
    number = integracao.integracao_id
    files = ask(urls["fusion_integracao"], _FILES, number)
    pendencias = ask(urls["fusion_integracao"], _PENDENCIAS, number)
    messages = ask(urls["fusion"], _MESSAGES, number)
    changes = ask(urls["simulador"], _CHANGES)
    errors = [(c, m) for c, s, m in pendencias if s == "erro"] + [(p, m) for _, _, s, p, m in files if s == "erro"]
    times = latencies(changes, messages)
    repeated = Counter(control_id for control_id, *_ in messages)
    report.integrations[integracao.id] = Row(
        changed=len(changes),
        queued=len(files),
        delivered=len(messages),
        refused=len(errors),
        pending=sum(s in ("pendente", "reservado") for _, s, _ in pendencias) + sum(a[2] in ("pendente", "reservado") for a in files),
        missing=len(missing_pacientes(integracao, urls)),
        doubled=sum(n - 1 for n in repeated.values()),
        p50_s=percentile(times, 0.5),
        p95_s=percentile(times, 0.95),
    )
    if errors:
        report.motivos[integracao.id] = Counter(reason or "sem motivo" for _, reason in errors)


def latencies(changes: list[tuple[Any, ...]], messages: list[tuple[Any, ...]]) -> list[float]:
    """Seconds from a change's commit to the acceptance of its patient's next message, where one came before the patient's next change."""
    next_one: dict[str, Any] = {}
    by_paciente: dict[str, list[Any]] = {}
    for _, paciente, accepted_at in messages:
        by_paciente.setdefault(paciente, []).append(accepted_at)
    found = []
    for key, at in reversed(changes):
        until, next_one[key] = next_one.get(key), at
        after = next((a for a in by_paciente.get(key, ()) if a >= at), None)
        if after is not None and (until is None or after < until):
            found.append((after - at).total_seconds())
    return found


def missing_pacientes(integracao: TrackCare, urls: Mapping[str, str]) -> set[str]:
    """Patients of whom Fusion lacks a message, or has one that is not what the source says now; refused ones aside."""
    number = integracao.integracao_id
    messages = ask(urls["fusion"], _MESSAGES, number)
    received, heard = {control_id for control_id, *_ in messages}, {paciente for _, paciente, _ in messages}
    ledger = {key: (version, operation) for key, version, operation in ask(urls["fusion_integracao"], _LEDGER, number)}
    files = ask(urls["fusion_integracao"], _FILES, number)
    last = {assunto: control_id for assunto, control_id, *_ in files}
    refused = {c for c, s, _ in ask(urls["fusion_integracao"], _PENDENCIAS, number) if s == "erro"}
    refused |= {p for _, _, s, p, _ in files if s == "erro"}

    def said(item: Any) -> bool:
        version, operation = ledger.get(item.entidade, (None, "exclusao"))
        if not item.ativo:
            return operation in ("exclusao", "nenhuma")
        return version == item.versao and last.get(item.entidade) in received

    reader: Any = reader_for(integracao, engine(urls["trackcare"]), SYSTEM.entidade)
    with connection(urls["trackcare"]) as con:
        keys = [e.chave for e in trackcare.keys(con)]
    missing = {p for (p,) in ask(urls["trackcare"], _PERSONS)} - heard
    for i in range(0, len(keys), BATCH):
        for key, plan in reader.read(keys[i : i + BATCH]).items():
            if plan is not None and not isinstance(plan, Exception) and not all(map(said, plan.items)):
                missing.add(key)
    return missing - refused
