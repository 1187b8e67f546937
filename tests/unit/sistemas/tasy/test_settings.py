"""Tasy's settings: the old service's file, and the database of its own that it calls Integrador."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.fusion.settings import Integracao, load, obtain
from include.fusion.settings.legacy.appsettings import Imported, import_settings
from include.fusion.settings.legacy.as_yaml import as_yaml
from include.fusion.settings.legacy.dotnet_json import read_json
from include.fusion.sistemas.tasy.settings import Tasy
from include.fusion.wiring.names import Runtime
from tests.plain_settings import as_data, from_data

TASY = """{
  "ConnectionStrings": {
    "Tasy": "Data Source=tasy-ora:1521/TASYPRD;User Id=TASY;Password=Ta5enha",
    "Fusion": "Server=sql01;Database=Fusion;User Id=fusion;Password=F0culta",
    "Integrador": "Server=sql02;Database=Integrador;User Id=integ;Password=In7eg"
  },
  "%s": {"Intervalo": "00:00:15", "Habilitado": true, "MaxRecords": 700},
  "BuscarInformacoesAtendimentos": {"Interval": "00:00:08", "MaxRecords": 300, "IntegracaoID": 7, "LayoutID": 12},
  "GerarPendenciaAtualizacaoPacientes": {"Habilitado": false, "Interval": "00:00:05"},
  "IntegrarPendenciaAtualizacaoPacientes": {"MaxRecords": 50}
}"""


def read(section: str = "BuscarAendimentosImportar") -> Imported:
    return import_settings(read_json(TASY % section, "appsettings.json"))


def entry(read_item: Imported, folder: Path) -> Integracao:
    (folder / "novo.yaml").write_text(as_yaml(read_item, "America/Bahia"), encoding="utf-8")
    (integracao,) = load(folder / "novo.yaml")
    return integracao


@pytest.mark.parametrize("section", ["BuscarAendimentosImportar", "BuscarAtendimentosImportar", "BuscarAtendimentos"])
def test_the_old_file_becomes_an_entry_that_validates(tmp_path: Path, section: str) -> None:
    tasy = entry(read(section), tmp_path)
    assert isinstance(tasy, Tasy) and tasy.integracao_id == 7
    assert (tasy.buscar_atendimentos.intervalo.total_seconds(), tasy.buscar_atendimentos.pagina) == (15, 700)
    information = tasy.buscar_informacoes_atendimentos
    assert (information.intervalo.total_seconds(), information.max_records, information.layout_id) == (8, 300, 12)
    assert not tasy.gerar_pendencia_atualizacao_pacientes.habilitado
    assert tasy.integrar_pendencia_atualizacao_pacientes.max_records == 50


def test_the_integrador_of_the_old_file_is_a_connection_of_the_entry(tmp_path: Path) -> None:
    read_item = read()
    assert {i: c.host for i, c in read_item.conexoes.items()} == {"tasy": "tasy-ora", "fusion_db": "sql01", "integrador": "sql02"}
    assert entry(read_item, tmp_path).conexoes.database == "integrador"


def test_what_a_search_has_no_setting_for_is_named() -> None:
    assert any("GerarPendenciaAtualizacaoPacientes:Interval" in warning for warning in read().avisos)


@pytest.mark.parametrize("id", [i.id for i in load()])
def test_any_entry_keeps_its_queues_in_the_integrador_where_one_is_set(id: str) -> None:
    integracao = obtain(id)
    com = from_data(as_data(integracao) | {"conexoes": as_data(integracao)["conexoes"] | {"integrador": "outra"}})
    assert Runtime(integracao, lambda conn_id: conn_id).fusion == "fusion_db"
    assert Runtime(com, lambda conn_id: conn_id).fusion == "outra"


def test_one_integracao_id_may_live_in_two_databases(tmp_path: Path) -> None:
    one = as_yaml(read(), "America/Bahia")
    other = (
        one.replace("integracoes:\n", "")
        .replace("id: tasy", "id: sul")
        .replace("origem: tasy", "origem: sul")
        .replace(": integrador", ": sul")
    )
    (tmp_path / "duas.yaml").write_text(one.split("\n# Airflow")[0] + other.split("\n# Airflow")[0])
    assert [i.conexoes.database for i in load(tmp_path / "duas.yaml")] == ["integrador", "sul"]
