"""HL7's own R4 examples: read, laid over themselves, and taken in by a pull. Fetched from the npm registry, never committed."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import fhirkit
import pytest

from include.fusion.errors import RegistroInvalido
from include.fusion.fhir.config.model import Metadados
from include.fusion.fhir.mapping import observation, patient
from include.fusion.fhir.mapping.validate import conferir, de_json, em_json
from include.fusion.fhir.mapping.vital_signs import OUTRO, SINAIS

PACOTE = "hl7.fhir.r4.examples@4.0.1"
META = Metadados()


@pytest.fixture(scope="module")
def exemplos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Observations and Patients by file name."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed: {PACOTE} cannot be fetched")
    pasta: Path = tmp_path_factory.mktemp("hl7")
    feito = subprocess.run([npm, "pack", PACOTE, "--silent"], cwd=pasta, capture_output=True, text=True, timeout=120)
    arquivos = list(pasta.glob("*.tgz"))
    if feito.returncode or not arquivos:
        pytest.skip(f"the npm registry did not give {PACOTE}: {feito.stderr.strip()[-200:]}")
    lidos: dict[str, dict[str, Any]] = {}
    with tarfile.open(arquivos[0]) as pacote:
        for membro in pacote:
            nome = Path(membro.name).name
            conteudo = pacote.extractfile(membro) if nome.startswith(("Observation-", "Patient-")) else None
            recurso = de_json(conteudo.read()) if conteudo else {}
            if recurso.get("resourceType") in ("Observation", "Patient"):
                # As any server hands it out: with the moment of its last change.
                lidos[nome] = {**recurso, "meta": {**recurso.get("meta", {}), "lastUpdated": "2026-01-02T03:04:05Z"}}
    assert len(lidos) > 80
    return lidos


def observacoes(exemplos: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {n: r for n, r in exemplos.items() if r["resourceType"] == "Observation"}


def test_every_observation_is_read_and_unchanged_stays_byte_for_byte(exemplos: dict[str, dict[str, Any]]) -> None:
    for nome, recurso in observacoes(exemplos).items():
        lida = observation.de_fhir(recurso, id=nome)
        assert em_json(observation.mesclar(recurso, lida, "Patient/1", META)) == em_json(recurso), nome


def test_the_signs_among_them_go_back_as_they_came(exemplos: dict[str, dict[str, Any]]) -> None:
    lidas = [observation.de_fhir(r, id=n) for n, r in observacoes(exemplos).items()]
    sinais = [lida for lida in lidas if lida.tipo != OUTRO and (lida.valor is not None or lida.sistolica is not None)]
    assert len({lida.tipo for lida in sinais}) >= 9 and {lida.tipo for lida in sinais} <= set(SINAIS)
    for lida in sinais:
        volta = observation.de_fhir(conferir(observation.para_fhir(lida, "Patient/1", META)), id=lida.id)
        assert (volta.tipo, volta.valor, volta.sistolica, volta.diastolica) == (lida.tipo, lida.valor, lida.sistolica, lida.diastolica)
        assert volta.efetivo_em == lida.efetivo_em


def test_a_changed_value_leaves_a_valid_resource_with_all_else_in_place(exemplos: dict[str, dict[str, Any]]) -> None:
    from dataclasses import replace

    for nome, recurso in observacoes(exemplos).items():
        lida = observation.de_fhir(recurso, id=nome)
        if lida.tipo == OUTRO or lida.valor is None:
            continue
        novo = observation.mesclar(recurso, replace(lida, valor=lida.valor + 1), "Patient/1", META)
        assert fhirkit.validate(em_json(novo)) == fhirkit.validate(em_json(recurso)) == [], nome
        assert set(recurso) - set(novo) <= {"interpretation", "dataAbsentReason"}, nome


def test_every_patient_is_read_and_updated_into_a_valid_resource(exemplos: dict[str, dict[str, Any]]) -> None:
    feitos = 0
    for nome, recurso in exemplos.items():
        if recurso["resourceType"] != "Patient":
            continue
        lido = patient.de_fhir(recurso, META, "p1")
        if not lido.nome:
            with pytest.raises(RegistroInvalido, match="sem nome"):
                patient.para_fhir(lido, META)
            continue
        novo = patient.mesclar(recurso, lido, META)
        assert fhirkit.validate(em_json(conferir(novo))) == [], nome
        assert {k: v for k, v in novo.items() if k != "identifier"} == {k: v for k, v in recurso.items() if k != "identifier"}, nome
        feitos += 1
    assert feitos >= 10
