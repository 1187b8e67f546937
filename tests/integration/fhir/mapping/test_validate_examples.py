"""HL7's own R4 examples: read, laid over themselves, and taken in by a pull. Fetched from the npm registry, never committed."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import fhirkit
import pytest

from include.fusion.errors import InvalidRecord
from include.fusion.fhir.config.model import SyncSettings
from include.fusion.fhir.mapping import observation, patient
from include.fusion.fhir.mapping.validate import as_json, check, from_json
from include.fusion.fhir.mapping.vital_signs import OTHER, SINAIS

PACKAGE = "hl7.fhir.r4.examples@4.0.1"
META = SyncSettings()


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Observations and Patients by file name."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"npm is not installed: {PACKAGE} cannot be fetched")
    folder: Path = tmp_path_factory.mktemp("hl7")
    done = subprocess.run([npm, "pack", PACKAGE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=120)
    files = list(folder.glob("*.tgz"))
    if done.returncode or not files:
        pytest.skip(f"the npm registry did not give {PACKAGE}: {done.stderr.strip()[-200:]}")
    read_items: dict[str, dict[str, Any]] = {}
    with tarfile.open(files[0]) as package:
        for membro in package:
            name = Path(membro.name).name
            content = package.extractfile(membro) if name.startswith(("Observation-", "Patient-")) else None
            resource = from_json(content.read()) if content else {}
            if resource.get("resourceType") in ("Observation", "Patient"):
                # As any server hands it out: with the moment of its last change.
                read_items[name] = {**resource, "meta": {**resource.get("meta", {}), "lastUpdated": "2026-01-02T03:04:05Z"}}
    assert len(read_items) > 80
    return read_items


def observations(examples: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {n: r for n, r in examples.items() if r["resourceType"] == "Observation"}


def test_every_observation_is_read_and_unchanged_stays_byte_for_byte(examples: dict[str, dict[str, Any]]) -> None:
    for name, resource in observations(examples).items():
        read_row = observation.from_fhir(resource, id=name)
        assert as_json(observation.merge(resource, read_row, "Patient/1", META)) == as_json(resource), name


def test_the_signs_among_them_go_back_as_they_came(examples: dict[str, dict[str, Any]]) -> None:
    read_rows = [observation.from_fhir(r, id=n) for n, r in observations(examples).items()]
    sinais = [
        read_row for read_row in read_rows if read_row.tipo != OTHER and (read_row.valor is not None or read_row.sistolica is not None)
    ]
    assert len({read_row.tipo for read_row in sinais}) >= 9 and {read_row.tipo for read_row in sinais} <= set(SINAIS)
    for read_row in sinais:
        back = observation.from_fhir(check(observation.to_fhir(read_row, "Patient/1", META)), id=read_row.id)
        assert (back.tipo, back.valor, back.sistolica, back.diastolica) == (
            read_row.tipo,
            read_row.valor,
            read_row.sistolica,
            read_row.diastolica,
        )
        assert back.efetivo_em == read_row.efetivo_em


def test_a_changed_value_leaves_a_valid_resource_with_all_else_in_place(examples: dict[str, dict[str, Any]]) -> None:
    from dataclasses import replace

    for name, resource in observations(examples).items():
        read_row = observation.from_fhir(resource, id=name)
        if read_row.tipo == OTHER or read_row.valor is None:
            continue
        new = observation.merge(resource, replace(read_row, valor=read_row.valor + 1), "Patient/1", META)
        assert fhirkit.validate(as_json(new)) == fhirkit.validate(as_json(resource)) == [], name
        assert set(resource) - set(new) <= {"interpretation", "dataAbsentReason"}, name


def test_every_patient_is_read_and_updated_into_a_valid_resource(examples: dict[str, dict[str, Any]]) -> None:
    done = 0
    for name, resource in examples.items():
        if resource["resourceType"] != "Patient":
            continue
        read_item = patient.from_fhir(resource, META, "p1")
        if not read_item.nome:
            with pytest.raises(InvalidRecord, match="sem nome"):
                patient.to_fhir(read_item, META)
            continue
        new = patient.merge(resource, read_item, META)
        assert fhirkit.validate(as_json(check(new))) == [], name
        assert {k: v for k, v in new.items() if k != "identifier"} == {k: v for k, v in resource.items() if k != "identifier"}, name
        done += 1
    assert done >= 10
