"""Command line: check settings, and bring over those of the old .NET services."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.model.depara import DePara
from include.fusion.settings.file import caminho_padrao, read_file
from include.fusion.settings.integration import Integracao
from include.fusion.settings.interval import por_extenso
from include.fusion.settings.legacy import appsettings
from include.fusion.settings.legacy.as_yaml import como_yaml
from include.fusion.settings.legacy.services import ANTIGOS
from include.fusion.settings.sections import Busca, CargaInicial, Processo
from include.fusion.settings.strict_yaml import nome_do_arquivo

_PROGRAMA = "python -m include.fusion settings"


def validar(arquivo: Path | None) -> int:
    """0 and a table, or 1 and every fault; the De/Para file of each entry is part of the check."""
    try:
        integracoes, faults = read_file(arquivo)
    except ConfiguracaoInvalida as erro:
        print(erro, file=sys.stderr)
        return 1
    erros = [fault.text for fault in faults]
    for integracao in integracoes:
        try:
            DePara.carregar(integracao.id, integracao.sistema)
        except ConfiguracaoInvalida as erro:
            erros.append(str(erro))
    if erros:
        print("\n".join(erros), file=sys.stderr)
        return 1
    linhas = [("DAG", "SISTEMA", "IntegracaoID", "LIGADA", "PROCESSOS")]
    for integracao in integracoes:
        ligada = "sim" if integracao.habilitada else "não"
        for i, processo in enumerate(_processos(integracao)):
            inicio = (integracao.id, integracao.sistema, str(integracao.integracao_id), ligada) if i == 0 else ("", "", "", "")
            linhas.append((*inicio, processo))
    larguras = [max(len(linha[c]) for linha in linhas) for c in range(5)]
    for linha in linhas:
        print("  ".join(texto.ljust(largura) for texto, largura in zip(linha, larguras, strict=True)).rstrip())
    print(f"\n{nome_do_arquivo(arquivo or caminho_padrao())}: {len(integracoes)} integração(ões), tudo certo")
    return 0


def _processos(integracao: Integracao) -> list[str]:
    textos = [f"{nome}: {', '.join(_em_palavras(integracao, processo))}" for nome, processo in integracao if isinstance(processo, Processo)]
    return [*textos, f"rede de segurança: a cada {por_extenso(integracao.rede_de_seguranca)}"]


def _em_palavras(integracao: Integracao, processo: Processo) -> list[str]:
    fatos = []
    if isinstance(processo, CargaInicial):
        fatos.append(f"uma vez, páginas de {processo.pagina}, prioridade {processo.prioridade}")
    elif processo.interval is not None:
        fatos.append(f"a cada {por_extenso(processo.interval)}")
    if isinstance(processo, Busca) and processo is integracao.busca and processo.vigiar_origem:
        fatos.append(f"assim que a origem muda (vigia a cada {por_extenso(processo.intervalo_vigia)})")
    for campo, texto in (("max_records", "até {} registros"), ("layout_id", "layout {}"), ("integracao_id", "IntegracaoID {}")):
        if (valor := dict(processo).get(campo)) is not None:
            fatos.append(texto.format(valor))
    return [*fatos, "ligado" if processo.habilitado else "desligado"]


def importar(opcoes: argparse.Namespace) -> int:
    """Entry and connections to the output, warnings to stderr; 1 when nothing could be made of the file."""
    try:
        lido = appsettings.de_arquivo(opcoes.arquivo, opcoes.sistema, opcoes.integracao)
    except ConfiguracaoInvalida as erro:
        print(erro, file=sys.stderr)
        return 1
    texto = como_yaml(lido, opcoes.fuso, opcoes.mostrar_segredos)
    if lido.sistema is None:
        lido.avisos.insert(
            0, f"no entry written: which system this is was not clear, or it is not yet supported; --sistema takes {', '.join(ANTIGOS)}"
        )
    for aviso in lido.avisos:
        print(f"warning: {aviso}", file=sys.stderr)
    if opcoes.saida is None:
        print(texto, end="")
        return 0
    try:
        # A new file only, for its owner only: it may hold passwords, and must not replace settings that work.
        descritor = os.open(opcoes.saida, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as erro:
        print(f"{opcoes.saida}: cannot be written: {erro.strerror}", file=sys.stderr)
        return 1
    with os.fdopen(descritor, "w", encoding="utf-8") as saida:
        saida.write(texto)
    return 0


def main(argumentos: list[str] | None = None) -> int:
    linha = argparse.ArgumentParser(prog=_PROGRAMA, description=__doc__, epilog=f"example: {_PROGRAMA} validar")
    comandos = linha.add_subparsers(dest="comando", required=True)
    checar = comandos.add_parser(
        "validar",
        help="check a settings file and its De/Para files, show intervals in words",
        epilog=f"example: {_PROGRAMA} validar include/settings/integracoes.yaml",
    )
    checar.add_argument("arquivo", nargs="?", type=Path, help="default: FUSION_SETTINGS, or include/settings/integracoes.yaml")
    trazer = comandos.add_parser(
        "import-appsettings",
        help="turn an old service's appsettings.json into an entry and Airflow connection URIs",
        epilog=f"example: {_PROGRAMA} import-appsettings appsettings.json --integracao norte --fuso America/Bahia --saida novo.yaml",
    )
    trazer.add_argument("arquivo", type=Path, help="the old appsettings.json")
    trazer.add_argument("--integracao", metavar="ID", help="id of the new entry (default: the system's name)")
    trazer.add_argument("--sistema", choices=list(ANTIGOS), help="where the file does not tell")
    trazer.add_argument("--fuso", metavar="ZONE", help="time zone of the source, e.g. America/Bahia; without it you fill it in")
    trazer.add_argument("--mostrar-segredos", action="store_true", help="write passwords in clear instead of ***")
    trazer.add_argument("--saida", metavar="FILE", type=Path, help="write to a new file, readable by you only, instead of the screen")
    opcoes = linha.parse_args(argumentos)
    return validar(opcoes.arquivo) if opcoes.comando == "validar" else importar(opcoes)
