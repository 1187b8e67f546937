"""The old .NET services: what their files call processes and settings, and where each stands in an entry of ``integracoes.yaml``."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Secao:
    """A process of an entry. Old files have its name without underscores, in any case."""

    nome: str
    chaves: tuple[str, ...] = ("habilitado",)
    exigidas: tuple[str, ...] = ()
    """Written even where the old file does not say them, to be filled in."""
    obrigatoria: bool = False
    outros_nomes: tuple[str, ...] = ()
    """What old files call it, where that is not its name without underscores (in lower case)."""

    @property
    def antigas(self) -> tuple[str, ...]:
        return (self.nome.replace("_", ""), *self.outros_nomes)


@dataclass(frozen=True)
class Antigo:
    """A service that can be imported."""

    nome: str
    secoes: tuple[Secao, ...]
    padrao: str | None
    """Process of a setting that stands in no process section; ``None``: it could be anyone's."""


_ENTREGA = ("habilitado", "Interval", "MaxRecords")
_COM_LAYOUT = (*_ENTREGA, "LayoutID")
_DESTINADO = (*_ENTREGA, "IntegracaoID", "LayoutID")

ANTIGOS: dict[str, Antigo] = {
    "consulfarma": Antigo(
        "Consulfarma",
        (
            Secao("carga", ("habilitado", "IntervaloCarga"), obrigatoria=True),
            Secao("importacao", ("habilitado", "IntervaloImportacao", "MaxRecords"), obrigatoria=True),
        ),
        "importacao",
    ),
    "esus_ab": Antigo(
        "e-SUS AB",
        (Secao("importacao", _COM_LAYOUT, ("LayoutID",), obrigatoria=True), Secao("carga_inicial")),
        "importacao",
    ),
    "mv": Antigo(
        "MV",
        (
            Secao("atualizacao_fila_pendencias", ("habilitado", "Interval")),
            Secao("busca_atendimentos_paciente"),
            Secao("busca_atualizacoes_paciente"),
            Secao("processamento_pendencia_abertura", _DESTINADO),
            Secao("processamento_pendencia_alta", _DESTINADO),
            Secao("processamento_pendencia_troca_leito", _DESTINADO),
            Secao("processamento_pendencia_uti", _DESTINADO),
            Secao("processamento_pendencia_atualizacao_paciente", _DESTINADO),
            Secao("carga_inicial", ("habilitado", "IntegracaoID", "LayoutID")),
        ),
        None,
    ),
    "sotech": Antigo("Sotech", (Secao("carga", _ENTREGA, obrigatoria=True), Secao("integracao", _ENTREGA, obrigatoria=True)), "integracao"),
    "skymed": Antigo("Skymed", (Secao("importar_pendencias", _ENTREGA),), "importar_pendencias"),
    "tasy": Antigo(
        "Tasy",
        (
            # The first is how the old manual spells it.
            Secao("buscar_atendimentos", _ENTREGA, outros_nomes=("buscaraendimentosimportar", "buscaratendimentosimportar")),
            Secao("buscar_informacoes_atendimentos", _DESTINADO),
            Secao("gerar_pendencia_atualizacao_pacientes"),
            Secao("integrar_pendencia_atualizacao_pacientes", _DESTINADO),
        ),
        None,
    ),
    "trackcare": Antigo(
        "TrackCare",
        tuple(
            Secao(nome, _ENTREGA)
            for nome in ("carga_inicial_pacientes", "sincronizar_pacientes", "pendencia_busca_paciente", "envio_arquivo_fusion")
        ),
        None,
    ),
}

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
# Names of a process section that only one importable service has; those of Consulfarma and e-SUS AB are everyday words.
_EXCLUSIVOS = {
    antiga: sistema
    for sistema in ("mv", "skymed", "tasy", "trackcare")
    for secao in ANTIGOS[sistema].secoes
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
    nomes = {dobrar(parte) for parte in partes}
    donos = {_EXCLUSIVOS.get(_processo(parte)) for parte in partes}
    if "mv" in donos:
        return "mv"
    if "skymed" in donos or any("skymed" in nome for nome in nomes):
        return "skymed"
    if "tasy" in donos or any("tasy" in nome for nome in nomes):
        return "tasy"
    if "trackcare" in donos or any("trackcare" in nome for nome in nomes):
        return "trackcare"
    if nomes & {"intervalocarga", "intervaloimportacao"} or any("consulfarma" in nome for nome in nomes):
        return "consulfarma"
    # Both are everyday words, but only Sotech's file has the two as process sections.
    if any("sotech" in nome for nome in nomes) or {"carga", "integracao"} <= {_processo(parte) for parte in partes}:
        return "sotech"
    # A connection to MV alone could be Skymed's, but that one has no initial load.
    do_mv = any(re.fullmatch(r"(conexao|banco|fusionintegracoes)?(dba)?mv(connection(string)?|conexao|oracle|db)?", nome) for nome in nomes)
    if do_mv and any(_processo(parte) == _CARGA_INICIAL for parte in partes):
        return "mv"
    return "esus_ab" if "layoutid" in nomes or any("esus" in nome for nome in nomes) else None


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
    elif sistema == "consulfarma" and parametro == "Interval" and secao:
        parametro += f"o{secao.capitalize()}"
    tem = any(s.nome == secao and parametro in s.chaves for s in ANTIGOS[sistema].secoes)
    return f"{secao}.{parametro}" if tem else None
