"""The report's lines for FHIR: whether the EHR holds what the platform wrote, and the platform what the hospital wrote, and how fast.

Both are read behind the project's back: the EHR page by page through its own API, the platform by SQL written for this check.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.origens.plataforma.ehr import ServidorEhr, nossos
from sandbox.report.base import Linha, Relatorio, percentil
from sandbox.report.query import consultar

PUSH, PULL = "fhir_push", "fhir_pull"
_LOCAIS = """select id, status, value, systolic, diastolic, "fhirResourceId", "syncedToEHR" from observations where source <> 'ehr'"""
_DO_EHR = """select o."fhirResourceId", o.status, o.value from observations o where o.source = 'ehr'"""
_FILA = "select situacao, count(*) from SincronizacaoFhir where integracao_id >= 0 group by 1"
_ERROS = "select chave, coalesce(motivo, 'sem motivo') from SincronizacaoFhir where situacao = 'erro' and integracao_id >= 0"
_RECUSADAS = "select chave, coalesce(motivo, 'sem motivo') from SincronizacaoFhir where situacao = 'erro' and integracao_id < 0"
_MUDANCAS = "select chave, marcador, committed_at from mudanca where origem = %s order by id"
# A row's version is the edit that was sent; text in the order of time, in UTC for both sides.
_FEITAS = """select f.chave, to_timestamp(f.versao_conteudo, 'YYYYMMDDHH24MISSUS'), f.concluido_em from SincronizacaoFhir f
join fhir_integration_configs c on c.tenant_id = f.processo
where f.situacao = 'concluido' and f.integracao_id >= 0 and c.sync_frequency = 'realtime' and f.versao_conteudo is not null order by f.id"""
_CHEGADAS = """select resource_id, atualizado_em from fhir_resources r where resource_type = 'Observation'
and exists (select 1 from observations o where o.id = r.local_id and o.source = 'ehr')"""


def ehr_de(url: str) -> ServidorEhr:
    """``http://:secret@host:port/fhir`` as the report's address book has it."""
    partes = urlsplit(url)
    return ServidorEhr(f"{partes.scheme}://{partes.hostname}:{partes.port}{partes.path}", unquote(partes.password or ""))


def somar(relatorio: Relatorio, urls: Mapping[str, str]) -> None:
    """Add both lines; ``urls`` needs ``plataforma``, ``simulador`` and ``ehr``."""
    recursos = list(ehr_de(urls["ehr"]).observacoes())
    relatorio.integrations[PUSH] = _push(relatorio, recursos, urls)
    relatorio.integrations[PULL] = _pull(relatorio, recursos, urls)


def _push(relatorio: Relatorio, recursos: Iterable[dict[str, Any]], urls: Mapping[str, str]) -> Linha:
    """``pending``: unsynced, and not in the dead letter. ``delivered``: versions that the EHR has of the platform's observations."""
    mudancas = consultar(urls["simulador"], _MUDANCAS, "plataforma")
    linha = Linha(changed=len(mudancas))
    for situacao, n in consultar(urls["plataforma"], _FILA):
        linha.queued += n
        linha.refused += n if situacao == "erro" else 0
    erros = dict(consultar(urls["plataforma"], _ERROS))
    if erros:
        relatorio.motivos[PUSH] = Counter(erros.values())
    por_local: dict[str, list[dict[str, Any]]] = {}
    for recurso in recursos:
        for chave in nossos(recurso):
            por_local.setdefault(chave, []).append(recurso)
    linha.delivered = sum(int(r["meta"]["versionId"]) for achados in por_local.values() for r in achados)
    linha.doubled = sum(len(achados) - 1 for achados in por_local.values())
    locais = [x for x in consultar(urls["plataforma"], _LOCAIS) if x[0] not in erros]
    linha.pending = sum(not x[6] for x in locais)
    linha.missing = sum(not any(_igual(x, r) for r in por_local.get(x[0], [])) for x in locais if x[6])
    tempos = _tempos(mudancas, consultar(urls["plataforma"], _FEITAS))
    linha.p50_s, linha.p95_s = percentil(tempos, 0.5), percentil(tempos, 0.95)
    return linha


def _tempos(mudancas: Iterable[tuple[Any, ...]], feitas: Iterable[tuple[Any, ...]]) -> list[float]:
    """Seconds from each change's commit until the first row was done that holds it."""
    por_chave: dict[str, list[tuple[Any, Any]]] = {}
    for chave, versao, quando in feitas:
        por_chave.setdefault(chave, []).append((versao, quando))
    achados = []
    for chave, marcador, feita_em in mudancas:
        if depois := next((q for v, q in por_chave.get(chave, ()) if v >= marcador), None):
            achados.append(max(0.0, (depois - feita_em).total_seconds()))
    return achados


def _igual(local: tuple[Any, ...], recurso: dict[str, Any]) -> bool:
    _, estado, valor, sistolica, diastolica, fhir_id, _ = local
    esperados = [valor] if valor is not None else [sistolica, diastolica]
    achados = [x.get("valueQuantity", {}).get("value") for x in recurso.get("component") or [recurso]]
    return (recurso["id"], recurso["status"], [Decimal(str(a)) for a in achados]) == (fhir_id, estado, esperados)


def _pull(relatorio: Relatorio, recursos: Iterable[dict[str, Any]], urls: Mapping[str, str]) -> Linha:
    """``missing``: the hospital's observations that the platform lacks or has otherwise, refused ones aside; nothing waits in a queue, hence nothing pending."""
    recusadas = dict(consultar(urls["plataforma"], _RECUSADAS))
    if recusadas:
        relatorio.motivos[PULL] = Counter(recusadas.values())
    do_hospital = {r["id"]: r for r in recursos if not nossos(r) and f"Observation/{r['id']}" not in recusadas}
    chegaram = consultar(urls["plataforma"], _DO_EHR)
    mudancas = consultar(urls["simulador"], _MUDANCAS, "ehr")
    vezes = Counter(x[0] for x in chegaram)
    linha = Linha(changed=len(mudancas), delivered=len(chegaram), refused=len(recusadas), doubled=sum(n - 1 for n in vezes.values()))
    iguais = set(chegaram)
    linha.missing = sum((r["id"], r["status"], Decimal(str(r["valueQuantity"]["value"]))) not in iguais for r in do_hospital.values())
    quando = dict(consultar(urls["plataforma"], _CHEGADAS))
    tempos = [(quando[chave] - feita).total_seconds() for chave, _, feita in mudancas if chave in quando and quando[chave] >= feita]
    linha.p50_s, linha.p95_s = percentil(tempos, 0.5), percentil(tempos, 0.95)
    return linha
