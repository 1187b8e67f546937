"""Platform patient ↔ R4 Patient: CPF and CNS, names, what the EHR knows and we do not."""

from __future__ import annotations

from datetime import date

import fhirkit
import pytest

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping.patient import Paciente, de_fhir, identificador, mesclar, para_fhir
from include.fusion.fhir.mapping.validate import conferir, em_json
from sandbox.origens.pessoas import cns_de, cpf_de

META = Metadados()
CPF, CNS = cpf_de(123456780), cns_de(987654321)
PACIENTE = Paciente("p1", "Pessoa Inventada", "Nome Social", CPF, CNS, date(1980, 2, 29), "F", "71988887777", "p@exemplo.com.br")


def test_a_patient_is_valid_for_both_validators_and_comes_back_the_same() -> None:
    recurso = conferir(para_fhir(PACIENTE, META))
    assert fhirkit.validate(em_json(recurso)) == []
    volta = de_fhir(recurso, META, "p1")
    assert volta == Paciente(
        "p1", "Pessoa Inventada", "Nome Social", CPF, CNS, date(1980, 2, 29), "female", "71988887777", "p@exemplo.com.br"
    )


def test_documents_have_the_types_and_systems_of_rnds() -> None:
    entradas = {
        i["value"]: (i["system"], i.get("type", {}).get("coding", [{}])[0].get("code")) for i in para_fhir(PACIENTE, META)["identifier"]
    }
    assert entradas[CPF] == ("http://rnds.saude.gov.br/fhir/r4/NamingSystem/cpf", "TAX")
    assert entradas[CNS] == ("http://rnds.saude.gov.br/fhir/r4/NamingSystem/cns", "HC")


@pytest.mark.parametrize(
    ("cpf", "cns", "esperado"), [(CPF, CNS, CPF), (None, CNS, CNS), (None, None, "p1"), (f" {CPF[:3]}.{CPF[3:]}", None, CPF)]
)
def test_the_server_finds_the_person_by_the_best_document(cpf: str | None, cns: str | None, esperado: str) -> None:
    assert identificador(Paciente("p1", "X", cpf=cpf, cns=cns), META)[1] == esperado


def test_a_blank_contact_is_none() -> None:
    assert "telecom" not in conferir(para_fhir(Paciente("p1", "X", telefone=" ", email=""), META))


@pytest.mark.parametrize(("campo", "valor"), [("cpf", "11111111111"), ("cpf", "12345678900"), ("cns", "123"), ("cns", CNS[:-1] + "x")])
def test_a_wrong_document_is_refused_without_its_digits(campo: str, valor: str) -> None:
    with pytest.raises(RegistroInvalido) as visto:
        para_fhir(Paciente("p1", "X", **{campo: valor}), META)  # type: ignore[arg-type]
    assert visto.value.campo == campo and valor not in str(visto.value)


@pytest.mark.parametrize(
    "sistema", ["https://rnds-fhir.saude.gov.br/NamingSystem/cpf", "https://saude.gov.br/fhir/sid/cpf", "urn:qualquer"]
)
def test_a_cpf_is_found_under_any_system_in_circulation_or_by_its_type(sistema: str) -> None:
    entrada = {"system": sistema, "value": CPF, "type": {"coding": [{"code": "TAX"}]}}
    assert de_fhir({"resourceType": "Patient", "identifier": [entrada]}, META).cpf == CPF


def test_an_update_keeps_what_the_platform_does_not_know() -> None:
    atual = para_fhir(PACIENTE, META) | {"id": "9", "address": [{"city": "Salvador"}], "maritalStatus": {"text": "x"}}
    atual["identifier"].append({"system": "urn:prontuario", "value": "77"})
    novo = mesclar(atual, Paciente("p1", "Outro Nome", None, CPF, CNS), META)
    assert novo["address"] == atual["address"] and {"system": "urn:prontuario", "value": "77"} in novo["identifier"]
    assert [n["text"] for n in novo["name"]] == ["Outro Nome", "Nome Social"] and novo["birthDate"] == "1980-02-29"


def test_an_update_without_changes_changes_nothing() -> None:
    recurso = para_fhir(PACIENTE, META) | {"id": "9"}
    assert mesclar(recurso, PACIENTE, META) == recurso


@pytest.mark.parametrize(
    ("genero", "esperado"), [("Feminino", "female"), ("m", "male"), ("outro", "other"), (None, "unknown"), ("?", "unknown")]
)
def test_a_gender_is_understood_as_people_write_it(genero: str | None, esperado: str) -> None:
    assert para_fhir(Paciente("p1", "X", genero=genero), META)["gender"] == esperado
