"""Sotech's settings, and what becomes of its old file."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings import carregar, instaladas
from include.fusion.settings.legacy.appsettings import importar
from include.fusion.settings.legacy.as_yaml import como_yaml
from include.fusion.sistemas.sotech.settings import Sotech

ANTIGO = {
    "ConnectionStrings": {"SotechConnection": "Host=10.0.0.7;Port=5432;Database=is;Username=leitura;Password=S3nha"},
    "Carga": {"Interval": "00:01:00", "MaxRecords": 900, "Habilitado": True},
    "IntegracaoWorker": {"Interval": "00:00:07", "MaxRecords": 300, "IntegracaoID": 30},
}


def entrada(texto: str, pasta: Path) -> Sotech:
    (pasta / "novo.yaml").write_text(texto)
    (integracao,) = instaladas(Sotech, pasta / "novo.yaml")
    return integracao


def test_an_old_file_keeps_interval_and_records_of_both_processes(tmp_path: Path) -> None:
    lida = entrada(como_yaml(importar(ANTIGO), "America/Bahia"), tmp_path)
    assert (lida.integracao_id, lida.carga.intervalo, lida.carga.pagina) == (30, timedelta(minutes=1), 900)
    assert (lida.integracao.intervalo, lida.integracao.max_records) == (timedelta(seconds=7), 300)


def test_its_connection_is_a_postgres_one() -> None:
    assert importar(ANTIGO).conexoes["sotech"].uri(mostrar_segredos=True).startswith("postgres://leitura:S3nha@10.0.0.7:5432/is")


def test_the_load_has_no_keys_of_another(tmp_path: Path) -> None:
    texto = como_yaml(importar(ANTIGO), "America/Bahia").replace("    integracao:", "    importacao: {}\n    integracao:")
    (tmp_path / "novo.yaml").write_text(texto)
    with pytest.raises(ConfiguracaoInvalida, match="importacao: unknown key"):
        carregar(tmp_path / "novo.yaml")


def test_everything_is_queued_where_nothing_was_seen_yet() -> None:
    assert instaladas(Sotech)[0].desde_o_inicio
