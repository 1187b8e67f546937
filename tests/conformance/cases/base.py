"""What the cases know of themselves."""

from __future__ import annotations

from typing import ClassVar

from tests.conformance.facts import Facts, facts


class Cases:
    """Some standard cases of the system that a subclass names. A method ``test_…`` is one; ``needs`` marks what not every system can have."""

    system: ClassVar[str] = ""

    @property
    def known(self) -> Facts:
        return facts(self.system)
