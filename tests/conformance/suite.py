"""The standard cases of a system."""

from __future__ import annotations

from typing import ClassVar


class SystemSuite:
    """Subclass it and name the system: its folder in ``include/fusion/sistemas``, and its source of that name in ``sandbox/origens``."""

    system: ClassVar[str] = ""
