"""The report's lines for FHIR: whether the EHR holds what the platform wrote, and the platform what the hospital wrote, and how fast.

Both are read behind the project's back: the EHR page by page through its own API, the platform by SQL written for this check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.origens.plataforma.ehr import EhrServer, ours
from sandbox.report.base import Report, Row, percentile
from sandbox.report.query import ask

PUSH, PULL = "fhir_push", "fhir_pull"
_LOCAL_ONES = """select id, status, value, systolic, diastolic, "fhirResourceId", "syncedToEHR" from observations where source <> 'ehr'"""
_DO_EHR = """select o."fhirResourceId", o.status, o.value from observations o where o.source = 'ehr'"""
_FILA = "select situacao, count(*) from SincronizacaoFhir where integracao_id >= 0 group by 1"
_ERRORS = "select chave, coalesce(motivo, 'sem motivo') from SincronizacaoFhir where situacao = 'erro' and integracao_id >= 0"
_DEAD_LETTER = "select chave, coalesce(motivo, 'sem motivo') from SincronizacaoFhir where situacao = 'erro' and integracao_id < 0"
_CHANGES = "select chave, marcador, committed_at from mudanca where origem = %s order by id"
# A row's version is the edit that was sent; text in the order of time, in UTC for both sides.
_DONE = """select f.chave, to_timestamp(f.versao_conteudo, 'YYYYMMDDHH24MISSUS'), f.concluido_em from SincronizacaoFhir f
join fhir_integration_configs c on c.tenant_id = f.processo
where f.situacao = 'concluido' and f.integracao_id >= 0 and c.sync_frequency = 'realtime' and f.versao_conteudo is not null order by f.id"""
_ARRIVALS = """select resource_id, atualizado_em from fhir_resources r where resource_type = 'Observation'
and exists (select 1 from observations o where o.id = r.local_id and o.source = 'ehr')"""


def ehr_de(url: str) -> EhrServer:
    """``http://:secret@host:port/fhir`` as the report's address book has it."""
    parts = urlsplit(url)
    return EhrServer(f"{parts.scheme}://{parts.hostname}:{parts.port}{parts.path}", unquote(parts.password or ""))


def add(report: Report, urls: Mapping[str, str]) -> None:
    """Add both lines; ``urls`` needs ``plataforma``, ``simulador`` and ``ehr``."""
    resources = list(ehr_de(urls["ehr"]).observacoes())
    report.integrations[PUSH] = _push(report, resources, urls)
    report.integrations[PULL] = _pull(report, resources, urls)


def _push(report: Report, resources: Iterable[dict[str, Any]], urls: Mapping[str, str]) -> Row:
    """``pending``: unsynced, and not in the dead letter. ``delivered``: versions that the EHR has of the platform's observations."""
    changes = ask(urls["simulador"], _CHANGES, "plataforma")
    row = Row(changed=len(changes))
    for status, n in ask(urls["plataforma"], _FILA):
        row.queued += n
        row.refused += n if status == "erro" else 0
    errors = dict(ask(urls["plataforma"], _ERRORS))
    if errors:
        report.motivos[PUSH] = Counter(errors.values())
    by_local: dict[str, list[dict[str, Any]]] = {}
    for resource in resources:
        for key in ours(resource):
            by_local.setdefault(key, []).append(resource)
    row.delivered = sum(int(r["meta"]["versionId"]) for found in by_local.values() for r in found)
    row.doubled = sum(len(found) - 1 for found in by_local.values())
    local_ones = [x for x in ask(urls["plataforma"], _LOCAL_ONES) if x[0] not in errors]
    row.pending = sum(not x[6] for x in local_ones)
    row.missing = sum(not any(_same(x, r) for r in by_local.get(x[0], [])) for x in local_ones if x[6])
    times = _times(changes, ask(urls["plataforma"], _DONE))
    row.p50_s, row.p95_s = percentile(times, 0.5), percentile(times, 0.95)
    return row


def _times(changes: Iterable[tuple[Any, ...]], done: Iterable[tuple[Any, ...]]) -> list[float]:
    """Seconds from each change's commit until the first row was done that holds it."""
    by_key: dict[str, list[tuple[Any, Any]]] = {}
    for key, version, when in done:
        by_key.setdefault(key, []).append((version, when))
    found = []
    for key, marker, made_at in changes:
        if after := next((q for v, q in by_key.get(key, ()) if v >= marker), None):
            found.append(max(0.0, (after - made_at).total_seconds()))
    return found


def _same(local: tuple[Any, ...], resource: dict[str, Any]) -> bool:
    _, state, value, systolic, diastolic, fhir_id, _ = local
    expected = [value] if value is not None else [systolic, diastolic]
    found = [x.get("valueQuantity", {}).get("value") for x in resource.get("component") or [resource]]
    return (resource["id"], resource["status"], [Decimal(str(a)) for a in found]) == (fhir_id, state, expected)


def _pull(report: Report, resources: Iterable[dict[str, Any]], urls: Mapping[str, str]) -> Row:
    """``missing``: the hospital's observations that the platform lacks or has otherwise, refused ones aside; nothing waits in a queue, hence nothing pending."""
    dead_letter = dict(ask(urls["plataforma"], _DEAD_LETTER))
    if dead_letter:
        report.motivos[PULL] = Counter(dead_letter.values())
    of_hospital = {r["id"]: r for r in resources if not ours(r) and f"Observation/{r['id']}" not in dead_letter}
    arrived = ask(urls["plataforma"], _DO_EHR)
    changes = ask(urls["simulador"], _CHANGES, "ehr")
    times_seen = Counter(x[0] for x in arrived)
    row = Row(changed=len(changes), delivered=len(arrived), refused=len(dead_letter), doubled=sum(n - 1 for n in times_seen.values()))
    equal = set(arrived)
    row.missing = sum((r["id"], r["status"], Decimal(str(r["valueQuantity"]["value"]))) not in equal for r in of_hospital.values())
    when = dict(ask(urls["plataforma"], _ARRIVALS))
    times = [(when[key] - made).total_seconds() for key, _, made in changes if key in when and when[key] >= made]
    row.p50_s, row.p95_s = percentile(times, 0.5), percentile(times, 0.95)
    return row
