"""The old .NET services: what their files call processes and settings, and where each stands in an entry of ``integracoes.yaml``."""

from __future__ import annotations

import re
import unicodedata

from include.fusion.settings.legacy.service import Antigo, Seen
from include.fusion.settings.registry import SYSTEMS_FOLDER, own_module, systems

PARAMETROS = {
    "intervalocarga": "IntervaloCarga",
    "intervaloimportacao": "IntervaloImportacao",
    "interval": "Interval",
    "intervalo": "Interval",
    "intervaloexecucao": "Interval",
    "maxrecords": "MaxRecords",
    "integracaoid": "IntegracaoID",
    "idintegracao": "IntegracaoID",
    "layoutid": "LayoutID",
    "idlayout": "LayoutID",
    "habilitado": "habilitado",
    "enabled": "habilitado",
}
DO_DOTNET = {"logging", "serilog", "nlog", "allowedhosts", "kestrel", "urls", "$schema", "applicationinsights"}

_CARGA_INICIAL = "cargainicial"  # several services have one
ANTIGOS: dict[str, Antigo] = {
    system: own_module(system, "legacy").LEGACY for system in systems() if (SYSTEMS_FOLDER / system / "legacy.py").is_file()
}
_EXCLUSIVOS = {
    antiga: sistema
    for sistema, servico in ANTIGOS.items()
    if servico.exclusive
    for secao in servico.secoes
    for antiga in secao.antigas
    if secao.nome != "carga_inicial"
}


def dobrar(texto: str) -> str:
    """A name without what people write differently: case, accents, blanks, ``_``, ``.`` and ``-``."""
    sem_acentos = "".join(c for c in unicodedata.normalize("NFKD", texto) if not unicodedata.combining(c))
    return re.sub(r"[\s_.-]", "", sem_acentos).lower()


def _processo(parte: str) -> str:
    return re.sub(r"(worker|service|settings|job)$", "", dobrar(parte))


def adivinhar(partes: set[str]) -> str | None:
    """The system that the names in a file tell of; ``None`` when they do not, or tell of one that cannot be imported."""
    processos = {_processo(parte) for parte in partes}
    visto = Seen({dobrar(parte) for parte in partes}, processos, {_EXCLUSIVOS.get(p) for p in processos})
    sinais = sorted(((sinal.rank, sistema, sinal) for sistema, servico in ANTIGOS.items() for sinal in servico.signs))
    return next((sistema for _, sistema, sinal in sinais if sinal.tells(visto)), None)


def secao_propria(partes: tuple[str, ...], sistema: str | None) -> str | None:
    """The process section of ``sistema`` that a key stands in: the innermost one that its path names."""
    nomes = {antiga: secao.nome for secao in ANTIGOS[sistema].secoes for antiga in secao.antigas} if sistema else {}
    return next((nomes[_processo(parte)] for parte in reversed(partes) if _processo(parte) in nomes), None)


def secao_alheia(partes: tuple[str, ...], sistema: str | None) -> str | None:
    """The process section of another service that a key stands in."""
    for parte in partes:
        nome = _processo(parte)
        if nome == _CARGA_INICIAL or nome in _EXCLUSIVOS:
            return parte
    return None


def por_que_nao(secao: str, sistema: str | None) -> str:
    """Why a section is kept as a comment only."""
    outro = _EXCLUSIVOS.get(_processo(secao))
    if sistema and outro:
        return f"process of {ANTIGOS[outro].nome}, not part of this entry (import the file once more with --sistema {outro})"
    return "process not supported by this version"


def lugar(sistema: str, secao: str | None, parametro: str) -> str | None:
    """``section.key`` of the entry for a setting; ``None`` when the process has no such setting."""
    secao = secao or ANTIGOS[sistema].padrao
    if parametro in ("IntervaloCarga", "IntervaloImportacao"):
        secao = parametro.removeprefix("Intervalo").lower()  # the name itself says whose it is
    elif ANTIGOS[sistema].interval_names and parametro == "Interval" and secao:
        parametro += f"o{secao.capitalize()}"
    tem = any(s.nome == secao and parametro in s.chaves for s in ANTIGOS[sistema].secoes)
    return f"{secao}.{parametro}" if tem else None
