"""De/Para translates a source system's codes into Fusion's words.

Exactly one file is used, the first that exists: ``<entry id>.yaml``, then ``<system>.yaml``, both in the folder ``depara`` beside the
settings file (or in ``include/settings/depara``), then the system's own ``depara.yaml``. The environment variable ``FUSION_DEPARA``
replaces all these folders by one::

    catalogos:
      sexo:
        politica: recusar        # refuse the record (recusar), pass the code on (repassar) or use `padrao` (padrao)
        codigos: {M: MASCULINO, F: FEMININO}

Outer blanks and case of a code do not count. ``python -m include.fusion depara validar`` checks every file.
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
"""Most different misses that are kept: free text in a code column must not fill the memory."""
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
    """One code table; the keys of ``codigos`` are folded (no outer blanks, no case)."""

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


_by_file: dict[Path, tuple[tuple[int, int], Mapping[str, Catalog]]] = {}


def read_catalogs(file: Path) -> Mapping[str, Catalog]:
    """Catalogues of one file. The file is read again only after a change."""
    try:
        state = file.stat()
    except OSError:
        raise InvalidConfiguration(f"{file_name(file)}: De/Para file not found") from None
    version = (state.st_mtime_ns, state.st_size)
    if file not in _by_file or _by_file[file][0] != version:
        _by_file[file] = (version, check(_CatalogFile, read_yaml(file, text_only=True), file).catalogos)
    return _by_file[file][1]


def folders(folder: Path | None = None) -> tuple[Path, ...]:
    """Folders with De/Para files: only ``folder`` or ``FUSION_DEPARA`` if given, else the site's folder and the systems' folder."""
    if only := folder or os.environ.get("FUSION_DEPARA"):
        return (Path(only),)
    beside = default_path().parent / "depara"
    return (beside if beside.is_dir() else SETTINGS_FOLDER / "depara", SYSTEMS_FOLDER)


def shipped(system: str) -> Path:
    """The system's own file."""
    return SYSTEMS_FOLDER / system / "depara.yaml"


def all_files() -> list[Path]:
    """Every De/Para file."""
    return [file for folder in folders() for file in sorted(folder.glob("*/depara.yaml" if folder == SYSTEMS_FOLDER else "*.yaml"))]


class DePara:
    """Translations for one integration. ``unmapped`` counts the misses: (catalogue, code) → how often."""

    def __init__(self, catalogs: Mapping[str, Catalog], file: str = "De/Para") -> None:
        self._catalogs = catalogs
        self._file = file
        self.unmapped: Counter[tuple[str, str]] = Counter()
        # A run asks for the same few codes again and again: answers without a miss are kept.
        self._right: dict[tuple[str, tuple[Any, ...]], str | None] = {}

    @classmethod
    def load(cls, integracao_id: str, system: str, folder: Path | None = None) -> Self:
        """``integracao_id`` is the entry's ``id`` in integracoes.yaml. Raises :class:`InvalidConfiguration` when there is no file."""
        places = folders(folder)
        candidates = [places[0] / f"{name}.yaml" for name in dict.fromkeys((integracao_id, system))]
        for file in [*candidates, *([shipped(system)] if SYSTEMS_FOLDER in places else [])]:
            if file.exists():
                return cls(read_catalogs(file), file_name(file))
        raise InvalidConfiguration(f"{file_name(places[0])}: neither {integracao_id}.yaml nor {system}.yaml is there")

    def translate(self, catalog: str, *codes: Any) -> str | None:
        """Fusion's word for a source code; ``None`` when there is no code (NULL or blank).

        Several ``codes`` name one thing (its code, its description), best first. The first one with a translation wins.

        A miss is counted in ``unmapped`` under the first code that is not blank. Then the catalogue's policy decides: refuse
        (:class:`CodeWithoutDePara`), pass the code on, or use the default. An empty ``repassar`` catalogue has no misses.
        A catalogue that is not in the file raises :class:`InvalidConfiguration`: every record of the batch would be wrong.
        """
        request = (catalog, codes)
        if request in self._right:
            return self._right[request]
        translated, ok = self._translate(catalog, codes)
        # No fractions here: 1.10 and 1.1 are equal as numbers, but different as texts.
        if ok and len(self._right) < UNMAPPED_MAX and all(code is None or isinstance(code, str | int) for code in codes):
            self._right[request] = translated
        return translated

    def _translate(self, catalog: str, codes: tuple[Any, ...]) -> tuple[str | None, bool]:
        """(translation, whether there was no miss)."""
        texts = [text for code in codes if (text := code_text(code))]
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
        miss = (catalog, texts[0][:_CODE_MAX])
        if missing and (miss in self.unmapped or len(self.unmapped) < UNMAPPED_MAX):
            self.unmapped[miss] += 1
        if table.politica == "recusar":
            raise CodeWithoutDePara(catalog, texts[0])
        return (texts[0] if table.politica == "repassar" else table.padrao), not missing


def code_text(code: Any) -> str:
    """A source's code as De/Para compares it; empty for none."""
    if code is None:
        return ""
    if isinstance(code, str):
        return code.strip()
    if isinstance(code, bool):
        return str(int(code))  # a bit column reads as bool from one driver and as 0/1 from another
    if isinstance(code, float | Decimal) and code == code // 1:
        code = int(code)  # numeric(3,0) and float columns: 3.0 is the code "3"
    return str(code).strip()
