"""``integracoes.yaml``: found, read once per change, and checked entry by entry."""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from pydantic import Field

from include.fusion.errors import ConfiguracaoInvalida
from include.fusion.settings.integration import Integracao
from include.fusion.settings.registry import settings_class, systems
from include.fusion.settings.strict_yaml import PASTA_SETTINGS, Modelo, achado, conferir, ler_yaml, nome_do_arquivo

I = TypeVar("I", bound=Integracao)  # noqa: E741 - the usual short name of a type variable


_Chaves = Callable[[Integracao], Sequence[Hashable]]


class _Arquivo(Modelo):
    integracoes: list[Any] = Field(min_length=1)


class Fault(NamedTuple):
    """What keeps one entry from having its DAGs."""

    entry_id: str
    """As it stands in the file, which may be what is wrong with it; its place there where it has none."""
    text: str
    """A line for each thing to mend: file, path inside it, what was expected."""


class SettingsFile(NamedTuple):
    """The entries that are right, disabled ones too, and what is wrong with the others."""

    entries: tuple[Integracao, ...]
    faults: tuple[Fault, ...]


_lidos: dict[Path, tuple[tuple[int, int], SettingsFile]] = {}


def caminho_padrao() -> Path:
    """``FUSION_SETTINGS``, or include/settings/integracoes.yaml of this repository."""
    return Path(os.environ.get("FUSION_SETTINGS") or PASTA_SETTINGS / "integracoes.yaml")


def read_file(caminho: str | Path | None = None) -> SettingsFile:
    """Entries and faults; :class:`ConfiguracaoInvalida` where the file as a whole cannot be read. Read again only when it changes."""
    arquivo = Path(caminho) if caminho else caminho_padrao()
    try:
        estado = arquivo.stat()
    except OSError:
        raise ConfiguracaoInvalida(f"{nome_do_arquivo(arquivo)}: settings file not found; examples/integracoes.yaml shows one") from None
    versao = (estado.st_mtime_ns, estado.st_size)
    if arquivo not in _lidos or _lidos[arquivo][0] != versao:
        _lidos[arquivo] = (versao, _ler(arquivo))
    return _lidos[arquivo][1]


def carregar(caminho: str | Path | None = None) -> tuple[Integracao, ...]:
    """All entries of a file without any fault; :class:`ConfiguracaoInvalida` lists every one."""
    lido = read_file(caminho)
    if lido.faults:
        raise ConfiguracaoInvalida("\n".join(fault.text for fault in lido.faults))
    return lido.entries


def instaladas(tipo: type[I], caminho: str | Path | None = None, *, sistema: str | None = None) -> tuple[I, ...]:
    """Enabled entries of one system: what its DAG file iterates over. ``sistema``: of those that share a class, only this one's.

    An entry with a fault is left out, so that it stops no other; ``dags/configuracao.py`` is what says so.
    """
    return tuple(i for i in read_file(caminho).entries if isinstance(i, tipo) and i.habilitada and sistema in (None, i.sistema))


def obter(id: str, caminho: str | Path | None = None) -> Integracao:
    """The entry with this id; :class:`ConfiguracaoInvalida` says what is wrong with it, or that there is none."""
    lido = read_file(caminho)
    for integracao in lido.entries:
        if integracao.id == id:
            return integracao
    arquivo = nome_do_arquivo(Path(caminho) if caminho else caminho_padrao())
    textos = [fault.text for fault in lido.faults if fault.entry_id == id]
    raise ConfiguracaoInvalida("\n".join(textos) or f"{arquivo}: integracoes: no entry with id {id!r}")


def _ler(arquivo: Path) -> SettingsFile:
    nome = nome_do_arquivo(arquivo)
    lidas: dict[int, Integracao] = {}
    queixas: dict[int, list[str]] = defaultdict(list)
    dados = conferir(_Arquivo, ler_yaml(arquivo), arquivo).integracoes
    for i, entrada in enumerate(dados):
        prefixo = f"integracoes[{i}]"
        try:
            # What is no mapping is said by the check that all entries have in common.
            tipo = settings_class(str(entrada.get("sistema"))) if isinstance(entrada, dict) else Integracao
            if tipo is None:
                raise ConfiguracaoInvalida(f"{nome}: {prefixo}.sistema: {_sistema_errado(entrada.get('sistema'))}")
            lidas[i] = conferir(tipo, entrada, arquivo, prefixo, {"pasta": arquivo.parent})
        except ConfiguracaoInvalida as erro:
            queixas[i].append(str(erro))
    for i, texto in _repeticoes(lidas):
        queixas[i].append(f"{nome}: {texto}")
    return SettingsFile(
        tuple(integracao for i, integracao in lidas.items() if i not in queixas),
        tuple(Fault(_nome(dados[i], i), "\n".join(queixas[i])) for i in sorted(queixas)),
    )


def _nome(entrada: Any, i: int) -> str:
    nome = entrada.get("id") if isinstance(entrada, dict) else None
    return nome if isinstance(nome, str) else f"integracoes[{i}]"


def _sistema_errado(valor: Any) -> str:
    perto = difflib.get_close_matches(str(valor), systems(), n=1)
    dica = f"; did you mean {perto[0]!r}?" if perto else ""
    return f"expected one of {', '.join(systems())} (the folders of include/fusion/sistemas), found {achado(valor)}{dica}"


def _repeticoes(integracoes: Mapping[int, Integracao]) -> list[tuple[int, str]]:
    """Entries that would share a DAG, a queue, or (a copied entry) read one source for one Fusion twice.

    Each of them is told and stopped: which is the copy, and whose queue it is, only people know.
    """
    copia = "the same source would be sent to the same fusion_api twice"
    regras: tuple[tuple[str, str, _Chaves], ...] = (
        ("id", "DAG ids must differ, and in more than case", lambda i: [d.casefold() for d in i.dag_ids]),
        ("IntegracaoID", "it keys queue and ledger of a fusion_db", lambda i: [(i.conexoes.banco, n) for n in sorted(i.numeros)]),
        ("conexoes.origem", copia, lambda i: [(i.sistema, i.conexoes.origem, i.conexoes.fusion_api)]),
    )
    repetidas = []
    for campo, motivo, chaves in regras:
        donos: dict[Hashable, set[int]] = defaultdict(set)
        for i, integracao in integracoes.items():
            for chave in chaves(integracao):
                donos[chave].add(i)
        pares = {(i, outro) for juntos in donos.values() for i in juntos for outro in juntos - {i}}
        repetidas += [(i, f"integracoes[{i}].{campo}: same as integracoes[{outro}]: {motivo}") for i, outro in sorted(pares)]
    return repetidas
