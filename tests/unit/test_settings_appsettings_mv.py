"""The old services of MV and Skymed: processes with settings of their own, and an Oracle source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from include.fusion.cli.settings import main
from include.fusion.settings import Integracao, carregar, instaladas
from include.fusion.settings.legacy.appsettings import Importado, importar
from include.fusion.settings.legacy.as_yaml import como_yaml
from include.fusion.settings.legacy.dotnet_json import ler_json
from include.fusion.settings.legacy.services import ANTIGOS
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


def ler(texto: str, sistema: str | None = None) -> Importado:
    return importar(ler_json(texto, "appsettings.json"), sistema)


def entrada(lido: Importado, pasta: Path) -> Integracao:
    (pasta / "novo.yaml").write_text(como_yaml(lido, "America/Bahia"), encoding="utf-8")
    (integracao,) = carregar(pasta / "novo.yaml")
    return integracao


def avisos(lido: Importado, trecho: str) -> list[str]:
    return [aviso for aviso in lido.avisos if trecho in aviso]


def test_mv_becomes_an_entry_that_validates(tmp_path: Path) -> None:
    mv = entrada(ler(MV), tmp_path)
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
    lido = ler(SKYMED)
    skymed = entrada(lido, tmp_path)
    assert isinstance(skymed, Skymed)
    importacao = skymed.importar_pendencias
    assert (skymed.integracao_id, importacao.intervalo.total_seconds(), importacao.max_records) == (44, 7, 200)
    # FUSION_INTEGRACAO is a schema of MV, whatever the connection is called.
    assert lido.conexoes["skymed"].host == "mv-ora" and lido.conexoes["fusion_db"].host == "ora02"
    assert avisos(lido, "FusionIntegracao: user FUSION_INTEGRACAO owns tables")


def test_skymed_without_a_database_means_that_of_mv(tmp_path: Path) -> None:
    lido = ler('{"Skymed": {"Intervalo": "00:00:05", "IdIntegracao": 44}}')
    assert entrada(lido, tmp_path).conexoes.origem == "mv" and avisos(lido, "no source database in the file")


def test_whole_command_for_mv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text(MV, encoding="utf-8")
    opcoes = ["--integracao", "norte", "--fuso", "America/Bahia", "--saida", str(tmp_path / "novo.yaml")]
    assert main(["import-appsettings", str(tmp_path / "a.json"), *opcoes]) == 0
    (integracao,) = instaladas(Mv, tmp_path / "novo.yaml")
    assert (integracao.id, integracao.conexoes.origem) == ("norte", "norte")
    saida = (tmp_path / "novo.yaml").read_text() + "".join(capsys.readouterr())
    assert not [s for s in ("Mv5enha", "Mv0utra", "F0culta") if s in saida]


def test_nothing_of_mv_is_dropped_silently() -> None:
    (sem_lugar,), (desconhecidas,) = avisos(ler(MV), "processes do not have"), avisos(ler(MV), "unknown keys")
    assert sem_lugar.endswith(": BuscaAtendimentosPaciente:Intervalo")
    assert desconhecidas.endswith(": ProcessamentoPendenciaAlta:Senha (secret, value not shown)")
    assert avisos(ler(MV), "ProcessamentoPendenciaUti:IdLayout: not the number of a layout")


def test_process_with_a_number_of_its_own_keeps_it(tmp_path: Path) -> None:
    lido = ler(
        '{"BuscaAtendimentosPaciente": {"IdIntegracao": 9}, "ProcessamentoPendenciaAlta": {"IdIntegracao": 4},'
        ' "ProcessamentoPendenciaUti": {"IdIntegracao": 5}}'
    )
    mv = entrada(lido, tmp_path)
    assert isinstance(mv, Mv) and (mv.integracao_id, mv.processamento_pendencia_uti.integracao_id) == (4, 5)
    assert mv.processamento_pendencia_alta.integracao_id is None and mv.numeros == {4, 5}
    assert avisos(lido, "differs from the entry's 4, and nothing is delivered under it: 9 in BuscaAtendimentosPaciente:IdIntegracao")


def test_setting_outside_a_process_of_mv_is_nobodys() -> None:
    lido = ler('{"MaxRecords": 5, "IntegracaoID": 4, "ProcessamentoPendenciaAlta": {"Habilitado": true}}')
    assert lido.parametros == {"IntegracaoID": 4, "processamento_pendencia_alta.habilitado": True}
    assert avisos(lido, "MaxRecords (outside a process section)")


def test_section_without_a_setting_of_ours_still_stands_in_the_entry(tmp_path: Path) -> None:
    lido = ler('{"Mv": {"CargaInicial": {"IdIntegracao": 4}}}')
    integracao = entrada(lido, tmp_path)
    assert isinstance(integracao, Mv) and integracao.carga_inicial


def test_section_of_another_service_is_kept_and_says_how_to_import_it() -> None:
    lido = ler(SKYMED.replace("{", '{"ProcessamentoPendenciaUti": {"IdIntegracao": 4},', 1))
    assert lido.sistema == "mv" and lido.parametros == {"IntegracaoID": 4}
    assert avisos(lido, "ImportarPendencias: process of Skymed, not part of this entry (import the file once more with --sistema skymed)")
    assert "#   ImportarPendencias:MaxRecords: 200" in como_yaml(lido)


@pytest.mark.parametrize(
    ("dados", "sistema"),
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
def test_system_is_guessed_from_names(dados: dict[str, Any], sistema: str | None) -> None:
    assert importar(dados).sistema == sistema


@pytest.mark.parametrize(
    ("servidor", "uri"),
    [
        ("mv-ora:1521/MVPRD", "oracle://u:p%40%2F%23@mv-ora:1521/?service_name=MVPRD"),
        (TNS, "oracle://u:p%40%2F%23@mv-ora:1522/?service_name=MVPRD"),
    ],
)
def test_oracle_source_becomes_a_connection_that_airflow_reads(servidor: str, uri: str) -> None:
    from airflow.sdk import Connection

    conexao = ler(json.dumps({"ConnectionStrings": {"MV": f"Data Source={servidor};User Id=u;Password=p@/#"}}), "mv").conexoes["mv"]
    assert conexao.uri(mostrar_segredos=True) == uri
    lida = Connection.from_uri(uri, conn_id="mv")
    # A schema would become the session's CURRENT_SCHEMA (docs/oracle.md).
    assert (lida.conn_type, lida.password, lida.schema or "", lida.extra_dejson) == ("oracle", "p@/#", "", {"service_name": "MVPRD"})


def test_oracle_source_of_several_addresses_keeps_its_descriptor() -> None:
    from airflow.sdk import Connection

    conexao = ler(json.dumps({"ConnectionStrings": {"MV": f"Data Source={RAC};User Id=u;Password=p"}}), "mv").conexoes["mv"]
    lida = Connection.from_uri(conexao.uri(mostrar_segredos=True), conn_id="mv")
    assert (lida.host or "", lida.login, lida.extra_dejson) == ("", "u", {"dsn": RAC})


@pytest.mark.parametrize("sistema", ANTIGOS)
def test_every_section_and_key_is_one_of_the_settings(sistema: str, tmp_path: Path) -> None:
    valores = {"habilitado": True, "MaxRecords": 7, "LayoutID": 8, "IntegracaoID": 9}
    lido = Importado(sistema, sistema, {"IntegracaoID": 1})
    for secao in ANTIGOS[sistema].secoes:
        lido.parametros |= {f"{secao.nome}.{chave}": valores.get(chave, "00:00:09") for chave in secao.chaves}
    assert isinstance(entrada(lido, tmp_path), settings_class(sistema))
    escrita = yaml.safe_load(como_yaml(lido, "America/Bahia"))["integracoes"][0]
    escritas = {f"{secao.nome}.{chave}" for secao in ANTIGOS[sistema].secoes for chave in escrita[secao.nome]}
    assert {"IntegracaoID", *escritas} == {*lido.parametros}
