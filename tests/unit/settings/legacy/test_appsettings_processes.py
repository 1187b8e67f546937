"""The old services of MV and Skymed: processes with settings of their own, and an Oracle source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.fusion.cli.settings import main
from include.fusion.settings import Integracao, installed, load
from include.fusion.settings.legacy.appsettings import Imported, import_settings
from include.fusion.settings.legacy.as_yaml import as_yaml
from include.fusion.settings.legacy.dotnet_json import read_json
from include.fusion.settings.legacy.services import LEGACY
from include.fusion.settings.registry import settings_class
from include.fusion.sistemas.mv.settings import Mv
from include.fusion.sistemas.skymed.settings import Skymed

TNS = (
    "(DESCRIPTION = (ADDRESS = (PROTOCOL = TCP)(HOST = mv-ora)(PORT = 1522)) (CONNECT_DATA = (SERVER = DEDICATED) (SERVICE_NAME = MVPRD)))"
)
RAC = "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=a)(PORT=1))(ADDRESS=(PROTOCOL=TCP)(HOST=b)(PORT=1))(CONNECT_DATA=(SERVICE_NAME=MV)))"

MV = f"""{{
  "Serilog": {{"MinimumLevel": "Information"}},
  "ConnectionStrings": {{
    "MV": "Data Source={TNS};User Id=leitura;Password=Mv5enha",
    "Fusion": "Server=sql01;Database=Fusion;User Id=fusion;Password=F0culta"
  }},
  "CargaInicial": {{"Habilitado": false, "IdIntegracao": 4, "IdLayout": 9}},
  "AtualizacaoFilaPendencias": {{"Intervalo": "00:00:30", "Habilitado": true, "IdIntegracao": 4}},
  "BuscaAtendimentosPaciente": {{"Intervalo": "00:00:05", "Habilitado": true, "IdIntegracao": 4}},
  "BuscaAtualizacoesPaciente": {{"Habilitado": false}},
  "ProcessamentoPendenciaAberturaWorker": {{"Interval": "00:00:05", "Enabled": "true", "IntegracaoID": "4", "LayoutID": 11, "MaxRecords": 300}},
  "ProcessamentoPendenciaAlta": {{"Intervalo": "00:00:10", "Habilitado": true, "Id Integração": 4, "Id Layout": 12, "Senha": "Mv0utra"}},
  "Processamento_Pendência_Troca_Leito": {{"Habilitado": true}},
  "ProcessamentoPendenciaUti": {{"Intervalo": "00:01:00", "IdLayout": 0}},
  "ProcessamentoPendenciaAtualizacaoPaciente": {{"MaxRecords": 50}},
  "UrlApiFusion": "http://fusion:5000"
}}"""

SKYMED = """{
  "ConnectionStrings": {
    "FusionIntegracao": "Data Source=mv-ora:1521/MVPRD;User Id=FUSION_INTEGRACAO;Password=Sk5enha",
    "Fusion": "Data Source=ora02:1521/FUSION;User Id=FUSION;Password=F0culta"
  },
  "ImportarPendencias": {"Intervalo": "00:00:07", "Habilitado": true, "IdIntegracao": 44, "MaxRecords": 200}
}"""


def read(text: str, system: str | None = None) -> Imported:
    return import_settings(read_json(text, "appsettings.json"), system)


def entry(read_item: Imported, folder: Path) -> Integracao:
    (folder / "novo.yaml").write_text(as_yaml(read_item, "America/Bahia"), encoding="utf-8")
    (integracao,) = load(folder / "novo.yaml")
    return integracao


def warnings(read_item: Imported, stretch: str) -> list[str]:
    return [warning for warning in read_item.avisos if stretch in warning]


def test_mv_becomes_an_entry_that_validates(tmp_path: Path) -> None:
    mv = entry(read(MV), tmp_path)
    assert isinstance(mv, Mv)
    assert (mv.integracao_id, mv.conexoes.origem, mv.atualizacao_fila_pendencias.intervalo.total_seconds()) == (4, "mv", 30)
    abertura, alta = mv.processamento_pendencia_abertura, mv.processamento_pendencia_alta
    assert (abertura.habilitado, abertura.intervalo.total_seconds(), abertura.layout_id, abertura.max_records) == (True, 5, 11, 300)
    assert (alta.intervalo.total_seconds(), alta.layout_id) == (10, 12)
    assert mv.processamento_pendencia_uti.intervalo.total_seconds() == 60 and mv.processamento_pendencia_uti.layout_id is None
    assert mv.processamento_pendencia_atualizacao_paciente.max_records == 50
    assert mv.busca_atendimentos_paciente.habilitado and not mv.busca_atualizacoes_paciente.habilitado
    assert mv.carga_inicial and not mv.carga_inicial.habilitado


def test_skymed_becomes_an_entry_that_validates(tmp_path: Path) -> None:
    read_item = read(SKYMED)
    skymed = entry(read_item, tmp_path)
    assert isinstance(skymed, Skymed)
    importacao = skymed.importar_pendencias
    assert (skymed.integracao_id, importacao.intervalo.total_seconds(), importacao.max_records) == (44, 7, 200)
    # FUSION_INTEGRACAO is a schema of MV, whatever the connection is called.
    assert read_item.conexoes["skymed"].host == "mv-ora" and read_item.conexoes["fusion_db"].host == "ora02"
    assert warnings(read_item, "FusionIntegracao: user FUSION_INTEGRACAO owns tables")


def test_skymed_without_a_database_means_that_of_mv(tmp_path: Path) -> None:
    read_item = read('{"Skymed": {"Intervalo": "00:00:05", "IdIntegracao": 44}}')
    assert entry(read_item, tmp_path).conexoes.origem == "mv" and warnings(read_item, "no source database in the file")


def test_whole_command_for_mv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(MV, encoding="utf-8")
    options = ["--integracao", "norte", "--fuso", "America/Bahia", "--saida", str(tmp_path / "novo.yaml")]
    assert main(["import-appsettings", str(tmp_path / "a.json"), *options]) == 0
    (integracao,) = installed(Mv, tmp_path / "novo.yaml")
    assert (integracao.id, integracao.conexoes.origem) == ("norte", "norte")
    output = (tmp_path / "novo.yaml").read_text() + "".join(capsys.readouterr())
    assert not [s for s in ("Mv5enha", "Mv0utra", "F0culta") if s in output]


def test_nothing_of_mv_is_dropped_silently() -> None:
    (sem_lugar,), (unknown,) = warnings(read(MV), "processes do not have"), warnings(read(MV), "unknown keys")
    assert sem_lugar.endswith(": BuscaAtendimentosPaciente:Intervalo")
    assert unknown.endswith(": ProcessamentoPendenciaAlta:Senha (secret, value not shown)")
    assert warnings(read(MV), "ProcessamentoPendenciaUti:IdLayout: not the number of a layout")


def test_process_with_a_number_of_its_own_keeps_it(tmp_path: Path) -> None:
    read_item = read(
        '{"BuscaAtendimentosPaciente": {"IdIntegracao": 9}, "ProcessamentoPendenciaAlta": {"IdIntegracao": 4},'
        ' "ProcessamentoPendenciaUti": {"IdIntegracao": 5}}'
    )
    mv = entry(read_item, tmp_path)
    assert isinstance(mv, Mv) and (mv.integracao_id, mv.processamento_pendencia_uti.integracao_id) == (4, 5)
    assert mv.processamento_pendencia_alta.integracao_id is None and mv.numbers == {4, 5}
    assert warnings(read_item, "differs from the entry's 4, and nothing is delivered under it: 9 in BuscaAtendimentosPaciente:IdIntegracao")


def test_setting_outside_a_process_of_mv_is_nobodys() -> None:
    read_item = read('{"MaxRecords": 5, "IntegracaoID": 4, "ProcessamentoPendenciaAlta": {"Habilitado": true}}')
    assert read_item.parameters == {"IntegracaoID": 4, "processamento_pendencia_alta.habilitado": True}
    assert warnings(read_item, "MaxRecords (outside a process section)")


def test_section_without_a_setting_of_ours_still_stands_in_the_entry(tmp_path: Path) -> None:
    read_item = read('{"Mv": {"CargaInicial": {"IdIntegracao": 4}}}')
    integracao = entry(read_item, tmp_path)
    assert isinstance(integracao, Mv) and integracao.carga_inicial


def test_section_of_another_service_is_kept_and_says_how_to_import_it() -> None:
    read_item = read(SKYMED.replace("{", '{"ProcessamentoPendenciaUti": {"IdIntegracao": 4},', 1))
    assert read_item.sistema == "mv" and read_item.parameters == {"IntegracaoID": 4}
    assert warnings(
        read_item, "ImportarPendencias: process of Skymed, not part of this entry (import the file once more with --sistema skymed)"
    )
    assert "#   ImportarPendencias:MaxRecords: 200" in as_yaml(read_item)


@pytest.mark.parametrize(
    ("data", "sistema"),
    [
        ({"Worker": {"BuscaAtendimentosPaciente": {"Interval": "00:00:05"}}}, "mv"),
        ({"Integracao": {"PROCESSAMENTOPENDENCIAUTI": {"Interval": "00:00:05"}}}, "mv"),
        ({"ConnectionStrings": {"MvConnection": "x"}, "CargaInicial": {"Habilitado": True}}, "mv"),
        ({"ConnectionStrings": {"MV": "x"}, "Interval": "00:00:05"}, None),
        ({"ConnectionStrings": {"MV": "x"}, "SkymedSettings": {"Interval": "00:00:05"}}, "skymed"),
        ({"ImportarPendenciasWorker": {"Interval": "00:00:05"}}, "skymed"),
        ({"CargaInicial": {"Habilitado": True}}, None),
        ({"PendenciaBuscaPaciente": {"Interval": "00:00:05"}, "CargaInicialPacientes": {}}, "trackcare"),
        ({"ConnectionStrings": {"Sotech": "x"}}, "sotech"),
        ({"Carga": {"Interval": "00:01:00"}, "Integracao": {"Interval": "00:00:05"}}, "sotech"),
        ({"Integracao": {"Codigo": 1}}, None),
    ],
)
def test_system_is_guessed_from_names(data: dict[str, Any], sistema: str | None) -> None:
    assert import_settings(data).sistema == sistema


@pytest.mark.parametrize(
    ("server", "uri"),
    [
        ("mv-ora:1521/MVPRD", "oracle://u:p%40%2F%23@mv-ora:1521/?service_name=MVPRD"),
        (TNS, "oracle://u:p%40%2F%23@mv-ora:1522/?service_name=MVPRD"),
    ],
)
def test_oracle_source_becomes_a_connection_that_airflow_reads(server: str, uri: str) -> None:
    from airflow.sdk import Connection

    connection = read(json.dumps({"ConnectionStrings": {"MV": f"Data Source={server};User Id=u;Password=p@/#"}}), "mv").conexoes["mv"]
    assert connection.uri(show_secrets=True) == uri
    read_row = Connection.from_uri(uri, conn_id="mv")
    # A schema would become the session's CURRENT_SCHEMA (docs/oracle.md).
    assert (read_row.conn_type, read_row.password, read_row.schema or "", read_row.extra_dejson) == (
        "oracle",
        "p@/#",
        "",
        {"service_name": "MVPRD"},
    )


def test_oracle_source_of_several_addresses_keeps_its_descriptor() -> None:
    from airflow.sdk import Connection

    connection = read(json.dumps({"ConnectionStrings": {"MV": f"Data Source={RAC};User Id=u;Password=p"}}), "mv").conexoes["mv"]
    read_row = Connection.from_uri(connection.uri(show_secrets=True), conn_id="mv")
    assert (read_row.host or "", read_row.login, read_row.extra_dejson) == ("", "u", {"dsn": RAC})


@pytest.mark.parametrize("sistema", LEGACY)
def test_every_section_and_key_is_one_of_the_settings(sistema: str, tmp_path: Path) -> None:
    values = {"habilitado": True, "MaxRecords": 7, "LayoutID": 8, "IntegracaoID": 9}
    read_item = Imported(sistema, sistema, {"IntegracaoID": 1})
    for section in LEGACY[sistema].sections:
        read_item.parameters |= {f"{section.nome}.{key}": values.get(key, "00:00:09") for key in section.keys}
    assert type(entry(read_item, tmp_path)) is settings_class(sistema)
    write_request = yaml.safe_load(as_yaml(read_item, "America/Bahia"))["integracoes"][0]
    writes = {f"{section.nome}.{key}" for section in LEGACY[sistema].sections for key in write_request[section.nome]}
    assert {"IntegracaoID", *writes} == {*read_item.parameters}
