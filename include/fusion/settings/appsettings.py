"""The ``appsettings.json`` of an old .NET service, turned into an entry of ``integracoes.yaml`` and Airflow connections.

Nothing of the file is dropped silently: what is not carried over stands in ``avisos``, what belongs to a process that this version
does not have stays below the entry as a comment. Passwords are masked unless asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from include.fusion.erros import ConfiguracaoInvalida
from include.fusion.settings.conexoes import (
    MASCARA,
    Conexao,
    conexao_de_banco,
    conexao_http,
    mascarar,
    parece_string_de_conexao,
    secreta,
)
from include.fusion.settings.intervalo import ler_intervalo, texto_timespan

_DO_DOTNET = {"logging", "serilog", "nlog", "allowedhosts", "kestrel", "urls", "$schema", "applicationinsights"}
_PARAMETROS = {
    "intervalocarga": "IntervaloCarga",
    "intervaloimportacao": "IntervaloImportacao",
    "interval": "Interval",
    "intervalo": "Interval",
    "maxrecords": "MaxRecords",
    "integracaoid": "IntegracaoID",
    "idintegracao": "IntegracaoID",
    "layoutid": "LayoutID",
    "idlayout": "LayoutID",
    "habilitado": "habilitado",
    "enabled": "habilitado",
}
# Process sections of the seed's other services, with the service that has them; None: several have one of this name.
_PROCESSOS_FUTUROS: dict[str, str | None] = {
    "atualizacaofilapendencias": "MV",
    "buscaatendimentospaciente": "MV",
    "processamentopendenciaabertura": "MV",
    "processamentopendenciaalta": "MV",
    "processamentopendenciauti": "MV",
    "processamentopendenciatrocaleito": "MV",
    "buscaatualizacoespaciente": "MV",
    "processamentopendenciaatualizacaopaciente": "MV",
    "importarpendencias": "Skymed",
    "buscaraendimentosimportar": "Tasy",  # spelt so in the old manual
    "buscaratendimentosimportar": "Tasy",
    "buscarinformacoesatendimentos": "Tasy",
    "gerarpendenciaatualizacaopacientes": "Tasy",
    "integrarpendenciaatualizacaopacientes": "Tasy",
    "cargainicialpacientes": "TrackCare",
    "sincronizarpacientes": "TrackCare",
    "pendenciabuscapaciente": "TrackCare",
    "envioarquivofusion": "TrackCare",
    "integracao": "Sotech",
    "cargainicial": None,
}
_NOMES = {"consulfarma": "Consulfarma", "esus_ab": "e-SUS AB"}


def ler_json(texto: str, nome: str) -> dict[str, Any]:
    """JSON as .NET's configuration reads it: byte-order mark, comments and trailing commas allowed, a repeated key is not."""
    # Strings first in each alternation, so that what looks like a comment inside one stays.
    sem_comentarios = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or " ", texto.lstrip("\ufeff"), flags=re.DOTALL)
    limpo = re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda m: m[1] or "", sem_comentarios, flags=re.DOTALL)

    def sem_repeticao(pares: list[tuple[str, Any]]) -> dict[str, Any]:
        vistos: set[str] = set()
        for chave, _ in pares:
            if chave.lower() in vistos:
                raise ConfiguracaoInvalida(f"{nome}: key {chave!r} appears twice (case does not count)")
            vistos.add(chave.lower())
        return dict(pares)

    try:
        dados = json.loads(limpo, object_pairs_hook=sem_repeticao)
    except json.JSONDecodeError as erro:
        raise ConfiguracaoInvalida(f"{nome}: not valid JSON near line {erro.lineno}: {erro.msg}") from None
    if not isinstance(dados, dict):
        raise ConfiguracaoInvalida(f"{nome}: expected a JSON object")
    return dados


