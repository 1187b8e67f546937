"""ADO.NET connection strings and API addresses as Airflow connection URIs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

MASK = "***"
_SECRET = re.compile(r"(?i)password|pwd|senha|secret|token|api-?_?key|chave(api|acesso)|credential|authorization")


def is_secret(key: str) -> bool:
    """Whether a setting with this name holds a secret."""
    return bool(_SECRET.search(key))


@dataclass(frozen=True)
class ConnectionData:
    """One Airflow connection; ``avisos``: what of the original is not in it."""

    tipo: str
    host: str = ""
    port: int | None = None
    schema: str = ""
    """Database, namespace, or the scheme of an HTTP connection."""
    user: str = ""
    password: str = ""
    extras: tuple[tuple[str, str], ...] = ()
    avisos: tuple[str, ...] = ()

    def uri(self, show_secrets: bool = False) -> str:
        """The connection as URI, percent-encoded; the password is ``***`` unless asked for."""
        password = quote(self.password, safe="") if show_secrets else MASK
        access = quote(self.user, safe="") + (f":{password}" if self.password else "")
        port = f":{self.port}" if self.port else ""
        extras = f"?{urlencode(self.extras, quote_via=quote)}" if self.extras else ""
        return f"{self.tipo}://{access + '@' if access else ''}{quote(self.host, safe='')}{port}/{quote(self.schema, safe='')}{extras}"


def string_parts(text: str) -> dict[str, str]:
    """``Key=Value;…`` by .NET's rules: case of names does not count, values may have quotes (doubled inside), the last value counts.

    A piece without ``=`` gets the key ``""``.
    """
    parts = re.findall(r"""\s*(?:([^=;]+?)\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;]*?)|([^=;]*[^=;\s]))\s*(?:;|$)""", text)
    return {re.sub(r"\s+", " ", key).lower(): _unquoted(value or loose) for key, value, loose in parts}


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].replace(value[0] * 2, value[0])
    return value


_SERVER = ("server", "data source", "host", "addr", "address", "network address")
_DATABASE = ("database", "initial catalog", "namespace")
_USER = ("user id", "userid", "uid", "user", "username", "user name")
_PASSWORD = ("password", "pwd")
_READ_KEYS = {*_SERVER, *_DATABASE, *_USER, *_PASSWORD, "port"}
# Known keywords that mean nothing to the Airflow hooks; only these may be named in a warning.
_OF_CONNECTING = {
    "application name", "applicationname", "command timeout", "connect timeout", "connection lifetime", "connection timeout",
    "context connection", "dba privilege", "decr pool size", "encrypt", "enlist", "failover partner", "ha events",
    "include error detail", "incr pool size", "integrated security", "keepalive", "load balancing", "max pool size",
    "maximum pool size", "metadata pooling", "min pool size", "minimum pool size", "multipleactiveresultsets",
    "multisubnetfailover", "packet size", "persist security info", "pooling", "promotable transaction", "self tuning",
    "statement cache purge", "statement cache size", "timeout", "trust server certificate", "trusted_connection",
    "trustservercertificate", "unicode", "validate connection", "workstation id",
}  # fmt: skip
_SSL_PG = {**{mode: mode for mode in ("disable", "allow", "prefer", "require")}, "verifyca": "verify-ca", "verifyfull": "verify-full"}


def looks_like_connection_string(text: str) -> bool:
    parts = string_parts(text)
    return any(name in parts for name in _SERVER) and any(name in parts for name in _USER + _PASSWORD + _DATABASE)


def database_connection(text: str) -> ConnectionData | None:
    """The connection of a database; its engine is guessed from the string. ``None``: the string names no server."""
    parts = string_parts(text)
    server = _one(parts, _SERVER)
    if not server:
        return None
    base = ConnectionData("", user=_one(parts, _USER), password=_one(parts, _PASSWORD), schema=_one(parts, _DATABASE))
    if "namespace" in parts:
        return _rest(replace(base, tipo="iris", host=server, port=_port(parts.get("port"), 1972)), parts)
    # Only Npgsql has the keys Host and Port; SqlClient writes the port after the server's name.
    if "host" in parts or "port" in parts:
        return _postgres(base, server, parts)
    if not base.schema and ("/" in server or server.startswith("(") or "data source" in parts):
        return _rest(_oracle(base, server), parts)
    return _rest(_mssql(base, server), parts)


def http_connection(url: str) -> ConnectionData:
    """Base address of Fusion's API. An address with a path is kept whole: the HTTP hook takes it so."""
    parts = urlsplit(url)
    warnings = ("the address's query is not carried over",) if parts.query else ()
    base = ConnectionData("http", user=parts.username or "", password=parts.password or "", avisos=warnings)
    if path := parts.path.rstrip("/"):
        return replace(base, host=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}")
    return replace(base, host=parts.hostname or "", port=parts.port, schema=parts.scheme)


