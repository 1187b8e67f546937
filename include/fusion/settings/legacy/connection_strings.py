"""ADO.NET connection strings and API addresses as Airflow connection URIs."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode, urlsplit

MASCARA = "***"
_SECRETA = re.compile(r"(?i)password|pwd|senha|secret|token|api-?_?key|chave(api|acesso)|credential|authorization")


def secreta(chave: str) -> bool:
    """Whether a setting of this name holds a secret."""
    return bool(_SECRETA.search(chave))


@dataclass(frozen=True)
class Conexao:
    """One Airflow connection; ``avisos`` says what of the original it does not carry."""

    tipo: str
    host: str = ""
    porta: int | None = None
    esquema: str = ""
    """Database, namespace, or the scheme of an HTTP connection."""
    usuario: str = ""
    senha: str = ""
    extras: tuple[tuple[str, str], ...] = ()
    avisos: tuple[str, ...] = ()

    def uri(self, mostrar_segredos: bool = False) -> str:
        """Percent-encoded; the password is ``***`` unless asked for."""
        senha = quote(self.senha, safe="") if mostrar_segredos else MASCARA
        acesso = quote(self.usuario, safe="") + (f":{senha}" if self.senha else "")
        porta = f":{self.porta}" if self.porta else ""
        extras = f"?{urlencode(self.extras, quote_via=quote)}" if self.extras else ""
        return f"{self.tipo}://{acesso + '@' if acesso else ''}{quote(self.host, safe='')}{porta}/{quote(self.esquema, safe='')}{extras}"


def partes_da_string(texto: str) -> dict[str, str]:
    """``Key=Value;…`` with .NET's rules: names without case, values optionally in quotes (doubled inside), the last one wins.

    A piece without ``=`` comes back under the key ``""``.
    """
    partes = re.findall(r"""\s*(?:([^=;]+?)\s*=\s*("(?:[^"]|"")*"|'(?:[^']|'')*'|[^;]*?)|([^=;]*[^=;\s]))\s*(?:;|$)""", texto)
    return {re.sub(r"\s+", " ", chave).lower(): _sem_aspas(valor or solta) for chave, valor, solta in partes}


def _sem_aspas(valor: str) -> str:
    if len(valor) > 1 and valor[0] == valor[-1] and valor[0] in "\"'":
        return valor[1:-1].replace(valor[0] * 2, valor[0])
    return valor


_SERVIDOR = ("server", "data source", "host", "addr", "address", "network address")
_BANCO = ("database", "initial catalog", "namespace")
_USUARIO = ("user id", "userid", "uid", "user", "username", "user name")
_SENHA = ("password", "pwd")
_LIDAS = {*_SERVIDOR, *_BANCO, *_USUARIO, *_SENHA, "port"}
# Known keywords that mean nothing to the Airflow hooks; only these may be named in a warning.
_DE_LIGACAO = {
    "application name", "applicationname", "command timeout", "connect timeout", "connection lifetime", "connection timeout",
    "context connection", "dba privilege", "decr pool size", "encrypt", "enlist", "failover partner", "ha events",
    "include error detail", "incr pool size", "integrated security", "keepalive", "load balancing", "max pool size",
    "maximum pool size", "metadata pooling", "min pool size", "minimum pool size", "multipleactiveresultsets",
    "multisubnetfailover", "packet size", "persist security info", "pooling", "promotable transaction", "self tuning",
    "statement cache purge", "statement cache size", "timeout", "trust server certificate", "trusted_connection",
    "trustservercertificate", "unicode", "validate connection", "workstation id",
}  # fmt: skip
_SEM_IGUAL = ""
"""Key of a piece that is no ``Key=Value``."""
_SSL_PG = {
    "disable": "disable",
    "allow": "allow",
    "prefer": "prefer",
    "require": "require",
    "verifyca": "verify-ca",
    "verifyfull": "verify-full",
}


def parece_string_de_conexao(texto: str) -> bool:
    partes = partes_da_string(texto)
    return any(nome in partes for nome in _SERVIDOR) and any(nome in partes for nome in _USUARIO + _SENHA + _BANCO)


def conexao_de_banco(texto: str) -> Conexao | None:
    """The database's kind is told from the string itself; ``None`` when it names no server."""
    partes = partes_da_string(texto)
    servidor = _um(partes, _SERVIDOR)
    if not servidor:
        return None
    base = Conexao("", usuario=_um(partes, _USUARIO), senha=_um(partes, _SENHA), esquema=_um(partes, _BANCO))
    if "namespace" in partes:
        return _resto(replace(base, tipo="iris", host=servidor, porta=_porta(partes.get("port"), 1972)), partes)
    # Only Npgsql has Host and Port of their own; SqlClient writes the port behind the server's name.
    if "host" in partes or "port" in partes:
        return _postgres(base, servidor, partes)
    if not base.esquema and ("/" in servidor or servidor.startswith("(") or "data source" in partes):
        return _resto(_oracle(base, servidor), partes)
    return _resto(_mssql(base, servidor), partes)


