"""What becomes of an old service's appsettings.json."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from include.fusion.cli.settings import main
from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import installed, load
from include.fusion.settings.legacy.appsettings import import_settings
from include.fusion.settings.legacy.as_yaml import as_yaml
from include.fusion.settings.legacy.dotnet_json import read_json
from include.fusion.sistemas.consulfarma.settings import Consulfarma
from include.fusion.sistemas.esus_ab.settings import EsusAb

CONSULFARMA = """\ufeff{
  // Serviço de integração Consulfarma
  "Logging": { "LogLevel": { "Default": "Information" } },
  "ConnectionStrings": {
    "ConsulfarmaConnection": "Server=tcp:SRV-SQL01,1433;Database=Consulfarma;User Id=leitura;Password=\\"S3gr:edo;1/@\\";Encrypt=True",
    "FusionConnection": "Data Source=ora01:1521/FUSION;User Id=FUSION;Password=Oculta#9"
  },
  "ServiceSettings": {
    "IntervaloCarga": "23:00:05",      /* a cada 23 h */
    "IntervaloImportacao": "00:00:05",
    "MaxRecords": 500,
    "IntegracaoID": 12,
  },
  "FusionApi": { "UrlBase": "https://fusion.hospital.local:8443", "Token": "T0ken-secreto" },
}"""

ESUS = """{
  "ConnectionStrings": {"eSusAB": "Host=10.0.0.9;Port=5433;Database=esus;Username=esus_leitura;Password=p%w d;SSL Mode=Require"},
  "ImportacaoWorker:Interval": "00:00:05",
  "ImportacaoWorker:MaxRecords": "100",
  "ImportacaoWorker": {"IntegracaoID": 65, "LayoutID": 7},
  "UrlApiFusion": "http://fusion:5000"
}"""

TRACKCARE = """{
  "ConnectionStrings": {"Origem": "Data Source=(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=track-ora)(PORT=1522))(CONNECT_DATA=(SERVICE_NAME=TRACK)));User Id=track;Password=Ta5enha"},
  "Processos": {
    "SincronizarPacientes": {"Intervalo": "00:00:10", "Habilitado": true, "IdIntegracao": 4, "Senha": "Ta0utra"},
    "CargaInicial": {"Habilitado": false}
  },
  "Interval": "00:00:30"
}"""


def read(text: str) -> Any:
    return import_settings(read_json(text, "appsettings.json"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "appsettings.json"
    path.write_text(CONSULFARMA, encoding="utf-8")
    return path


def test_consulfarma_becomes_an_entry_that_validates(file: Path, tmp_path: Path) -> None:
    output = tmp_path / "novo.yaml"
    options = ["--integracao", "norte", "--fuso", "America/Bahia", "--saida", str(output)]
    assert main(["import-appsettings", str(file), *options]) == 0
    (integracao,) = installed(Consulfarma, output)
    assert (integracao.id, integracao.conexoes.origem, integracao.integracao_id, integracao.importacao.max_records) == (
        "norte",
        "norte",
        12,
        500,
    )


def test_esus_becomes_an_entry_that_validates(tmp_path: Path) -> None:
    (tmp_path / "novo.yaml").write_text(as_yaml(read(ESUS), "America/Bahia"))
    (integracao,) = installed(EsusAb, tmp_path / "novo.yaml")
    assert (integracao.integracao_id, integracao.importacao.layout_id, integracao.importacao.max_records) == (65, 7, 100)


def test_what_the_old_file_does_not_say_must_be_filled_in(tmp_path: Path) -> None:
    (tmp_path / "novo.yaml").write_text(as_yaml(read(CONSULFARMA)))
    with pytest.raises(InvalidConfiguration, match="fuso_horario: expected text, found nothing"):
        load(tmp_path / "novo.yaml")


def test_connections_are_percent_encoded() -> None:
    connections = {name: connection.uri(show_secrets=True) for name, connection in read(CONSULFARMA).conexoes.items()}
    assert connections == {
        "consulfarma": "mssql://leitura:S3gr%3Aedo%3B1%2F%40@SRV-SQL01:1433/Consulfarma",
        "fusion_db": "oracle://FUSION:Oculta%239@ora01:1521/?service_name=FUSION",
        "fusion_api": "http://fusion.hospital.local:8443/https",
    }


def test_airflow_reads_the_uris_back() -> None:
    from airflow.sdk import Connection

    read_row = Connection.from_uri(read(ESUS).conexoes["esus_ab"].uri(show_secrets=True), conn_id="esus_ab")
    assert (read_row.conn_type, read_row.host, read_row.port, read_row.schema, read_row.login) == (
        "postgres",
        "10.0.0.9",
        5433,
        "esus",
        "esus_leitura",
    )
    assert read_row.password == "p%w d" and read_row.extra_dejson == {"sslmode": "require"}


@pytest.mark.parametrize("texto", [CONSULFARMA, ESUS, TRACKCARE])
def test_no_secret_is_shown_unless_asked(tmp_path: Path, texto: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(texto, encoding="utf-8")
    main(["import-appsettings", str(tmp_path / "a.json")])
    output = "".join(capsys.readouterr())
    assert not [s for s in ("S3gr", "edo", "Oculta", "T0ken", "p%w", "p%25w", "Ta5enha", "Ta0utra") if s in output] and "***" in output


def test_secrets_are_shown_when_asked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import-appsettings", str(file), "--mostrar-segredos"])
    assert "S3gr%3Aedo" in capsys.readouterr().out


def test_output_file_is_private_and_never_replaces_one(file: Path, tmp_path: Path) -> None:
    command = ["import-appsettings", str(file), "--saida", str(tmp_path / "novo.yaml")]
    assert [main(command), main(command)] == [0, 1]
    assert stat.S_IMODE((tmp_path / "novo.yaml").stat().st_mode) == 0o600


def test_processes_of_other_systems_are_kept_as_a_comment() -> None:
    read_item = import_settings(read_json(TRACKCARE, "appsettings.json"), "tasy")
    text = as_yaml(read_item)
    assert any(a.startswith("SincronizarPacientes: process of TrackCare, not part of this entry") for a in read_item.avisos)
    assert "#   Processos:SincronizarPacientes:IdIntegracao: 4" in text and "CargaInicial" in text


def test_every_key_of_an_unsupported_file_is_accounted_for() -> None:
    read_item = read(TRACKCARE)
    everything = as_yaml(read_item) + "\n".join(read_item.avisos)
    assert all(name in everything for name in ("Processos:CargaInicial:Habilitado", "Interval", "track-ora:1522", "service_name=TRACK"))


def test_unknown_keys_are_listed_without_secret_values() -> None:
    (warning,) = (a for a in read(CONSULFARMA).avisos if a.startswith("unknown keys"))
    assert warning == "unknown keys, not carried over: FusionApi:Token (secret, value not shown)"


def test_section_gives_a_short_name_its_meaning() -> None:
    read_item = import_settings(
        {"Consulfarma": {"CargaWorker": {"Intervalo": "12:00:00"}, "Importacao": {"Intervalo": "00:01", "Habilitado": False}}}
    )
    assert read_item.parameters == {
        "carga.IntervaloCarga": "12:00:00",
        "importacao.IntervaloImportacao": "00:01:00",
        "importacao.habilitado": False,
    }


def test_bare_number_in_a_text_is_days_and_says_so() -> None:
    read_item = import_settings({"IntervaloCarga": "1"})
    assert read_item.parameters == {"carga.IntervaloCarga": "1.00:00:00"} and "as days" in read_item.avisos[0]


@pytest.mark.parametrize("valor", [5000, "amanhã", None, "24:00:00"])
def test_interval_of_unclear_unit_is_left_to_be_filled_in(valor: Any) -> None:
    read_item = import_settings({"IntervaloCarga": valor})
    assert read_item.parameters == {"carga.IntervaloCarga": None} and "left to be filled in" in read_item.avisos[0]


def test_different_values_of_one_setting_are_reported() -> None:
    assert "more than once" in import_settings({"IntervaloCarga": "01:00:00", "B": {"IntervaloCarga": "02:00:00"}}).avisos[0]


def test_system_can_be_given_where_names_do_not_tell() -> None:
    assert import_settings({"MaxRecords": 5}).sistema is None
    assert import_settings({"MaxRecords": 5}, "esus_ab").parameters == {"importacao.MaxRecords": 5}


def test_comment_marks_inside_texts_stay() -> None:
    assert read_json('{"a": "http://x/*y*/,}", // c\n}', "a") == {"a": "http://x/*y*/,}"}


def test_keys_equal_but_for_case_are_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="appears twice"):
        read_json('{"A": 1, "a": 2}', "a")


@pytest.mark.parametrize("texto", ['{"a": ', "[]", "", json.dumps("x")])
def test_no_json_is_refused(texto: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"appsettings\.json"):
        read_json(texto, "appsettings.json")


def test_missing_file_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-appsettings", str(tmp_path / "nada.json")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["validar"], ["import-appsettings"]])
def test_help_has_an_example(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    assert "example: python -m include.fusion settings" in capsys.readouterr().out
