"""The only place where these tests know names of the engine: one small function for each kind of thing that is sent.

What each returns is plain JSON data without any value of a record: hashes, and keys of the source.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine, text

from include.fusion.errors import FusionHubError
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping import observation as observation
from include.fusion.fhir.mapping import patient as paciente
from include.fusion.fhir.mapping.validate import as_json, from_json
from include.fusion.fhir.platform import repository as repository
from include.fusion.fhir.platform.migrate import migrate_platform
from include.fusion.model.content import Record, package
from include.fusion.sistemas.trackcare.system import VisitState
from include.fusion.wiring.names import Runtime
from tests.plain_settings import from_data
from tests.unit.model.recorded.recorded import Rows, digest

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUBJECT = "Patient/1"
_NOW = re.compile(rb'(?<="dataRegistro":")[^"]+')


def content(entity: str, settings: Mapping[str, Any], rows: Rows) -> Any:
    """What is sent of one record, as hashes; ``None`` when it is refused."""
    try:
        made: Callable[[str, Mapping[str, Any], Rows], Any] = _KINDS.get(entity, _body)
        return made(entity, settings, rows)
    except (FusionHubError, ValidationError):
        return None


def reader(settings: Mapping[str, Any], entity: str, engine: Any = None) -> Any:
    """The reader of one kind of record, put together as a task does it; it maps without a database."""
    return Runtime(from_data(dict(settings)), lambda _: engine).reader_for(entity)


def capturing(settings: Mapping[str, Any], entity: str, engine: Any) -> Callable[[list[str]], dict[str, Any]]:
    """What reads keys → their rows, grouped as the mapping gets them."""
    found = reader(settings, entity, engine)
    found.reading = replace(found.reading, map_record=lambda rows, _: rows)
    return found.read


def _mapped(entity: str, settings: Mapping[str, Any], rows: Rows) -> Any:
    found = reader(settings, entity)
    return found.reading.map_record(rows, found.context)


def _sha256(sent: bytes) -> str:
    return hashlib.sha256(sent).hexdigest()


def _body(entity: str, settings: Mapping[str, Any], rows: Rows) -> dict[str, str]:
    """A record as JSON: the content hash that the ledger keeps, and the hash of the text that travels."""
    body, version = package(_mapped(entity, settings, rows))
    return {"content": version, "text": _sha256(body)}


def _pendency(entity: str, settings: Mapping[str, Any], rows: Rows) -> str:
    """The pendency that a journal row makes, but for the moment at which it is registered."""
    key = str(rows["diario"][0]["chave"])
    made: Any = Runtime(from_data(dict(settings)), lambda _: None).reader.read([key])[key]
    return _sha256(_NOW.sub(b"", package(made)[0]))


def _messages(entity: str, settings: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """All there is to say of a patient: each item's name and content hash, its first message's control id and hash; then a digest of the
    messages that follow when Fusion knows of each item, with another content of the same beginning, and with quite another."""
    plan = _mapped(entity, settings, rows)
    items = [[item.entidade, item.versao, *_message(item, VisitState(1, MOMENT))] if item.ativo else [item.entidade] for item in plan.items]
    later = [
        _message(item, VisitState(2, MOMENT, True, before, known=True))
        for item in plan.items
        for before in (item.versao[:32].ljust(64, "0"), "0" * 64)
    ]
    return {"items": items, "later": digest(later), "refused": len(plan.refusals)}


def _message(item: Any, state: VisitState) -> list[str]:
    try:
        message = item.build(state)
    except FusionHubError:
        return ["refused"]
    return [message.controle, _sha256(message.body)]


def _observation(entity: str, settings: Mapping[str, Any], rows: Rows) -> str:
    local, meta = repository._local(rows["platform"][0]), SyncSettings(**settings)
    if local.recurso is None:
        return _sha256(as_json(observation.to_fhir(local.obs, SUBJECT, meta)))
    return _sha256(as_json(observation.merge(local.recurso, local.obs, SUBJECT, meta)))


def _patient(entity: str, settings: Mapping[str, Any], rows: Rows) -> str:
    row, meta = rows["platform"][0], SyncSettings(**settings)
    person = repository._person(row).paciente
    if row["recurso"] is None:
        return _sha256(as_json(paciente.to_fhir(person, meta)))
    return _sha256(as_json(paciente.merge(from_json(row["recurso"]), person, meta)))


_KINDS: dict[str, Callable[[str, Mapping[str, Any], Rows], Any]] = {
    "paciente_hl7": _messages, "aplicacao_pendencia": _pendency, "Observation": _observation, "Patient": _patient,
}  # fmt: skip
"""Entities that do not travel as the canonical model's JSON."""


def model_fields() -> dict[str, list[str]]:
    """Class of the canonical model → JSON names of its fields, in the order in which they travel."""
    return {model.__name__: [field.serialization_alias for field in model.model_fields.values()] for model in _models(Record)}


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        annotation.model_rebuild()
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    for argument in get_args(annotation):
        yield from _models(argument)


# -- the platform's database, for the recorder -------------------------------------------------------------------------------------------


def platform_tables(database: Engine) -> None:
    """The integration's own tables."""
    migrate_platform(database)


def observations(database: Engine, tenant: str) -> list[dict[str, Any]]:
    """Rows of a tenant's observations as the push reads them."""
    with database.connect() as con:
        keys = con.execute(text("select id from observations order by id")).scalars().all()
        rows = con.execute(text(repository._READ), {"tenant": tenant, "ids": keys}).mappings()
        return sorted(map(dict, rows), key=lambda row: str(row["id"]))


def people(database: Engine) -> list[dict[str, Any]]:
    """Rows of patients as the push reads them."""
    with database.connect() as con:
        rows = con.execute(text(f'select p.id as "patientId", {repository._PERSON} from patients p order by p.id'))
        return [dict(row) for row in rows.mappings()]


def new_resource(entity: str, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the EHR has of a row once it was pushed, in plain JSON types; ``None`` when it is refused."""
    try:
        if entity == "Patient":
            return paciente.to_fhir(repository._person(row).paciente, SyncSettings())
        return json.loads(as_json(observation.to_fhir(repository._local(row).obs, SUBJECT, SyncSettings())))
    except FusionHubError:
        return None