def conexao_http(url: str) -> Conexao:
    """Base address of the Fusion API; one with a path travels whole, as the HTTP hook takes it."""
    partes = urlsplit(url)
    avisos = ("the address's query is not carried over",) if partes.query else ()
    base = Conexao("http", usuario=partes.username or "", senha=partes.password or "", avisos=avisos)
    caminho = partes.path.rstrip("/")
    if caminho:
        endereco = f"{partes.scheme}://{partes.netloc.rpartition('@')[2]}{caminho}"
        return replace(base, host=endereco)
    return replace(base, host=partes.hostname or "", porta=partes.port, esquema=partes.scheme)


def mascarar(chave: str, texto: str) -> str:
    """A text of the old file without its passwords: a connection string comes back as its masked URI, a doubtful text as ``***``."""
    if secreta(chave):
        return MASCARA
    if parece_string_de_conexao(texto):
        conexao = conexao_de_banco(texto)
        return conexao.uri() if conexao else MASCARA
    if re.match(r"https?://", texto):
        return conexao_http(texto).uri()
    return MASCARA if "=" in texto and secreta(texto) else texto


def _um(partes: dict[str, str], nomes: tuple[str, ...]) -> str:
    return next((partes[nome] for nome in nomes if partes.get(nome)), "")


def _porta(texto: str | None, padrao: int) -> int:
    return int(texto) if texto and texto.isdigit() else padrao


def _resto(conexao: Conexao, partes: dict[str, str], lidas: set[str] = _LIDAS) -> Conexao:
    avisos = list(conexao.avisos)
    if not conexao.usuario:
        avisos.append("no user: integrated security does not work from Airflow, set login and password")
    sobra = set(partes) - lidas
    if conhecidas := sorted(sobra & _DE_LIGACAO):
        avisos.append(f"not carried over: {', '.join(conhecidas)}")
    if sobra - _DE_LIGACAO or _SEM_IGUAL in partes:
        # Not named: it may be the rest of a password.
        avisos.append("a part of the string is unknown: a password that has ; must stand in quotes")
    return replace(conexao, avisos=tuple(avisos))


def _postgres(base: Conexao, servidor: str, partes: dict[str, str]) -> Conexao:
    extras, lidas = [], {*_LIDAS}
    ssl = _SSL_PG.get(partes.get("ssl mode", partes.get("sslmode", "")).lower().replace("-", ""))
    if ssl:
        extras.append(("sslmode", ssl))
        lidas |= {"ssl mode", "sslmode"}
    if caminho := partes.get("search path", partes.get("searchpath")):
        extras.append(("options", f"-c search_path={caminho}"))
        lidas |= {"search path", "searchpath"}
    conexao = replace(base, tipo="postgres", host=servidor, porta=_porta(partes.get("port"), 5432), extras=tuple(extras))
    return _resto(conexao, partes, lidas)


def _mssql(base: Conexao, servidor: str) -> Conexao:
    host, _, porta = re.sub(r"(?i)^(tcp|np|lpc):", "", servidor).partition(",")
    host, _, instancia = host.strip().partition("\\")
    avisos = [f"named instance {instancia}: set its TCP port, 1433 is a guess"] if instancia and not porta else []
    if host in (".", "(local)"):
        avisos.append("the server was this service's own machine: set its name")
        host = "localhost"
    # MsSqlHook needs a port: without one it hands over the text "None".
    return replace(base, tipo="mssql", host=host, porta=_porta(porta.strip(), 1433), avisos=tuple(avisos))


def _oracle(base: Conexao, servidor: str) -> Conexao:
    base = replace(base, tipo="oracle")
    if servidor.startswith("("):
        campos = re.findall(r"(?i)\(\s*(HOST|PORT|SERVICE_NAME|SID|SERVER|PROTOCOL)\s*=\s*([^()\s]+)\s*\)", servidor)
        nomes = [nome.upper() for nome, _ in campos]
        valores = {nome.upper(): valor for nome, valor in campos}
        servico = "SERVICE_NAME" if "SERVICE_NAME" in valores else "SID"
        simples = nomes.count("HOST") == 1 and servico in valores and valores.get("PROTOCOL", "TCP").upper() == "TCP"
        if not simples or re.search(r"(?i)SECURITY|WALLET", servidor):
            return replace(base, extras=(("dsn", servidor),))  # several addresses, TLS: the driver reads it whole
        porta = _porta(valores.get("PORT"), 1521)
        return replace(base, host=valores["HOST"], porta=porta, extras=((servico.lower(), valores[servico]),))
    ezconnect = re.fullmatch(r"(?://)?([^:/]+)(?::([0-9]+))?/([^:/]+)", servidor)
    if ezconnect:
        return replace(base, host=ezconnect[1], porta=_porta(ezconnect[2], 1521), extras=(("service_name", ezconnect[3]),))
    avisos = () if "/" in servidor else (f"{servidor} is a name in tnsnames.ora: the workers need that file, or a host and a service",)
    return replace(base, extras=(("dsn", servidor),), avisos=avisos)
