"""``integracoes.yaml``: found, read once per change, and checked as a whole."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings.integration import Integracao
from include.fusion.settings.registry import settings_class, systems
from include.fusion.settings.strict_yaml import PASTA_SETTINGS, Modelo, achado, conferir, ler_yaml, nome_do_arquivo

I = TypeVar("I", bound=Integracao)  # noqa: E741 - the usual short name of a type variable


_Chaves = Callable[[Integracao], Sequence[Hashable]]


class _Arquivo(Modelo):
    integracoes: list[dict[str, Any]] = Field(min_length=1)


_lidos: dict[Path, tuple[tuple[int, int], tuple[Integracao, ...]]] = {}


def caminho_padrao() -> Path:
    """``FUSION_SETTINGS``, or include/settings/integracoes.yaml of this repository."""
    return Path(os.environ.get("FUSION_SETTINGS") or PASTA_SETTINGS / "integracoes.yaml")


def carregar(caminho: str | Path | None = None) -> tuple[Integracao, ...]:
    """All entries, disabled ones too; :class:`ConfiguracaoInvalida` lists every fault. Read again only when the file changes."""
    arquivo = Path(caminho) if caminho else caminho_padrao()
    try:
        estado = arquivo.stat()
    except OSError:
        raise ConfiguracaoInvalida(f"{nome_do_arquivo(arquivo)}: settings file not found") from None
    versao = (estado.st_mtime_ns, estado.st_size)
    if arquivo not in _lidos or _lidos[arquivo][0] != versao:
        _lidos[arquivo] = (versao, _ler(arquivo))
    return _lidos[arquivo][1]


def instaladas(tipo: type[I], caminho: str | Path | None = None, *, sistema: str | None = None) -> tuple[I, ...]:
    """Enabled entries of one system: what its DAG file iterates over. ``sistema``: of those that share a class, only this one's."""
    return tuple(i for i in carregar(caminho) if isinstance(i, tipo) and i.habilitada and sistema in (None, i.sistema))


def obter(id: str, caminho: str | Path | None = None) -> Integracao:
    """The entry with this id."""
    for integracao in carregar(caminho):
        if integracao.id == id:
            return integracao
    arquivo = nome_do_arquivo(Path(caminho) if caminho else caminho_padrao())
    raise ConfiguracaoInvalida(f"{arquivo}: integracoes: no entry with id {id!r}")


def _ler(arquivo: Path) -> tuple[Integracao, ...]:
    dados = conferir(_Arquivo, ler_yaml(arquivo), arquivo).integracoes
    lidas: list[Integracao] = []
    erros: list[str] = []
    for i, entrada in enumerate(dados):
        prefixo = f"integracoes[{i}]"
        try:
            tipo = settings_class(str(entrada.get("sistema")))
            if tipo is None:
                raise ConfiguracaoInvalida(f"{nome_do_arquivo(arquivo)}: {prefixo}.sistema: {_sistema_errado(entrada.get('sistema'))}")
            lidas.append(conferir(tipo, entrada, arquivo, prefixo, {"pasta": arquivo.parent}))
        except ConfiguracaoInvalida as erro:
            erros.append(str(erro))
    if not erros:
        erros = [f"{nome_do_arquivo(arquivo)}: {texto}" for texto in _repeticoes(lidas)]
    if erros:
        raise ConfiguracaoInvalida("\n".join(erros))
    return tuple(lidas)


def _sistema_errado(valor: Any) -> str:
    perto = difflib.get_close_matches(str(valor), systems(), n=1)
    dica = f"; did you mean {perto[0]!r}?" if perto else ""
    return f"expected one of {', '.join(systems())} (the folders of include/fusion/sistemas), found {achado(valor)}{dica}"


def _repeticoes(integracoes: Sequence[Integracao]) -> list[str]:
    """Entries that would share a DAG, a queue, or (a copied entry) read one source for one Fusion twice."""
    copia = "the same source would be sent to the same fusion_api twice"
    regras: tuple[tuple[str, str, _Chaves], ...] = (
        ("id", "DAG ids must differ, and in more than case", lambda i: [d.casefold() for d in i.dag_ids]),
        ("IntegracaoID", "it keys queue and ledger of a fusion_db", lambda i: [(i.conexoes.banco, n) for n in sorted(i.numeros)]),
        ("conexoes.origem", copia, lambda i: [(i.sistema, i.conexoes.origem, i.conexoes.fusion_api)]),
    )
    queixas = []
    for campo, motivo, chaves in regras:
        dono: dict[Hashable, int] = {}
        for i, integracao in enumerate(integracoes):
            outros = {dono.setdefault(chave, i) for chave in chaves(integracao)} - {i}
            queixas += [f"integracoes[{i}].{campo}: same as integracoes[{outro}]: {motivo}" for outro in sorted(outros)]
    return queixas
