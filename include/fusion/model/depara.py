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

from include.fusion.errors import CodeWithoutDePara, InvalidConfiguration
from include.fusion.settings.file import default_path
from include.fusion.settings.registry import SYSTEMS_FOLDER
from include.fusion.settings.strict_yaml import SETTINGS_FOLDER, StrictModel, check, file_name, read_yaml

UNMAPPED_MAX = 10_000
"""Distinct misses kept: a column of free text mistaken for a code must not fill the memory."""
_CODE_MAX = 100

Text = Annotated[str, Field(min_length=1, max_length=_CODE_MAX)]


def _fold(code: str) -> str:
    return code.strip().casefold()


def _without_duplicates(codes: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for code in codes:
        previous = seen.setdefault(_fold(code), code)
        if previous != code:
            raise ValueError(f"codes {previous!r} and {code!r} are the same: case and outer blanks do not count")
    return {_fold(code): value for code, value in codes.items()}


class Catalog(StrictModel):
    """One code table; ``codigos`` has its keys folded (no outer blanks, no case)."""

    politica: Literal["recusar", "repassar", "padrao"]
    padrao: Text | None = None
    codigos: Annotated[dict[Text, Text], AfterValidator(_without_duplicates)]

    @model_validator(mode="after")
    def _default_with_policy(self) -> Self:
        if (self.politica == "padrao") != (self.padrao is not None):
            raise ValueError("politica: padrao needs a value in 'padrao', and no other policy takes one")
        return self


class _CatalogFile(StrictModel):
    catalogos: dict[Text, Catalog]


_read_items: dict[Path, tuple[tuple[int, int], Mapping[str, Catalog]]] = {}


def read_catalogs(file: Path) -> Mapping[str, Catalog]:
    """Catalogues of one file, read again only when it changes."""
    try:
        state = file.stat()
    except OSError:
        raise InvalidConfiguration(f"{file_name(file)}: De/Para file not found") from None
    version = (state.st_mtime_ns, state.st_size)
    if file not in _read_items or _read_items[file][0] != version:
        _read_items[file] = (version, check(_CatalogFile, read_yaml(file, text_only=True), file).catalogos)
    return _read_items[file][1]


def folders(folder: Path | None = None) -> tuple[Path, ...]:
    """Where De/Para files lie: ``folder`` or ``FUSION_DEPARA`` alone, else the site's and then those that come with the systems."""
    if only := folder or os.environ.get("FUSION_DEPARA"):
        return (Path(only),)
    beside = default_path().parent / "depara"
    return (beside if beside.is_dir() else SETTINGS_FOLDER / "depara", SYSTEMS_FOLDER)


def shipped(system: str) -> Path:
    """The table that comes with a system."""
    return SYSTEMS_FOLDER / system / "depara.yaml"


def all_files() -> list[Path]:
    """Every De/Para file there is."""
    return [file for folder in folders() for file in sorted(folder.glob("*/depara.yaml" if folder == SYSTEMS_FOLDER else "*.yaml"))]


class DePara:
    """Translations of one integration; ``unmapped`` counts (catalogue, code) without one since it was made."""

    def __init__(self, catalogs: Mapping[str, Catalog], file: str = "De/Para") -> None:
        self._catalogs = catalogs
        self._file = file
        self.unmapped: Counter[tuple[str, str]] = Counter()
        # A run asks for the same few codes over and over: what was answered without a miss is answered again.
        self._right: dict[tuple[str, tuple[Any, ...]], str | None] = {}

    @classmethod
    def load(cls, integracao_id: str, system: str, folder: Path | None = None) -> DePara:
        """``integracao_id`` is the entry's ``id`` in integracoes.yaml; :class:`InvalidConfiguration` when no file fits."""
        pastas = folders(folder)
        candidates = [pastas[0] / f"{name}.yaml" for name in dict.fromkeys((integracao_id, system))]
        for file in [*candidates, *([shipped(system)] if SYSTEMS_FOLDER in pastas else [])]:
            if file.exists():
                return cls(read_catalogs(file), file_name(file))
        raise InvalidConfiguration(f"{file_name(pastas[0])}: neither {integracao_id}.yaml nor {system}.yaml is there")

    def translate(self, catalog: str, *codes: Any) -> str | None:
        """Fusion's word for a source code; ``None`` for no code (NULL or blank).

        Several ``codes`` are names of one thing (its code, its description), best first: the first that has a translation gives it,
        and a miss is one of the first that is not empty.

        A miss is counted in ``unmapped``, then refused (:class:`CodeWithoutDePara`), passed on or replaced as the policy says. A
        ``repassar`` catalogue without any code passes everything on by design and counts nothing. A catalogue that the file does
        not have is :class:`InvalidConfiguration`: no record of the batch could be right.
        """
        request = (catalog, codes)
        if request in self._right:
            return self._right[request]
        translated, ok = self._translate(catalog, codes)
        # Not of fractions: 1.10 and 1.1 are equal numbers, but other texts.
        if ok and len(self._right) < UNMAPPED_MAX and all(code is None or isinstance(code, str | int) for code in codes):
            self._right[request] = translated
        return translated

    def _translate(self, catalog: str, codes: tuple[Any, ...]) -> tuple[str | None, bool]:
        """The translation, and whether it was none of a miss."""
        texts = [text for code in codes if (text := _text(code))]
        if not texts:
            return None, True
        try:
            table = self._catalogs[catalog]
        except KeyError:
            raise InvalidConfiguration(f"{self._file}: catalogos.{catalog}: required, but missing") from None
        for text in texts:
            if (translated := table.codigos.get(_fold(text))) is not None:
                return translated, True
        missing = bool(table.codigos) or table.politica != "repassar"
        if missing:
            self._tally(catalog, texts[0])
        if table.politica == "recusar":
            raise CodeWithoutDePara(catalog, texts[0])
        return (texts[0] if table.politica == "repassar" else table.padrao), not missing

    def _tally(self, catalog: str, text: str) -> None:
        missing = (catalog, text[:_CODE_MAX])
        if missing in self.unmapped or len(self.unmapped) < UNMAPPED_MAX:
            self.unmapped[missing] += 1


def _text(code: Any) -> str:
    if code is None:
        return ""
    if isinstance(code, str):
        return code.strip()
    if isinstance(code, bool):
        return str(int(code))  # a bit column reads as bool from one driver and as 0/1 from another
    if isinstance(code, float | Decimal) and code == code // 1:
        code = int(code)  # numeric(3,0) and float columns: 3.0 is the code "3"
    return str(code).strip()
