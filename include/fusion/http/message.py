"""One request, one answer, and the wait that an answer may ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from yarl import URL


@dataclass
class Request:
    """``where``: its name in errors (a route, a resource type), never a value. A ``URL`` is sent with its own quoting."""

    method: str
    url: str | URL = field(repr=False)
    where: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def with_headers(self, headers: Mapping[str, str]) -> Request:
        return Request(self.method, self.url, self.where, self.body, {**self.headers, **headers})


@dataclass
class Answer:
    """One complete answer, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; ``None`` when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def try_again(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in (408, 425, 429) or self.status >= 500

    @property
    def wait(self) -> float | None:
        return requested_wait(self.headers.get("Retry-After"))


def requested_wait(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a ``Retry-After`` header in either form (seconds or HTTP date); ``None`` when absent or unreadable."""
    if not value:
        return None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - (now or datetime.now(UTC))).total_seconds())
