"""Platform patient ↔ FHIR R4 Patient with CPF and CNS."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.model.types import Cns, Cpf

_V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)
_NAMING = (
    "http://rnds.saude.gov.br/fhir/r4/NamingSystem/", "https://rnds-fhir.saude.gov.br/NamingSystem/", "https://saude.gov.br/fhir/sid/",
    "http://rnds-fhir.saude.gov.br/NamingSystem/",
)  # fmt: skip
"""Known starts of identifier systems; ``cpf`` or ``cns`` follows."""
_GENDER = {
    "m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "unknown": "unknown", "i": "unknown",
    "masculino": "male", "feminino": "female", "outro": "other",
}  # fmt: skip


@dataclass(frozen=True)
class Paciente:
    """One patient of the platform; CPF and CNS with or without format."""

    id: str
    nome: str
    nome_social: str | None = None
    cpf: str | None = None
    cns: str | None = None
    nascimento: date | None = None
    gender: str | None = None
    telefone: str | None = None
    email: str | None = None


def _document(field: str, value: str | None, kind: TypeAdapter[str]) -> str | None:
    numbers = re.sub(r"[^0-9A-Za-z]", "", value or "")
    if not numbers:
        return None
    try:
        return kind.validate_python(numbers)
    except ValidationError:
        raise InvalidRecord(field, "dígitos verificadores não conferem") from None


def identifier(paciente: Paciente, meta: SyncSettings) -> tuple[str, str]:
    """System and value to find this person: CPF, else CNS, else the platform's id."""
    if cpf := _document("cpf", paciente.cpf, _CPF):
        return meta.cpf_system, cpf
    if cns := _document("cns", paciente.cns, _CNS):
        return meta.cns_system, cns
    return meta.patient_system, paciente.id


def to_fhir(paciente: Paciente, meta: SyncSettings) -> dict[str, Any]:
    """R4 Patient. :raises InvalidRecord: wrong CPF or CNS, or no name."""
    if not paciente.nome.strip():
        raise InvalidRecord("name", "paciente sem nome")
    cpf, cns = _document("cpf", paciente.cpf, _CPF), _document("cns", paciente.cns, _CNS)
    identifiers = [
        {"use": "official", "type": {"coding": [{"system": _V2_0203, "code": code}]}, "system": system, "value": value}
        for code, system, value in (("TAX", meta.cpf_system, cpf), ("HC", meta.cns_system, cns))
        if value
    ]
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [*identifiers, {"use": "secondary", "system": meta.patient_system, "value": paciente.id}],
        "active": True,
        "name": [{"use": "official", "text": _clean(paciente.nome)}],
        "gender": _GENDER.get((paciente.gender or "unknown").strip().lower(), "unknown"),
    }
    if paciente.nome_social and _clean(paciente.nome_social):
        resource["name"].append({"use": "usual", "text": _clean(paciente.nome_social)})
    if paciente.nascimento is not None:
        resource["birthDate"] = paciente.nascimento.isoformat()
    pairs = (("phone", _clean(paciente.telefone or "")), ("email", _clean(paciente.email or "")))
    if contacts := [{"system": system, "value": value} for system, value in pairs if value]:
        resource["telecom"] = contacts
    return resource


def _clean(text: str) -> str:
    """Without control characters and double blanks: FHIR forbids them."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())


def from_fhir(resource: dict[str, Any], meta: SyncSettings, id: str = "") -> Paciente:
    """The platform's view of a pulled Patient. Identifiers of all known systems; wrong numbers are left out."""
    try:
        names = resource.get("name") or [{}]
        official = next((n for n in names if n.get("use") == "official"), names[0])
        social_name = next((n for n in names if n.get("use") in ("usual", "nickname") and n is not official), None)
        birth = str(resource.get("birthDate", ""))
        return Paciente(
            id=id,
            nome=_name(official),
            nome_social=None if social_name is None else _name(social_name),
            cpf=_find(resource, "cpf", "TAX", meta.cpf_system, _CPF),
            cns=_find(resource, "cns", "HC", meta.cns_system, _CNS),
            nascimento=date.fromisoformat(birth) if len(birth) == 10 else None,
            gender=resource.get("gender"),
            telefone=_contact(resource, "phone"),
            email=_contact(resource, "email"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InvalidRecord("Patient", "estrutura fora do FHIR R4") from None


def _name(name: dict[str, Any]) -> str:
    return str(name.get("text") or " ".join([*name.get("given", []), *([name["family"]] if name.get("family") else [])]))


def _contact(resource: dict[str, Any], system: str) -> str | None:
    return next((t.get("value") for t in resource.get("telecom", []) if t.get("system") == system), None)


def _find(resource: dict[str, Any], name: str, code: str, system: str, kind: TypeAdapter[str]) -> str | None:
    systems = {system, *(f"{base}{name}" for base in _NAMING)}
    for identifier in resource.get("identifier", []):
        codes = {c.get("code") for c in (identifier.get("type") or {}).get("coding", [])}
        if identifier.get("system") in systems or code in codes:
            try:
                return _document(name, identifier.get("value"), kind)
            except InvalidRecord:
                continue
    return None


def merge(resource: dict[str, Any], paciente: Paciente, meta: SyncSettings) -> dict[str, Any]:
    """The server's present version with the platform's data. Other data (addresses, extensions, other names) stays."""
    new, after = copy.deepcopy(resource), to_fhir(paciente, meta)
    ours = {i["system"] for i in after["identifier"]}
    # An entry of the EHR under one of our systems stays if it has our value.
    values = {(i["system"], i["value"]) for i in after["identifier"]}
    equal = [i for i in new.get("identifier", []) if (i.get("system"), i.get("value")) in values]
    present = {i.get("system") for i in equal}
    others = [i for i in new.get("identifier", []) if i.get("system") not in ours]
    new["identifier"] = [*equal, *others, *(i for i in after["identifier"] if i["system"] not in present)]
    before = from_fhir(resource, meta)
    if before.nome != after["name"][0]["text"]:
        new["name"] = [*after["name"][:1], *(n for n in new.get("name", []) if n.get("use") not in ("official", None))]
    if len(after["name"]) > 1 and before.nome_social != after["name"][1]["text"]:
        new["name"] = [*(n for n in new.get("name", []) if n.get("use") != "usual"), after["name"][1]]
    if after["gender"] != "unknown":
        new["gender"] = after["gender"]
    if "birthDate" in after:
        new["birthDate"] = after["birthDate"]
    for contact in after.get("telecom", []):
        if _contact(new, contact["system"]) != contact["value"]:
            new["telecom"] = [*(t for t in new.get("telecom", []) if t.get("system") != contact["system"]), contact]
    return new
