"""Requests without TLS: only to this machine, unless a connection says that its network is safe."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine by name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def leaves_unprotected(url: str) -> bool:
    """Whether requests to ``url`` leave this machine without TLS. An address that is none does not: it fails by itself."""
    try:
        parts = urlsplit(url)
        return parts.scheme.lower() == "http" and not is_loopback(parts.hostname or "")
    except ValueError:
        return False
