"""The ``appsettings.json`` of an old .NET service, sorted into settings of an entry of ``integracoes.yaml`` and Airflow connections.

Nothing of the file is dropped silently: what is not carried over stands in ``avisos``, what belongs to a process that the entry
does not have stays below it as a comment. Passwords are masked unless asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings.interval import ler_intervalo, texto_timespan
from include.fusion.settings.legacy import services
from include.fusion.settings.legacy.connection_strings import Conexao, conexao_de_banco, conexao_http, parece_string_de_conexao, secreta
from include.fusion.settings.legacy.dotnet_json import ler_json
from include.fusion.settings.legacy.service import Antigo
from include.fusion.settings.legacy.services import ANTIGOS, DO_DOTNET, PARAMETROS, dobrar


@dataclass
class Importado:
    """What an old file says. ``conexoes`` by Airflow connection id; ``parametros`` by ``section.key`` of the entry."""

    sistema: str | None
    id: str
    parametros: dict[str, Any] = field(default_factory=dict)
    secoes: set[str] = field(default_factory=set)
    """Process sections that the file has, even without a setting that is carried over."""
    conexoes: dict[str, Conexao] = field(default_factory=dict)
    futuros: dict[str, Any] = field(default_factory=dict)
    avisos: list[str] = field(default_factory=list)
    integrador: str | None = None
    """Id of the connection to a database of the integrator's own, where the file has one."""

    @property
    def origem(self) -> str:
        """Id of the source's connection: where the file has no database, that of the system whose database its own is."""
        return (self.id not in self.conexoes and self.servico and self.servico.database_of) or self.id

    @property
    def servico(self) -> Antigo | None:
        return ANTIGOS.get(self.sistema or "")


@dataclass
class _Sobras:
    desconhecidas: list[str] = field(default_factory=list)
    sem_lugar: list[str] = field(default_factory=list)
    ids: list[tuple[str, str | None, Any]] = field(default_factory=list)
    """Every IntegracaoID: its key, its process section (``None`` outside of any), its value."""


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
    sistema = sistema or services.adivinhar({parte for caminho, _ in folhas for parte in caminho})
    lido, sobras = Importado(sistema, id or sistema or "origem"), _Sobras()
    bancos: list[tuple[str, Conexao]] = []
    enderecos: list[tuple[str, str]] = []
    for caminho, valor in folhas:
        nome, parametro = ":".join(caminho), PARAMETROS.get(dobrar(caminho[-1]))
        if dobrar(caminho[0]) in DO_DOTNET:
            continue
        propria = services.secao_propria(caminho[:-1], sistema)
        alheia = None if propria else services.secao_alheia(caminho[:-1], sistema)
        lido.secoes |= {propria} if propria else set()
        if alheia:
            lido.futuros.setdefault(alheia, {})[nome] = valor
        elif isinstance(valor, str) and (dobrar(caminho[0]) == "connectionstrings" or parece_string_de_conexao(valor)):
            if conexao := conexao_de_banco(valor):
                bancos.append((nome, conexao))
            else:
                lido.avisos.append(f"{nome}: not understood as a connection string (value not shown)")
        elif isinstance(valor, str) and re.match(r"(?i)https?://", valor):
            enderecos.append((nome, valor))
        elif parametro is None:
            sobras.desconhecidas.append(f"{nome} (secret, value not shown)" if secreta(nome) else nome)
        elif sistema is None:
            lido.futuros.setdefault(caminho[-2] if len(caminho) > 1 else caminho[-1], {})[nome] = valor
        elif parametro == "IntegracaoID":
            sobras.ids.append((nome, propria, _valor(lido, parametro, valor, nome)))
        elif chave := services.lugar(sistema, propria, parametro):
            _guardar(lido, chave, valor, nome)
        else:
            fora = propria is None and services.ANTIGOS[sistema].padrao is None
            sobras.sem_lugar.append(f"{nome} (outside a process section)" if fora else nome)
    _nomear_bancos(lido, bancos)
    _nomear_api(lido, enderecos)
    _numerar(lido, sobras.ids)
    _avisar(lido, sobras, [chave for chave in dados if dobrar(chave.split(":")[0]) in DO_DOTNET])
    return lido


def _numerar(lido: Importado, ids: list[tuple[str, str | None, Any]]) -> None:
    """The entry's IntegracaoID, and a process's own where it differs from that."""
    com_numero = [s.nome for s in lido.servico.secoes if "IntegracaoID" in s.chaves] if lido.servico else []
    da_entrada = [valor for _, secao, valor in ids if secao is None]
    das_secoes = [valor for nome in com_numero for _, secao, valor in ids if secao == nome]
    candidatos = da_entrada or das_secoes or [valor for _, _, valor in ids]
    if not candidatos:
        return
    numero = lido.parametros["IntegracaoID"] = candidatos[0]
    outros = []
    for nome, secao, valor in ids:
        if valor == numero:
            continue
        if secao in com_numero:
            lido.parametros[f"{secao}.IntegracaoID"] = valor
        else:
            outros.append(f"{valor if valor is not None else 'not understood'} in {nome}")
    if outros:
        lido.avisos.append(f"IntegracaoID differs from the entry's {numero}, and nothing is delivered under it: {'; '.join(outros)}")


