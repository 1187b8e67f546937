"""The list of mutants, and whether it still fits the code."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import astuple, dataclass
from pathlib import Path

LIST = Path(__file__).parent / "mutants.toml"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutant:
    """One fault: in ``file``, the text ``old`` (there once) becomes ``new``."""

    name: str
    file: str
    old: str
    new: str
    breaks: str
    """What goes wrong then, for readers."""
    case: str = ""
    """Standard case that notices it."""
    system: str = ""
    """System whose standard cases run; empty: unit tests alone."""

    @property
    def test(self) -> str:
        """File with the standard cases of its system."""
        return f"tests/conformance/test_{self.system}.py"

    @property
    def near(self) -> str:
        """Folder with the unit tests of its room: they notice it soonest."""
        room = Path(self.file).relative_to("include/fusion").parent if self.file.startswith("include/fusion/") else Path(self.file).parent
        return f"tests/unit/{room}"

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:16]

    def apply(self, root: Path) -> str:
        """Change its file below ``root``; returns the text from before. ``ValueError``: ``old`` is not there exactly once."""
        file = root / self.file
        text = file.read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: {self.file} has its text {found} times, not once")
        file.write_text(text.replace(self.old, self.new), encoding="utf-8")
        return text


def mutants() -> tuple[Mutant, ...]:
    """All, in the order of the list."""
    return tuple(Mutant(**m) for m in tomllib.loads(LIST.read_text(encoding="utf-8"))["mutant"])
