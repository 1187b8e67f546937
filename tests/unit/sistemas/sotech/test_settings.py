"""Sotech's settings, and what becomes of its old file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from include.fusion.errors import InvalidConfiguration
from include.fusion.settings import installed, load
from include.fusion.settings.legacy.appsettings import import_settings
from include.fusion.settings.legacy.as_yaml import as_yaml
from include.fusion.sistemas.sotech.settings import Sotech

OLD_VALUE = {
    "ConnectionStrings": {"SotechConnection": "Host=10.0.0.7;Port=5432;Database=is;Username=leitura;Password=S3nha"},
    "Carga": {"Interval": "00:01:00", "MaxRecords": 900, "Habilitado": True},
    "IntegracaoWorker": {"Interval": "00:00:07", "MaxRecords": 300, "IntegracaoID": 30},
}


def entry(text: str, folder: Path) -> Sotech:
    (folder / "novo.yaml").write_text(text)
    (integracao,) = installed(Sotech, folder / "novo.yaml")
    return integracao


def test_an_old_file_keeps_interval_and_records_of_both_processes(tmp_path: Path) -> None:
    read_row = entry(as_yaml(import_settings(OLD_VALUE), "America/Bahia"), tmp_path)
    assert (read_row.integracao_id, read_row.carga.intervalo, read_row.carga.pagina) == (30, timedelta(minutes=1), 900)
    assert (read_row.integracao.intervalo, read_row.integracao.max_records) == (timedelta(seconds=7), 300)


def test_its_connection_is_a_postgres_one() -> None:
    assert import_settings(OLD_VALUE).conexoes["sotech"].uri(show_secrets=True).startswith("postgres://leitura:S3nha@10.0.0.7:5432/is")


def test_the_load_has_no_keys_of_another(tmp_path: Path) -> None:
    text = as_yaml(import_settings(OLD_VALUE), "America/Bahia").replace("    integracao:", "    importacao: {}\n    integracao:")
    (tmp_path / "novo.yaml").write_text(text)
    with pytest.raises(InvalidConfiguration, match="importacao: unknown key"):
        load(tmp_path / "novo.yaml")


def test_everything_is_queued_where_nothing_was_seen_yet() -> None:
    assert installed(Sotech)[0].from_the_start
