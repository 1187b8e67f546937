"""De/Para: a source system's codes into Fusion's words, one YAML file per installation or per system.

``<integracao id>.yaml`` wins whole over ``<sistema>.yaml``; both lie in the folder ``depara`` beside the settings file, else in
``include/settings/depara``. Where neither is there, the table that comes with the system counts. The environment variable
``FUSION_DEPARA`` names a folder that takes the place of all of these::

    catalogos:
      sexo:
        politica: recusar        # refuse the record (recusar), pass the code on (repassar) or use `padrao` (padrao)
        codigos: {M: MASCULINO, F: FEMININO}

Codes compare without outer blanks and without case. ``python -m include.fusion depara validar`` checks every file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from include.fusion.errors import CodigoSemDePara, ConfiguracaoInvalida
from include.fusion.settings.file import caminho_padrao
from include.fusion.settings.registry import SYSTEMS_FOLDER
from include.fusion.settings.strict_yaml import PASTA_SETTINGS, Modelo, conferir, ler_yaml, nome_do_arquivo

FALTANTES_MAX = 10_000
"""Distinct misses kept: a column of free text mistaken for a code must not fill the memory."""
_CODIGO_MAX = 100

Texto = Annotated[str, Field(min_length=1, max_length=_CODIGO_MAX)]


def _dobrar(codigo: str) -> str:
    return codigo.strip().casefold()


def _sem_repeticao(codigos: dict[str, str]) -> dict[str, str]:
    vistos: dict[str, str] = {}
    for codigo in codigos:
        anterior = vistos.setdefault(_dobrar(codigo), codigo)
        if anterior != codigo:
            raise ValueError(f"codes {anterior!r} and {codigo!r} are the same: case and outer blanks do not count")
    return {_dobrar(codigo): valor for codigo, valor in codigos.items()}


class Catalogo(Modelo):
    """One code table; ``codigos`` has its keys folded (no outer blanks, no case)."""

    politica: Literal["recusar", "repassar", "padrao"]
    padrao: Texto | None = None
    codigos: Annotated[dict[Texto, Texto], AfterValidator(_sem_repeticao)]

    @model_validator(mode="after")
    def _padrao_com_a_politica(self) -> Self:
        if (self.politica == "padrao") != (self.padrao is not None):
            raise ValueError("politica: padrao needs a value in 'padrao', and no other policy takes one")
        return self


class _Arquivo(Modelo):
    catalogos: dict[Texto, Catalogo]


_lidos: dict[Path, tuple[tuple[int, int], Mapping[str, Catalogo]]] = {}


def ler_catalogos(arquivo: Path) -> Mapping[str, Catalogo]:
    """Catalogues of one file, read again only when it changes."""
    try:
        estado = arquivo.stat()
    except OSError:
        raise ConfiguracaoInvalida(f"{nome_do_arquivo(arquivo)}: De/Para file not found") from None
    versao = (estado.st_mtime_ns, estado.st_size)
    if arquivo not in _lidos or _lidos[arquivo][0] != versao:
        _lidos[arquivo] = (versao, conferir(_Arquivo, ler_yaml(arquivo, so_texto=True), arquivo).catalogos)
    return _lidos[arquivo][1]


def folders(folder: Path | None = None) -> tuple[Path, ...]:
    """Where De/Para files lie: ``folder`` or ``FUSION_DEPARA`` alone, else the site's and then those that come with the systems."""
    if only := folder or os.environ.get("FUSION_DEPARA"):
        return (Path(only),)
    beside = caminho_padrao().parent / "depara"
    return (beside if beside.is_dir() else PASTA_SETTINGS / "depara", SYSTEMS_FOLDER)


def shipped(system: str) -> Path:
    """The table that comes with a system."""
    return SYSTEMS_FOLDER / system / "depara.yaml"


def all_files() -> list[Path]:
    """Every De/Para file there is."""
    return [file for folder in folders() for file in sorted(folder.glob("*/depara.yaml" if folder == SYSTEMS_FOLDER else "*.yaml"))]


