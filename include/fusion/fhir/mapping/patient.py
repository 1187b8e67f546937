"""Platform patient ↔ FHIR R4 Patient with CPF and CNS."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.config.model import Metadados
from include.fusion.model.types import Cns, Cpf

_V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_CPF: TypeAdapter[str] = TypeAdapter(Cpf)
_CNS: TypeAdapter[str] = TypeAdapter(Cns)
_NAMING = (
    "http://rnds.saude.gov.br/fhir/r4/NamingSystem/", "https://rnds-fhir.saude.gov.br/NamingSystem/", "https://saude.gov.br/fhir/sid/",
    "http://rnds-fhir.saude.gov.br/NamingSystem/",
)  # fmt: skip
"""Where identifier systems in circulation begin; ``cpf`` or ``cns`` follows."""
_GENERO = {
    "m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "unknown": "unknown", "i": "unknown",
    "masculino": "male", "feminino": "female", "outro": "other",
}  # fmt: skip


@dataclass(frozen=True)
class Paciente:
    """One patient of the platform; CPF and CNS as the platform keeps them, formatted or not."""

    id: str
    nome: str
    nome_social: str | None = None
    cpf: str | None = None
    cns: str | None = None
    nascimento: date | None = None
    genero: str | None = None
    telefone: str | None = None
    email: str | None = None


def _documento(campo: str, valor: str | None, tipo: TypeAdapter[str]) -> str | None:
    numeros = re.sub(r"[^0-9A-Za-z]", "", valor or "")
    if not numeros:
        return None
    try:
        return tipo.validate_python(numeros)
    except ValidationError:
        raise RegistroInvalido(campo, "dígitos verificadores não conferem") from None


def identificador(paciente: Paciente, meta: Metadados) -> tuple[str, str]:
    """System and value by which the server finds this person: CPF, else CNS, else the platform's own id."""
    if cpf := _documento("cpf", paciente.cpf, _CPF):
        return meta.cpf_system, cpf
    if cns := _documento("cns", paciente.cns, _CNS):
        return meta.cns_system, cns
    return meta.patient_system, paciente.id


def para_fhir(paciente: Paciente, meta: Metadados) -> dict[str, Any]:
    """R4 Patient; :class:`RegistroInvalido` for a CPF or CNS that is none."""
    if not paciente.nome.strip():
        raise RegistroInvalido("name", "paciente sem nome")
    cpf, cns = _documento("cpf", paciente.cpf, _CPF), _documento("cns", paciente.cns, _CNS)
    identificadores = [
        {"use": "official", "type": {"coding": [{"system": _V2_0203, "code": codigo}]}, "system": sistema, "value": valor}
        for codigo, sistema, valor in (("TAX", meta.cpf_system, cpf), ("HC", meta.cns_system, cns))
        if valor
    ]
    recurso: dict[str, Any] = {
        "resourceType": "Patient",
        "identifier": [*identificadores, {"use": "secondary", "system": meta.patient_system, "value": paciente.id}],
        "active": True,
        "name": [{"use": "official", "text": _limpo(paciente.nome)}],
        "gender": _GENERO.get((paciente.genero or "unknown").strip().lower(), "unknown"),
    }
    if paciente.nome_social and _limpo(paciente.nome_social):
        recurso["name"].append({"use": "usual", "text": _limpo(paciente.nome_social)})
    if paciente.nascimento is not None:
        recurso["birthDate"] = paciente.nascimento.isoformat()
    contatos = [
        {"system": sistema, "value": limpo}
        for sistema, valor in (("phone", paciente.telefone), ("email", paciente.email))
        if (limpo := _limpo(valor or ""))
    ]
    if contatos:
        recurso["telecom"] = contatos
    return recurso


def _limpo(texto: str) -> str:
    """Without control characters and double blanks, which a FHIR string must not have."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", texto).split())


def de_fhir(recurso: dict[str, Any], meta: Metadados, id: str = "") -> Paciente:
    """What the platform knows of a pulled Patient; identifiers under any system in circulation, wrong numbers left out."""
    try:
        nomes = recurso.get("name") or [{}]
        oficial = next((n for n in nomes if n.get("use") == "official"), nomes[0])
        social = next((n for n in nomes if n.get("use") in ("usual", "nickname") and n is not oficial), None)
        nascimento = str(recurso.get("birthDate", ""))
        return Paciente(
            id=id,
            nome=_nome(oficial),
            nome_social=None if social is None else _nome(social),
            cpf=_achar(recurso, "cpf", "TAX", meta.cpf_system, _CPF),
            cns=_achar(recurso, "cns", "HC", meta.cns_system, _CNS),
            nascimento=date.fromisoformat(nascimento) if len(nascimento) == 10 else None,
            genero=recurso.get("gender"),
            telefone=_contato(recurso, "phone"),
            email=_contato(recurso, "email"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RegistroInvalido("Patient", "estrutura fora do FHIR R4") from None


def _nome(nome: dict[str, Any]) -> str:
    return str(nome.get("text") or " ".join([*nome.get("given", []), *([nome["family"]] if nome.get("family") else [])]))


def _contato(recurso: dict[str, Any], sistema: str) -> str | None:
    return next((t.get("value") for t in recurso.get("telecom", []) if t.get("system") == sistema), None)


def _achar(recurso: dict[str, Any], nome: str, codigo: str, sistema: str, tipo: TypeAdapter[str]) -> str | None:
    sistemas = {sistema, *(f"{base}{nome}" for base in _NAMING)}
    for identificador in recurso.get("identifier", []):
        codigos = {c.get("code") for c in (identificador.get("type") or {}).get("coding", [])}
        if identificador.get("system") in sistemas or codigo in codigos:
            try:
                return _documento(nome, identificador.get("value"), tipo)
            except RegistroInvalido:
                continue
    return None


def mesclar(recurso: dict[str, Any], paciente: Paciente, meta: Metadados) -> dict[str, Any]:
    """The server's present version with the platform's data laid over it; what we do not know of (addresses, extensions, other
    identifiers and names) stays."""
    novo, depois = copy.deepcopy(recurso), para_fhir(paciente, meta)
    nossos = {i["system"] for i in depois["identifier"]}
    # The EHR's own entry under one of our systems stays unless its value is another.
    iguais = [
        i
        for i in novo.get("identifier", [])
        if (i.get("system"), i.get("value")) in {(n["system"], n["value"]) for n in depois["identifier"]}
    ]
    presentes = {i.get("system") for i in iguais}
    outros = [i for i in novo.get("identifier", []) if i.get("system") not in nossos]
    novo["identifier"] = [*iguais, *outros, *(i for i in depois["identifier"] if i["system"] not in presentes)]
    antes = de_fhir(recurso, meta)
    if antes.nome != depois["name"][0]["text"]:
        novo["name"] = [*depois["name"][:1], *(n for n in novo.get("name", []) if n.get("use") not in ("official", None))]
    if len(depois["name"]) > 1 and antes.nome_social != depois["name"][1]["text"]:
        novo["name"] = [*(n for n in novo.get("name", []) if n.get("use") != "usual"), depois["name"][1]]
    if depois["gender"] != "unknown":
        novo["gender"] = depois["gender"]
    if "birthDate" in depois:
        novo["birthDate"] = depois["birthDate"]
    for contato in depois.get("telecom", []):
        if _contato(novo, contato["system"]) != contato["value"]:
            novo["telecom"] = [*(t for t in novo.get("telecom", []) if t.get("system") != contato["system"]), contato]
    return novo
