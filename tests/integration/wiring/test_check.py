"""The check-up against every source of the sandbox, and against copies that have drifted from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.fusion.checkup.report import Finding, Report
from include.fusion.checkup.source_schema import tables_of
from include.fusion.hl7.wire.transport import HttpTransport
from include.fusion.reading.statements import statement_path, statement_text
from include.fusion.reading.words import kind_in_words
from include.fusion.settings.registry import systems
from include.fusion.wiring.check import check_installation, stored_report
from include.fusion.wiring.systems import system_named
from sandbox.postgres import Postgres
from tests.harness import Harness
from tests.readers import Reader, read_only


def checked(b: Harness, **options: Any) -> Report:
    b.runtime = b.build()
    return check_installation(b.runtime, lambda: HttpTransport(b.client(), "/api/HL7/1"), **options)


def failures(report: Report) -> list[Finding]:
    return [f for area in report.areas for f in area.findings if f.state == "falha"]


@pytest.fixture
def reader(postgres: Postgres, tmp_path: Path) -> Iterator[Reader]:
    b = Harness(postgres, tmp_path, "esus_ab", 20)
    with read_only(b) as reader:
        yield reader
    b.close()


@pytest.mark.parametrize("system", systems())
def test_all_of_a_sandbox_source_travels(postgres: Postgres, tmp_path: Path, system: str) -> None:
    b = Harness(postgres, tmp_path, system, 10)
    report = checked(b)
    assert (report.exit_code, failures(report)) == (0, []), report.as_json()
    b.close()


@pytest.mark.parametrize("system", [name for name in systems() if system_named(name).readings])
def test_a_drifted_copy_of_each_source_says_what_will_not_travel(postgres: Postgres, tmp_path: Path, system: str) -> None:
    b = Harness(postgres, tmp_path, system, 10)
    with read_only(b) as reader:
        detail = system_named(system).readings[0].details[-1]
        table = tables_of(statement_text(statement_path(system, detail.files[0][0], None)))[-1]
        name, kind = table.rsplit(".", 1)[-1].lower(), kind_in_words(detail.nome).capitalize()
        reader.revoke(table)
        assert f"GRANT SELECT ON {table} TO {reader.role};" in "".join(a.attached for a in checked(b).areas)
        reader.admin(f"grant select on {table} to {reader.role}; alter table {table} rename to {name}_2")
        gone = next(f for f in failures(checked(b)) if f.title.startswith(f"{kind}: este tipo de dado não vai trafegar"))
        assert name in gone.text.lower()
    b.close()


def test_a_renamed_column_is_named_with_the_kind_that_will_not_travel(reader: Reader) -> None:
    reader.admin("alter table tb_medicao rename column nu_medicao_peso to nu_peso")
    report = checked(reader.harness)
    (found,) = failures(report)
    assert report.exit_code == 1 and found.title.startswith("Medições e sinais vitais: este tipo de dado não vai trafegar")
    assert "nu_medicao_peso não existe" in found.text


def test_a_dropped_table_is_named(reader: Reader) -> None:
    reader.admin("drop table tb_alergia cascade")
    (found,) = failures(checked(reader.harness))
    assert found.title.startswith("Alergias: este") and "a tabela tb_alergia não existe" in found.text


def test_a_missing_grant_is_told_from_a_missing_table_with_the_statement_for_the_dba(reader: Reader) -> None:
    reader.revoke("tb_alergia")
    reader.revoke("tb_medicao")
    report = checked(reader.harness)
    texts = {f.title.split(":")[0]: f.text for f in failures(report)}
    assert "sem permissão para ler tb_alergia." in texts["Alergias"]
    assert "sem permissão para ler tb_medicao (" in texts["Medições e sinais vitais"]
    (area,) = (a for a in report.areas if a.name.startswith("Permissões"))
    assert area.attached.splitlines() == [f"GRANT SELECT ON {t} TO {reader.role};" for t in ("tb_medicao", "tb_alergia")]


def test_what_was_readable_and_is_gone_comes_first_until_somebody_accepts_it(reader: Reader) -> None:
    assert checked(reader.harness).exit_code == 0
    reader.revoke("tb_alergia")
    report = checked(reader.harness)
    assert report.areas[0].name == "O que se perdeu" and report.areas[0].findings[0].title == "Alergias: era lido e não é mais"
    assert checked(reader.harness).areas[0].name == "O que se perdeu"
    checked(reader.harness, accept_losses=True)
    assert checked(reader.harness).areas[0].name == "Conexões"


def test_a_source_that_does_not_answer_could_not_be_checked(reader: Reader) -> None:
    reader.harness.dsn["origem"] = reader.harness.dsn["origem"].replace(":x@", ":wrong@")
    report = checked(reader.harness)
    assert report.exit_code == 2
    assert [f.title for a in report.areas for f in a.findings if f.state == "incerto"] == ["Origem: não respondeu"]


def test_a_fusion_that_is_down_could_not_be_checked(reader: Reader) -> None:
    reader.harness.server.falhas(parcela_500=1)
    assert {f.state for a in checked(reader.harness).areas if a.name == "Destino" for f in a.findings} == {"incerto"}


def test_the_last_report_is_kept_and_has_no_patient(reader: Reader) -> None:
    report = checked(reader.harness)
    kept = stored_report(reader.harness.runtime.fusion, "esus_ab")
    assert kept is not None and kept.as_json() == report.as_json()
    names = [n for (n,) in reader.harness.origem("select no_cidadao from tb_cidadao")]
    assert names and not [n for n in names if n in report.as_json()]


def test_a_checkup_writes_nothing_to_source_or_fusion(reader: Reader) -> None:
    checked(reader.harness)
    assert reader.harness.fusion("select count(*) from registro") == [(0,)]


def test_a_code_of_the_sites_own_comes_with_a_yaml_to_fill_in(reader: Reader) -> None:
    reader.admin("update tb_cidadao set no_sexo = 'NB'")
    report = checked(reader.harness)
    (area,) = (a for a in report.areas if a.name == "De/Para")
    assert report.exit_code == 1 and area.findings[0].title == "sexo: 1 códigos sem palavra"
    assert area.table[1][:2] == ["sexo", "NB"] and '# "NB":' in area.attached
