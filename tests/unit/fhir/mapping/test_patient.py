"""Platform patient ↔ R4 Patient: CPF and CNS, names, what the EHR knows and we do not."""

from __future__ import annotations

from datetime import date

import fhirkit
import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping.patient import Paciente, from_fhir, identifier, merge, to_fhir
from include.fusion.fhir.mapping.validate import as_json, check
from sandbox.origens.pessoas import cns_de, cpf_de

META = SyncSettings()
CPF, CNS = cpf_de(123456780), cns_de(987654321)
PACIENTE = Paciente("p1", "Pessoa Inventada", "Nome Social", CPF, CNS, date(1980, 2, 29), "F", "71988887777", "p@exemplo.com.br")


def test_a_patient_is_valid_for_both_validators_and_comes_back_the_same() -> None:
    resource = check(to_fhir(PACIENTE, META))
    assert fhirkit.validate(as_json(resource)) == []
    back = from_fhir(resource, META, "p1")
    assert back == Paciente(
        "p1", "Pessoa Inventada", "Nome Social", CPF, CNS, date(1980, 2, 29), "female", "71988887777", "p@exemplo.com.br"
    )


def test_documents_have_the_types_and_systems_of_rnds() -> None:
    entries = {
        i["value"]: (i["system"], i.get("type", {}).get("coding", [{}])[0].get("code")) for i in to_fhir(PACIENTE, META)["identifier"]
    }
    assert entries[CPF] == ("http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf", "TAX")
    assert entries[CNS] == ("http://rnds.saude.gov.br/fhir/r4/NamingSystem/cns", "HC")


@pytest.mark.parametrize(
    ("cpf", "cns", "expected"), [(CPF, CNS, CPF), (None, CNS, CNS), (None, None, "p1"), (f" {CPF[:3]}.{CPF[3:]}", None, CPF)]
)
def test_the_server_finds_the_person_by_the_best_document(cpf: str | None, cns: str | None, expected: str) -> None:
    assert identifier(Paciente("p1", "X", cpf=cpf, cns=cns), META)[1] == expected


def test_a_blank_contact_is_none() -> None:
    assert "telecom" not in check(to_fhir(Paciente("p1", "X", telefone=" ", email=""), META))


@pytest.mark.parametrize(("field", "valor"), [("cpf", "11111111111"), ("cpf", "12345678900"), ("cns", "123"), ("cns", CNS[:-1] + "x")])
def test_a_wrong_document_is_refused_without_its_digits(field: str, valor: str) -> None:
    with pytest.raises(InvalidRecord) as seen:
        to_fhir(Paciente("p1", "X", **{field: valor}), META)  # type: ignore[arg-type]
    assert seen.value.field == field and valor not in str(seen.value)


@pytest.mark.parametrize(
    "sistema", ["https://rnds-fhir.saude.gov.br/NamingSystem/cpf", "https://saude.gov.br/fhir/sid/cpf", "urn:qualquer"]
)
def test_a_cpf_is_found_under_any_system_in_circulation_or_by_its_type(sistema: str) -> None:
    entry = {"system": sistema, "value": CPF, "type": {"coding": [{"code": "TAX"}]}}
    assert from_fhir({"resourceType": "Patient", "identifier": [entry]}, META).cpf == CPF


def test_an_update_keeps_what_the_platform_does_not_know() -> None:
    current = to_fhir(PACIENTE, META) | {"id": "9", "address": [{"city": "Salvador"}], "maritalStatus": {"text": "x"}}
    current["identifier"].append({"system": "urn:prontuario", "value": "77"})
    new = merge(current, Paciente("p1", "Outro Nome", None, CPF, CNS), META)
    assert new["address"] == current["address"] and {"system": "urn:prontuario", "value": "77"} in new["identifier"]
    assert [n["text"] for n in new["name"]] == ["Outro Nome", "Nome Social"] and new["birthDate"] == "1980-02-29"


def test_an_update_without_changes_changes_nothing() -> None:
    resource = to_fhir(PACIENTE, META) | {"id": "9"}
    assert merge(resource, PACIENTE, META) == resource


@pytest.mark.parametrize(
    ("gender", "expected"), [("Feminino", "female"), ("m", "male"), ("outro", "other"), (None, "unknown"), ("?", "unknown")]
)
def test_a_gender_is_understood_as_people_write_it(gender: str | None, expected: str) -> None:
    assert to_fhir(Paciente("p1", "X", gender=gender), META)["gender"] == expected
