"""The platform's database as synchronisation sees it. Statements are PostgreSQL's: the platform's database is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from include.fusion.fhir.mapping.observation import Observacao
from include.fusion.fhir.mapping.patient import Paciente
from include.fusion.fhir.mapping.validate import de_json, em_json
from include.fusion.fhir.platform.tables import numero
from include.fusion.store.filas import ItemFila

SENTIDOS = ("push", "pull")
# An open row speaks for its observation; one in the dead letter only until the observation is edited (versao_conteudo keeps what was tried).
_NOVAS = """\
SELECT o.id, o."fhirResourceId" IS NOT NULL AS conhecida FROM observations o
LEFT JOIN SincronizacaoFhir f ON f.integracao_id = :numero AND f.processo = :tenant AND f.chave = o.id
    AND f.situacao IN ('pendente', 'reservado', 'erro')
WHERE o."tenantId" = :tenant AND NOT o."syncedToEHR"
    AND (f.id IS NULL OR (f.situacao = 'erro' AND f.versao_conteudo <> to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS')))
ORDER BY o.id LIMIT :limite"""
# A year that people mistyped (20260) is none that Python has: reading it would fail for the whole batch.
_PESSOA = """\
CASE WHEN p."birthDate" BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN p."birthDate" END AS "birthDate",
    p.name, p."socialName", p.cpf, p.cns, nullif(p."ehrPatientId", '') AS "ehrPatientId", p.gender, p.phone, p.email"""
_LER = f"""\
SELECT o.id, o.type, o.value, o.systolic, o.diastolic, o.unit, o."valueText", o.code, o."codeSystem", o.status,
    CASE WHEN o."effectiveAt" >= '0002-01-01' AND o."effectiveAt" < '9999-01-01' THEN o."effectiveAt" END AS "effectiveAt",
    o."fhirResourceId", to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS') AS marca, o."syncedToEHR" AS sincronizada,
    o."patientId", p.id IS NOT NULL AS com_paciente, {_PESSOA},
    r.version_id, CAST(r.recurso AS text) AS recurso
FROM observations o
LEFT JOIN patients p ON p.id = o."patientId" AND p."tenantId" = o."tenantId"
LEFT JOIN fhir_resources r ON r.tenant_id = o."tenantId" AND r.resource_type = 'Observation' AND r.local_id = o.id
WHERE o."tenantId" = :tenant AND o.id = ANY(:ids)"""
# What was edited while it travelled stays unsynced: its row in the queue comes back by itself at the next look.
_ENVIADA = """\
UPDATE observations o SET "fhirResourceId" = d.fhir_id, "syncedToEHR" = (to_char(o."updatedAt", 'YYYYMMDDHH24MISSUS') = d.marca)
FROM jsonb_to_recordset(CAST(:linhas AS jsonb)) AS d (id text, marca text, fhir_id text)
WHERE o.id = d.id AND o."tenantId" = :tenant
RETURNING round(extract(epoch FROM clock_timestamp() - o."updatedAt") * 1000)"""
_RECURSO = """\
INSERT INTO fhir_resources AS r (tenant_id, resource_type, local_id, resource_id, version_id, recurso)
SELECT :tenant, :tipo, d.id, d.fhir_id, d.versao, d.recurso
FROM jsonb_to_recordset(CAST(:linhas AS jsonb)) AS d (id text, fhir_id text, versao text, recurso jsonb) ORDER BY d.id
ON CONFLICT (tenant_id, resource_type, local_id) DO UPDATE SET resource_id = excluded.resource_id, version_id = excluded.version_id,
    recurso = coalesce(excluded.recurso, r.recurso), atualizado_em = statement_timestamp()"""
_METRICA = """\
INSERT INTO fhir_sync_metrics AS m (tenant_id, sentido, hora, enviados, recebidos, falhas, duracao_ms, latencia_ms, medidos)
VALUES (:tenant, :sentido, date_trunc('hour', statement_timestamp()), :enviados, :recebidos, :falhas, :duracao, :latencia, :medidos)
ON CONFLICT (tenant_id, sentido, hora) DO UPDATE SET enviados = m.enviados + excluded.enviados,
    recebidos = m.recebidos + excluded.recebidos, falhas = m.falhas + excluded.falhas, duracao_ms = m.duracao_ms + excluded.duracao_ms,
    latencia_ms = m.latencia_ms + excluded.latencia_ms, medidos = m.medidos + excluded.medidos"""
_VENCIDOS = """\
SELECT c.tenant_id, t.name FROM fhir_integration_configs c JOIN tenants t ON t.id = c.tenant_id
WHERE c.enabled AND c.sync_direction IN ('bidirectional', :direcao) AND (:todas OR c.sync_frequency = ANY(:frequencias))
ORDER BY c.tenant_id"""


class Pessoa(NamedTuple):
    """A patient with the id that the EHR gave, where it gave one."""

    paciente: Paciente
    ehr_id: str | None


@dataclass(frozen=True)
class ObservacaoLocal:
    """An unsynced observation with all that sending it needs. ``marca``: which edit of it this is. ``recurso``: as last seen in the EHR.
    ``com_paciente``: its patient is one of the tenant's."""

    obs: Observacao
    pessoa: Pessoa
    marca: str
    fhir_id: str | None = None
    versao: str | None = None
    recurso: dict[str, Any] | None = None
    sincronizada: bool = False
    com_paciente: bool = True


class Enviada(NamedTuple):
    """What the EHR made of one observation."""

    id: str
    marca: str
    fhir_id: str
    versao: str | None
    recurso: dict[str, Any] | None = None


@dataclass(frozen=True)
class Contagem:
    """Figures of one synchronisation; ``duracao`` and ``latencia`` in ms, the latter summed over ``medidos`` records."""

    enviados: int = 0
    recebidos: int = 0
    falhas: int = 0
    duracao: int = 0
    latencia: int = 0
    medidos: int = 0


class Repositorio:
    """One tenant's rows: every statement carries its id."""

    def __init__(self, engine: Engine, tenant_id: str) -> None:
        self.engine = engine
        self.tenant_id = tenant_id

    def novas(self, con: Connection, limite: int) -> list[ItemFila]:
        """Unsynced observations that no open queue row speaks for."""
        linhas = con.execute(text(_NOVAS), {"tenant": self.tenant_id, "numero": numero(self.tenant_id), "limite": limite})
        return [ItemFila(chave, "", "alteracao" if conhecida else "inclusao") for chave, conhecida in linhas]

    def observacoes(self, ids: Sequence[str]) -> dict[str, ObservacaoLocal]:
        with self.engine.connect() as con:
            linhas = con.execute(text(_LER), {"tenant": self.tenant_id, "ids": list(ids)}).mappings().all()
        return {linha["id"]: _local(linha) for linha in linhas}

    def pessoa(self, paciente_id: str) -> Pessoa | None:
        consulta = f'SELECT p.id AS "patientId", {_PESSOA} FROM patients p WHERE p."tenantId" = :tenant AND p.id = :id'
        with self.engine.connect() as con:
            linha = con.execute(text(consulta), {"tenant": self.tenant_id, "id": paciente_id}).mappings().first()
        return None if linha is None else _pessoa(linha)

    def pacientes_no_ehr(self, depois: str, limite: int) -> list[tuple[str, str]]:
        """``(id, ehrPatientId)`` in order of the ids, for a walk through all of them."""
        consulta = (
            'SELECT id, "ehrPatientId" FROM patients WHERE "tenantId" = :tenant AND "ehrPatientId" IS NOT NULL AND "ehrPatientId" <> \'\' AND id > :depois'
            " ORDER BY id LIMIT :limite"
        )
        with self.engine.connect() as con:
            return [(a, b) for a, b in con.execute(text(consulta), {"tenant": self.tenant_id, "depois": depois, "limite": limite})]

    def gravar_paciente(self, paciente_id: str, ehr_id: str, versao: str | None) -> None:
        with self.engine.begin() as con:
            binds = {"tenant": self.tenant_id, "id": paciente_id, "ehr": ehr_id}
            con.execute(text('UPDATE patients SET "ehrPatientId" = :ehr WHERE id = :id AND "tenantId" = :tenant'), binds)
            self.gravar_recurso(con, "Patient", paciente_id, ehr_id, versao, None)

    def gravar_enviadas(self, con: Connection, enviadas: Iterable[Enviada]) -> list[int]:
        """Milliseconds that each took since its last edit."""
        tempos: list[int] = []
        linhas = [e._asdict() for e in enviadas]
        if linhas:
            # As JSON, since the resources are: a statement for all of them, whatever their number.
            binds = {"tenant": self.tenant_id, "tipo": "Observation", "linhas": em_json(linhas).decode()}
            tempos = [max(0, int(ms)) for ms in con.execute(text(_ENVIADA), binds).scalars()]
            con.execute(text(_RECURSO), binds)
        return tempos

    def gravar_recurso(
        self, con: Connection, tipo: str, id: str, recurso_id: str, versao: str | None, recurso: dict[str, Any] | None
    ) -> None:
        linha = {"id": id, "fhir_id": recurso_id, "versao": versao, "recurso": recurso}
        con.execute(text(_RECURSO), {"tenant": self.tenant_id, "tipo": tipo, "linhas": em_json([linha]).decode()})

    def concluir(self, sentido: str, erro: str | None, contagem: Contagem) -> None:
        """Note how a synchronisation ended: ``last_sync_at`` where it went well, ``last_error``, and the hour's metrics.

        An error stays until its own direction succeeds: a push every few seconds would hide that every pull fails.
        """
        lado, outro = ("envio: ", "busca: ") if sentido == "push" else ("busca: ", "envio: ")
        with self.engine.begin() as con:
            con.execute(
                text(
                    "UPDATE fhir_integration_configs SET"
                    " last_error = coalesce(:erro, CASE WHEN starts_with(last_error, :outro) THEN last_error END),"
                    " last_sync_at = CASE WHEN :certo THEN NOW() ELSE last_sync_at END WHERE tenant_id = :tenant"
                ),
                {"tenant": self.tenant_id, "erro": erro and f"{lado}{erro}", "certo": erro is None, "outro": outro},
            )
            if contagem.enviados or contagem.recebidos or contagem.falhas:
                con.execute(text(_METRICA), {"tenant": self.tenant_id, "sentido": sentido, **vars(contagem)})


def tenants_de(engine: Engine, direcao: str, frequencias: Sequence[str] | None = None) -> list[tuple[str, str]]:
    """``(tenant_id, name)`` with the integration switched on in ``direcao`` (push, pull); ``None``: whatever their frequency."""
    binds = {"direcao": direcao, "todas": frequencias is None, "frequencias": list(frequencias or [])}
    with engine.connect() as con:
        return [(a, b) for a, b in con.execute(text(_VENCIDOS), binds)]


def _pessoa(linha: Any) -> Pessoa:
    paciente = Paciente(
        id=linha["patientId"], nome=linha["name"], nome_social=linha["socialName"], cpf=linha["cpf"], cns=linha["cns"],
        nascimento=linha["birthDate"], genero=linha["gender"], telefone=linha["phone"], email=linha["email"],
    )  # fmt: skip
    return Pessoa(paciente, linha["ehrPatientId"])


def _local(linha: Any) -> ObservacaoLocal:
    efetivo: datetime | None = linha["effectiveAt"]
    obs = Observacao(
        id=linha["id"], tipo=linha["type"], efetivo_em=efetivo, valor=linha["value"], sistolica=linha["systolic"],
        diastolica=linha["diastolic"], unidade=linha["unit"], texto=linha["valueText"], codigo=linha["code"], sistema=linha["codeSystem"],
        estado=linha["status"],
    )  # fmt: skip
    recurso = None if linha["recurso"] is None else de_json(linha["recurso"])
    return ObservacaoLocal(
        obs,
        _pessoa(linha),
        linha["marca"],
        linha["fhirResourceId"],
        linha["version_id"],
        recurso,
        linha["sincronizada"],
        linha["com_paciente"],
    )