class DePara:
    """Translations of one integration; ``faltantes`` counts (catalogue, code) without one since it was made."""

    def __init__(self, catalogos: Mapping[str, Catalogo], arquivo: str = "De/Para") -> None:
        self._catalogos = catalogos
        self._arquivo = arquivo
        self.faltantes: Counter[tuple[str, str]] = Counter()
        # A run asks for the same few codes over and over: what was answered without a miss is answered again.
        self._certos: dict[tuple[str, tuple[Any, ...]], str | None] = {}

    @classmethod
    def carregar(cls, integracao_id: str, sistema: str, pasta: Path | None = None) -> DePara:
        """``integracao_id`` is the entry's ``id`` in integracoes.yaml; :class:`ConfiguracaoInvalida` when no file fits."""
        pastas = folders(pasta)
        candidatos = [pastas[0] / f"{nome}.yaml" for nome in dict.fromkeys((integracao_id, sistema))]
        for arquivo in [*candidatos, *([shipped(sistema)] if SYSTEMS_FOLDER in pastas else [])]:
            if arquivo.exists():
                return cls(ler_catalogos(arquivo), nome_do_arquivo(arquivo))
        raise ConfiguracaoInvalida(f"{nome_do_arquivo(pastas[0])}: neither {integracao_id}.yaml nor {sistema}.yaml is there")

    def traduzir(self, catalogo: str, *codigos: Any) -> str | None:
        """Fusion's word for a source code; ``None`` for no code (NULL or blank).

        Several ``codigos`` are names of one thing (its code, its description), best first: the first that has a translation gives it,
        and a miss is one of the first that is not empty.

        A miss is counted in ``faltantes``, then refused (:class:`CodigoSemDePara`), passed on or replaced as the policy says. A
        ``repassar`` catalogue without any code passes everything on by design and counts nothing. A catalogue that the file does
        not have is :class:`ConfiguracaoInvalida`: no record of the batch could be right.
        """
        pedido = (catalogo, codigos)
        if pedido in self._certos:
            return self._certos[pedido]
        traduzido, certo = self._traduzir(catalogo, codigos)
        # Not of fractions: 1.10 and 1.1 are equal numbers, but other texts.
        if certo and len(self._certos) < FALTANTES_MAX and all(codigo is None or isinstance(codigo, str | int) for codigo in codigos):
            self._certos[pedido] = traduzido
        return traduzido

    def _traduzir(self, catalogo: str, codigos: tuple[Any, ...]) -> tuple[str | None, bool]:
        """The translation, and whether it was none of a miss."""
        textos = [texto for codigo in codigos if (texto := _texto(codigo))]
        if not textos:
            return None, True
        try:
            tabela = self._catalogos[catalogo]
        except KeyError:
            raise ConfiguracaoInvalida(f"{self._arquivo}: catalogos.{catalogo}: required, but missing") from None
        for texto in textos:
            if (traduzido := tabela.codigos.get(_dobrar(texto))) is not None:
                return traduzido, True
        falta = bool(tabela.codigos) or tabela.politica != "repassar"
        if falta:
            self._contar(catalogo, textos[0])
        if tabela.politica == "recusar":
            raise CodigoSemDePara(catalogo, textos[0])
        return (textos[0] if tabela.politica == "repassar" else tabela.padrao), not falta

    def _contar(self, catalogo: str, texto: str) -> None:
        falta = (catalogo, texto[:_CODIGO_MAX])
        if falta in self.faltantes or len(self.faltantes) < FALTANTES_MAX:
            self.faltantes[falta] += 1


def _texto(codigo: Any) -> str:
    if codigo is None:
        return ""
    if isinstance(codigo, str):
        return codigo.strip()
    if isinstance(codigo, bool):
        return str(int(codigo))  # a bit column reads as bool from one driver and as 0/1 from another
    if isinstance(codigo, float | Decimal) and codigo == codigo // 1:
        codigo = int(codigo)  # numeric(3,0) and float columns: 3.0 is the code "3"
    return str(codigo).strip()