def mask(key: str, text: str) -> str:
    """A text of the old file without passwords: a connection string as its masked URI, a doubtful text as ``***``."""
    if is_secret(key):
        return MASK
    if looks_like_connection_string(text):
        connection = database_connection(text)
        return connection.uri() if connection else MASK
    if re.match(r"https?://", text):
        return http_connection(text).uri()
    return MASK if "=" in text and is_secret(text) else text


def _one(parts: dict[str, str], names: tuple[str, ...]) -> str:
    return next((parts[name] for name in names if parts.get(name)), "")


def _port(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _rest(connection: ConnectionData, parts: dict[str, str], used: set[str] = _READ_KEYS) -> ConnectionData:
    warnings = list(connection.avisos)
    if not connection.user:
        warnings.append("no user: integrated security does not work from Airflow, set login and password")
    left_over = set(parts) - used
    if known := sorted(left_over & _OF_CONNECTING):
        warnings.append(f"not carried over: {', '.join(known)}")
    if left_over - _OF_CONNECTING or "" in parts:
        # Do not name it: it may be the rest of a password.
        warnings.append("a part of the string is unknown: a password that has ; must stand in quotes")
    return replace(connection, avisos=tuple(warnings))


def _postgres(base: ConnectionData, server: str, parts: dict[str, str]) -> ConnectionData:
    extras, used = [], {*_READ_KEYS}
    ssl = _SSL_PG.get(parts.get("ssl mode", parts.get("sslmode", "")).lower().replace("-", ""))
    if ssl:
        extras.append(("sslmode", ssl))
        used |= {"ssl mode", "sslmode"}
    if path := parts.get("search path", parts.get("searchpath")):
        extras.append(("options", f"-c search_path={path}"))
        used |= {"search path", "searchpath"}
    connection = replace(base, tipo="postgres", host=server, port=_port(parts.get("port"), 5432), extras=tuple(extras))
    return _rest(connection, parts, used)


def _mssql(base: ConnectionData, server: str) -> ConnectionData:
    host, _, port = re.sub(r"(?i)^(tcp|np|lpc):", "", server).partition(",")
    host, _, instance = host.strip().partition("\\")
    warnings = [f"named instance {instance}: set its TCP port, 1433 is a guess"] if instance and not port else []
    if host in (".", "(local)"):
        warnings.append("the server was this service's own machine: set its name")
        host = "localhost"
    # MsSqlHook needs a port: without one it passes on the text "None".
    return replace(base, tipo="mssql", host=host, port=_port(port.strip(), 1433), avisos=tuple(warnings))


def _oracle(base: ConnectionData, server: str) -> ConnectionData:
    base = replace(base, tipo="oracle")
    if server.startswith("("):
        fields = re.findall(r"(?i)\(\s*(HOST|PORT|SERVICE_NAME|SID|SERVER|PROTOCOL)\s*=\s*([^()\s]+)\s*\)", server)
        names = [name.upper() for name, _ in fields]
        values = {name.upper(): value for name, value in fields}
        service = "SERVICE_NAME" if "SERVICE_NAME" in values else "SID"
        simple = names.count("HOST") == 1 and service in values and values.get("PROTOCOL", "TCP").upper() == "TCP"
        if not simple or re.search(r"(?i)SECURITY|WALLET", server):
            return replace(base, extras=(("dsn", server),))  # several addresses or TLS: the driver reads it whole
        port = _port(values.get("PORT"), 1521)
        return replace(base, host=values["HOST"], port=port, extras=((service.lower(), values[service]),))
    ezconnect = re.fullmatch(r"(?://)?([^:/]+)(?::([0-9]+))?/([^:/]+)", server)
    if ezconnect:
        return replace(base, host=ezconnect[1], port=_port(ezconnect[2], 1521), extras=(("service_name", ezconnect[3]),))
    warnings = () if "/" in server else (f"{server} is a name in tnsnames.ora: the workers need that file, or a host and a service",)
    return replace(base, extras=(("dsn", server),), avisos=warnings)