@dataclass
class Importado:
    """What an old file says. ``conexoes`` by Airflow connection id; ``parametros`` by the old name."""

    sistema: str | None
    id: str
    parametros: dict[str, Any] = field(default_factory=dict)
    conexoes: dict[str, Conexao] = field(default_factory=dict)
    futuros: dict[str, Any] = field(default_factory=dict)
    avisos: list[str] = field(default_factory=list)


def _dobrar(texto: str) -> str:
    return re.sub(r"[\s_.-]", "", texto).lower()


def _folhas(dados: Any, caminho: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(dados, dict) and dados:
        for chave, valor in dados.items():
            # "Servico:MaxRecords" is .NET's other way to write a nested key.
            yield from _folhas(valor, (*caminho, *chave.split(":")))
    else:
        yield caminho, dados


def importar(dados: dict[str, Any], sistema: str | None = None, id: str | None = None) -> Importado:
    """Sort a parsed file. ``sistema`` is guessed from names where not given; ``None`` when they do not tell."""
    folhas = list(_folhas(dados))
    sistema = sistema or _adivinhar(folhas)
    lido = Importado(sistema, id or sistema or "origem")
    bancos: list[tuple[str, Conexao]] = []
    enderecos: list[tuple[str, str]] = []
    desconhecidas: list[str] = []
    for caminho, valor in folhas:
        nome, folha = ":".join(caminho), _dobrar(caminho[-1])
        if _dobrar(caminho[0]) in _DO_DOTNET:
            continue
        futuro = next((p for p in caminho[:-1] if _processo_futuro(p, sistema)), None)
        if futuro:
            lido.futuros.setdefault(futuro, {})[nome] = valor
        elif isinstance(valor, str) and (_dobrar(caminho[0]) == "connectionstrings" or parece_string_de_conexao(valor)):
            if conexao := conexao_de_banco(valor):
                bancos.append((nome, conexao))
            else:
                lido.avisos.append(f"{nome}: not understood as a connection string (value not shown)")
        elif isinstance(valor, str) and re.match(r"(?i)https?://", valor):
            enderecos.append((nome, valor))
        elif sistema is None and folha in _PARAMETROS:
            lido.futuros.setdefault(caminho[-2] if len(caminho) > 1 else caminho[-1], {})[nome] = valor
        elif parametro := _parametro(caminho, folha, sistema):
            _guardar(lido, parametro, valor, nome)
        else:
            desconhecidas.append(f"{nome} (secret, value not shown)" if secreta(nome) else nome)
    _nomear_bancos(lido, bancos)
    _nomear_api(lido, enderecos)
    if desconhecidas:
        lido.avisos.append("unknown keys, not carried over: " + ", ".join(desconhecidas))
    if dotnet := [chave for chave in dados if _dobrar(chave.split(":")[0]) in _DO_DOTNET]:
        lido.avisos.append("keys of .NET itself, not needed here: " + ", ".join(dotnet))
    for secao in lido.futuros:
        dono = _PROCESSOS_FUTUROS.get(_dobrar(secao))
        lido.avisos.append(f"{secao}: process{f' of {dono}' if dono else ''} not yet supported by this version, kept below as a comment")
    return lido


def _adivinhar(folhas: list[tuple[tuple[str, ...], Any]]) -> str | None:
    nomes = {_dobrar(parte) for caminho, _ in folhas for parte in caminho}
    if any(_PROCESSOS_FUTUROS.get(nome) for nome in nomes):
        return None
    if nomes & {"intervalocarga", "intervaloimportacao"} or any("consulfarma" in nome for nome in nomes):
        return "consulfarma"
    return "esus_ab" if "layoutid" in nomes or any("esus" in nome for nome in nomes) else None


def _processo_futuro(parte: str, sistema: str | None) -> bool:
    # e-SUS AB has an initial load of its own; without a known system every process section waits.
    nome = _dobrar(parte)
    return nome in _PROCESSOS_FUTUROS and (sistema is None or _PROCESSOS_FUTUROS[nome] is not None or sistema != "esus_ab")


def _parametro(caminho: tuple[str, ...], folha: str, sistema: str | None) -> str | None:
    """The setting that a leaf holds, or ``None``. A short name means what its section says: Carga:Intervalo is IntervaloCarga."""
    parametro = _PARAMETROS.get(folha)
    secao = _dobrar(caminho[-2]).removesuffix("worker") if len(caminho) > 1 else ""
    if secao == "cargainicial":
        return "carga_inicial.habilitado" if parametro == "habilitado" else None
    if secao == "carga" and parametro in ("Interval", "habilitado"):
        parametro = "IntervaloCarga" if parametro == "Interval" else "carga.habilitado"
    elif parametro == "habilitado":
        parametro = "importacao.habilitado"
    elif parametro == "Interval" and sistema == "consulfarma":
        parametro = "IntervaloImportacao"
    so_consulfarma = parametro in ("IntervaloCarga", "carga.habilitado", "IntervaloImportacao")
    if (sistema == "esus_ab" and so_consulfarma) or (sistema == "consulfarma" and parametro == "LayoutID"):
        return None
    return parametro


def _guardar(lido: Importado, parametro: str, valor: Any, nome: str) -> None:
    if parametro.startswith("Interval"):
        novo: Any = _intervalo(valor)
    elif parametro.endswith("habilitado"):
        novo = {"true": True, "false": False}.get(str(valor).lower())
    else:
        novo = int(str(valor)) if re.fullmatch(r"[0-9]{1,9}", str(valor)) else None
    if novo is None:
        lido.avisos.append(f"{nome}: value not understood, {parametro} left to be filled in")
    if isinstance(valor, str) and re.fullmatch(r"[0-9]+", valor) and parametro.startswith("Interval"):
        lido.avisos.append(f"{nome}: .NET reads the text {valor!r} as days; check {parametro}")
    if parametro in lido.parametros and lido.parametros[parametro] != novo:
        lido.avisos.append(f"{nome}: {parametro} stands more than once with different values, the first is kept")
    lido.parametros.setdefault(parametro, novo)


def _intervalo(valor: Any) -> str | None:
    """TimeSpan text in full; .NET also takes HH:MM and a bare number of days. A JSON number could be ms or s: ``None``."""
    if not isinstance(valor, str):
        return None
    texto = f"{valor.strip()}:00" if re.fullmatch(r"([0-9]+\.)?[0-9]{1,2}:[0-9]{2}", valor.strip()) else valor
    try:
        lido = timedelta(days=int(texto)) if re.fullmatch(r"[0-9]{1,3}", texto) else ler_intervalo(texto)
    except ValueError:
        return None
    return texto_timespan(lido) if lido else None


def _nomear_bancos(lido: Importado, bancos: list[tuple[str, Conexao]]) -> None:
    do_fusion = [nome for nome, _ in bancos if re.search(r"(?i)fusion|integrador|integracao", nome.rpartition(":")[2])]
    if len(do_fusion) == len(bancos):
        do_fusion = do_fusion[1:]  # the only string, or the first of several alike, is the source: every old service has one
    for nome, conexao in bancos:
        conn_id = "fusion_db" if nome in do_fusion else lido.id
        if conn_id in lido.conexoes:
            conn_id = f"{lido.id}_{_dobrar(nome.rpartition(':')[2])}"
            lido.avisos.append(f"{nome}: one more database, connection {conn_id}; no process of this version uses it")
        lido.conexoes[conn_id] = conexao
        lido.avisos += [f"{nome}: {aviso}" for aviso in conexao.avisos]


def _nomear_api(lido: Importado, enderecos: list[tuple[str, str]]) -> None:
    for nome, url in sorted(enderecos, key=lambda e: "fusion" not in e[0].lower()):
        if "fusion_api" in lido.conexoes:
            lido.avisos.append(f"{nome}: one more address, not carried over")
            continue
        lido.conexoes["fusion_api"] = conexao_http(url)
        lido.avisos += [f"{nome}: {aviso}" for aviso in lido.conexoes["fusion_api"].avisos]
        if re.search(r"(?i)/api/?$", url):
            lido.avisos.append(f"{nome}: ends in /api, and so do the default rotas begin: shorten one of the two")


def como_yaml(lido: Importado, fuso: str | None = None, mostrar_segredos: bool = False) -> str:
    """The entry, the connections and the kept sections as one YAML text; what is to be filled in is ``null``, which does not validate."""
    p = lido.parametros
    linhas = ["integracoes:"] if lido.sistema else []
    if lido.sistema:
        linhas += [
            f"  - id: {_escalar(lido.id)}",
            f"    sistema: {lido.sistema}",
            f"    nome: {_escalar(_NOMES[lido.sistema])}",
            _linha("    ", "IntegracaoID", p.get("IntegracaoID")),
            _linha("    ", "fuso_horario", fuso, "zone of the source's times, e.g. America/Bahia"),
            "    conexoes:",
            f"      origem: {_escalar(lido.id)}",
            "      fusion_db: fusion_db",
            "      fusion_api: fusion_api",
        ]
        for secao, chaves in _SECOES[lido.sistema].items():
            corpo = [_linha("      ", c, p.get(c)) for c in chaves if c in p or c in _OBRIGATORIOS]
            if f"{secao}.habilitado" in p:
                corpo.insert(0, _linha("      ", "habilitado", p[f"{secao}.habilitado"]))
            if corpo or secao != "carga_inicial":
                linhas += [f"    {secao}:", *corpo] if corpo else [f"    {secao}: {{}}"]
    linhas += [
        "",
        "# Airflow connections:" if mostrar_segredos else f"# Airflow connections (replace {MASCARA} by the password, percent-encoded):",
    ]
    linhas += [f"#   airflow connections add {i} --conn-uri '{c.uri(mostrar_segredos)}'" for i, c in lido.conexoes.items()]
    for secao, valores in lido.futuros.items():
        linhas += ["", f"# {secao}: not yet supported by this version; the old settings:"]
        linhas += [f"#   {nome}: {_para_comentario(nome, valor, mostrar_segredos)}" for nome, valor in valores.items()]
    return "\n".join(linhas) + "\n"


_SECOES = {
    "consulfarma": {"carga": ("IntervaloCarga",), "importacao": ("IntervaloImportacao", "MaxRecords")},
    "esus_ab": {"importacao": ("Interval", "MaxRecords", "LayoutID"), "carga_inicial": ()},
}
_OBRIGATORIOS = ("LayoutID",)


def _escalar(valor: Any) -> str:
    if isinstance(valor, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_/-]*", valor) and valor not in ("true", "false", "null"):
        return valor
    return json.dumps(valor, ensure_ascii=False)


def _linha(recuo: str, chave: str, valor: Any, dica: str = "to be filled in") -> str:
    return f"{recuo}{chave}: {_escalar(valor)}" + (f"   # required: {dica}" if valor is None else "")


def _para_comentario(nome: str, valor: Any, mostrar_segredos: bool) -> str:
    if mostrar_segredos:
        return json.dumps(valor, ensure_ascii=False)
    return json.dumps(mascarar(nome, valor) if isinstance(valor, str) else MASCARA if secreta(nome) else valor, ensure_ascii=False)


def de_arquivo(caminho: Path, sistema: str | None = None, id: str | None = None) -> Importado:
    """Read and sort a file; :class:`ConfiguracaoInvalida` when it cannot be read."""
    try:
        texto = caminho.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as erro:
        raise ConfiguracaoInvalida(f"{caminho}: cannot be read ({type(erro).__name__})") from None
    return importar(ler_json(texto, str(caminho)), sistema, id)
