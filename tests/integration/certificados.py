"""Throw-away certificates: an authority, and what it signs for 127.0.0.1."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def _nome(texto: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, texto)])


class Autoridade:
    """A certificate authority that lives in ``pasta``; ``pem`` is its own certificate."""

    def __init__(self, pasta: Path, nome: str = "teste") -> None:
        self._pasta = pasta
        self._nome = _nome(nome)
        self._chave = ec.generate_private_key(ec.SECP256R1())
        self.pem = pasta / f"{nome}.ca.pem"
        certificado = self._certificado(self._nome, self._chave, x509.BasicConstraints(True, None))
        self.pem.write_bytes(certificado.public_bytes(serialization.Encoding.PEM))

    def assinar(self, nome: str) -> Path:
        """PEM with a new key and its certificate."""
        chave = ec.generate_private_key(ec.SECP256R1())
        certificado = self._certificado(_nome(nome), chave, x509.BasicConstraints(False, None))
        arquivo = self._pasta / f"{nome}.pem"
        privada = chave.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        arquivo.write_bytes(privada + certificado.public_bytes(serialization.Encoding.PEM))
        return arquivo

    def _certificado(self, dono: x509.Name, chave: ec.EllipticCurvePrivateKey, papel: x509.BasicConstraints) -> x509.Certificate:
        agora = datetime.now(UTC)
        feito = x509.CertificateBuilder(self._nome, dono, chave.public_key(), x509.random_serial_number())
        feito = feito.not_valid_before(agora - timedelta(hours=1)).not_valid_after(agora + timedelta(days=1))
        endereco = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        return feito.add_extension(papel, True).add_extension(endereco, False).sign(self._chave, hashes.SHA256())