def _avisar(lido: Importado, sobras: _Sobras, dotnet: list[str]) -> None:
    if sobras.sem_lugar:
        lido.avisos.append("settings that the entry's processes do not have, not carried over: " + ", ".join(sobras.sem_lugar))
    if sobras.desconhecidas:
        lido.avisos.append("unknown keys, not carried over: " + ", ".join(sobras.desconhecidas))
    if dotnet:
        lido.avisos.append("keys of .NET itself, not needed here: " + ", ".join(dotnet))
    if lido.origem != lido.id:
        lido.avisos.append(
            f"no source database in the file: conexoes.origem names {lido.origem!r}, set it to the entry's of that system if that is another"
        )
    lido.avisos += [f"{secao}: {services.por_que_nao(secao, lido.sistema)}, kept below as a comment" for secao in lido.futuros]


def _guardar(lido: Importado, chave: str, valor: Any, nome: str) -> None:
    secao, _, parametro = chave.partition(".")
    if parametro == "LayoutID" and lido.servico and lido.servico.layout_or_controller and not re.fullmatch(r"[1-9][0-9]{0,8}", str(valor)):
        lido.avisos.append(f"{nome}: not the number of a layout, so {secao} sends to the controller of its kind")
        return
    novo = _valor(lido, parametro, valor, nome)
    if chave in lido.parametros and lido.parametros[chave] != novo:
        lido.avisos.append(f"{nome}: {chave} stands more than once with different values, the first is kept")
    lido.parametros.setdefault(chave, novo)


def _valor(lido: Importado, parametro: str, valor: Any, nome: str) -> Any:
    """As it stands in an entry; ``None``, with a warning, when not understood."""
    if parametro.startswith("Interval"):
        novo: Any = _intervalo(valor)
    elif parametro == "habilitado":
        novo = {"true": True, "false": False}.get(str(valor).lower())
    else:
        novo = int(str(valor)) if re.fullmatch(r"[0-9]{1,9}", str(valor)) else None
    if novo is None:
        lido.avisos.append(f"{nome}: value not understood, {parametro} left to be filled in")
    if isinstance(valor, str) and re.fullmatch(r"[0-9]+", valor) and parametro.startswith("Interval"):
        lido.avisos.append(f"{nome}: .NET reads the text {valor!r} as days; check {parametro}")
    return novo


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
    dono = lido.servico and ANTIGOS.get(lido.servico.database_of, lido.servico)
    da_origem = [nome for nome, c in bancos if dono and c.usuario.lower() in dono.table_owners]
    do_fusion = [n for n, _ in bancos if n not in da_origem and re.search(r"(?i)fusion|integrador|integracao", n.rpartition(":")[2])]
    if len(do_fusion) == len(bancos):
        do_fusion = do_fusion[1:]  # the only string, or the first of several alike, is the source: every old service has one
    for nome, conexao in bancos:
        conn_id = "fusion_db" if nome in do_fusion else lido.id
        if lido.servico and lido.servico.integrator and nome in do_fusion and "integrador" in dobrar(nome.rpartition(":")[2]):
            conn_id = lido.integrador = "integrador"
        if conn_id in lido.conexoes:
            conn_id = f"{lido.id}_{dobrar(nome.rpartition(':')[2])}"
            lido.avisos.append(f"{nome}: one more database, connection {conn_id}; no process of this version uses it")
        lido.conexoes[conn_id] = conexao
        lido.avisos += [f"{nome}: {aviso}" for aviso in conexao.avisos]
        if dono and nome in da_origem:
            lido.avisos.append(f"{nome}: user {conexao.usuario} {dono.owner_advice}")


def _nomear_api(lido: Importado, enderecos: list[tuple[str, str]]) -> None:
    for nome, url in sorted(enderecos, key=lambda e: "fusion" not in e[0].lower()):
        if "fusion_api" in lido.conexoes:
            lido.avisos.append(f"{nome}: one more address, not carried over")
            continue
        lido.conexoes["fusion_api"] = conexao_http(url)
        lido.avisos += [f"{nome}: {aviso}" for aviso in lido.conexoes["fusion_api"].avisos]
        if re.search(r"(?i)/api/?$", url):
            lido.avisos.append(f"{nome}: ends in /api, and so do the default rotas begin: shorten one of the two")


def de_arquivo(caminho: Path, sistema: str | None = None, id: str | None = None) -> Importado:
    """Read and sort a file; :class:`ConfiguracaoInvalida` when it cannot be read."""
    try:
        texto = caminho.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as erro:
        raise ConfiguracaoInvalida(f"{caminho}: cannot be read ({type(erro).__name__})") from None
    return importar(ler_json(texto, str(caminho)), sistema, id)
