"""Throw-away certificates: an authority, and what it signs for 127.0.0.1."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority that lives in ``folder``; ``pem`` is its own certificate."""

    def __init__(self, folder: Path, name: str = "teste") -> None:
        self._folder = folder
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.pem = folder / f"{name}.ca.pem"
        certificate = self._certificate(self._name, self._key, x509.BasicConstraints(True, None))
        self.pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, name: str) -> Path:
        """PEM with a new key and its certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(_name(name), key, x509.BasicConstraints(False, None))
        file = self._folder / f"{name}.pem"
        privada = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        file.write_bytes(privada + certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def _certificate(self, owner: x509.Name, key: ec.EllipticCurvePrivateKey, role: x509.BasicConstraints) -> x509.Certificate:
        now = datetime.now(UTC)
        done = x509.CertificateBuilder(self._name, owner, key.public_key(), x509.random_serial_number())
        done = done.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return done.add_extension(role, True).add_extension(address, False).sign(self._key, hashes.SHA256())
