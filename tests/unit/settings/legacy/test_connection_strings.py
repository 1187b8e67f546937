"""Connection strings of the four vendors' providers."""

from __future__ import annotations

import pytest

from include.fusion.settings.legacy.connection_strings import ConnectionData, database_connection, http_connection, mask

TNS = (
    "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=a)(PORT=1))(ADDRESS=(PROTOCOL=TCP)(HOST=b)(PORT=1)))"
    "(CONNECT_DATA=(SERVICE_NAME=T)))"
)


def database(text: str) -> ConnectionData:
    connection = database_connection(text)
    assert connection
    return connection


@pytest.mark.parametrize(
    ("texto", "uri"),
    [
        ("Server=srv,1444;Database=C;User Id=u;Password=a@b", "mssql://u:a%40b@srv:1444/C"),
        ("data source=tcp:srv; initial catalog=C; uid=u; pwd=x=y==", "mssql://u:x%3Dy%3D%3D@srv:1433/C"),
        ("Server=srv;Database=C;User Id=u;Password='a;b''c'", "mssql://u:a%3Bb%27c@srv:1433/C"),
        ("Data Source=ora:1522/SVC;User Id=u;Password=p", "oracle://u:p@ora:1522/?service_name=SVC"),
        ("Data Source=//ora/SVC;User Id=u;Password=p", "oracle://u:p@ora:1521/?service_name=SVC"),
        (
            "Data Source=(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=ora)(PORT=1522))(CONNECT_DATA=(SID=X)));User Id=u;Password=p",
            "oracle://u:p@ora:1522/?sid=X",
        ),
        ("Host=h;Port=5433;Database=esus;Username=u;Password=ç", "postgres://u:%C3%A7@h:5433/esus"),
        ("Server=h;Port=5433;Database=esus;User Id=u;Password=p", "postgres://u:p@h:5433/esus"),
        (
            "Host=h;Database=d;Username=u;Password=p;SSL Mode=VerifyFull;Search Path=pep",
            "postgres://u:p@h:5432/d?sslmode=verify-full&options=-c%20search_path%3Dpep",
        ),
        ("Server=tc;Port=1972;Namespace=TRAK;User ID=_system;Password=p", "iris://_system:p@tc:1972/TRAK"),
    ],
)
def test_string_becomes_a_uri(texto: str, uri: str) -> None:
    assert database(texto).uri(show_secrets=True) == uri


def test_descriptor_of_several_addresses_travels_whole() -> None:
    assert database(f"Data Source={TNS};User Id=u;Password=p").extras == (("dsn", TNS),)


@pytest.mark.parametrize(
    ("texto", "warning"),
    [
        (r"Server=srv\SQL2019;Database=C;User Id=u;Password=p", "named instance SQL2019"),
        ("Server=.;Database=C;User Id=u;Password=p", "own machine"),
        ("Server=srv;Database=C;Integrated Security=SSPI", "integrated security does not work"),
        ("Server=srv;Database=C;User Id=u;Password=p;Encrypt=True", "not carried over: encrypt"),
        ("Data Source=MVPRD;User Id=u;Password=p", "tnsnames.ora"),
        ("Data Source=h/s;User Id=u;Password=p;HA Events=true;Decr Pool Size=1", "not carried over: decr pool size, ha events"),
    ],
)
def test_what_does_not_carry_over_is_said(texto: str, warning: str) -> None:
    assert any(warning in a for a in database(texto).avisos)


@pytest.mark.parametrize("senha", ["meia;SEGREDO", "meia;SEGREDO=x"])
def test_password_torn_by_a_semicolon_is_reported_but_not_shown(senha: str) -> None:
    connection = database(f"Server=srv;Database=C;User Id=u;Password={senha}")
    assert "must stand in quotes" in connection.avisos[0] and "segredo" not in f"{connection.avisos}{connection.uri()}".lower()


def test_string_without_a_server_is_none() -> None:
    assert database_connection("Password=p") is None


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("https://fusion.local", "http://fusion.local/https"),
        ("http://u:p@fusion:5000/", "http://u:***@fusion:5000/http"),
        ("https://fusion:8443/base/", "http://https%3A%2F%2Ffusion%3A8443%2Fbase/"),
    ],
)
def test_api_address_is_what_the_http_hook_takes(url: str, uri: str) -> None:
    assert http_connection(url).uri() == uri


@pytest.mark.parametrize(
    ("chave", "valor"), [("Senha", "SEGREDO"), ("x", "Server=s;Password=SEGREDO x;y"), ("x", "http://u:SEGREDO@h"), ("x", "a;pwd=SEGREDO")]
)
def test_masked_text_has_no_secret(chave: str, valor: str) -> None:
    assert "SEGREDO" not in mask(chave, valor)
