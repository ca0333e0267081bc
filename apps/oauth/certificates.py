"""Client certificates: what one says, and which one a request was made with.

Who signed it does not matter to us: it is known by its SHA-256, and the proxy made sure that the
caller holds its private key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import unquote

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from django.http import HttpRequest
from rest_framework.request import Request

from apps.core.client_address import comes_through_proxy

# Set by our own proxy to the certificate of the TLS connection, PEM, percent-encoded.
HEADER = "X-Client-Certificate"
RSA_BITS_MIN = 2048
CURVES = ("secp256r1", "secp384r1", "secp521r1")

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class NotACertificate(ValueError):
    """The text is not one usable X.509 certificate in PEM; the message says why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """`thumbprint` is the hexadecimal SHA-256 of the whole."""

    thumbprint: str
    subject: str
    not_before: datetime
    not_after: datetime
    is_authority: bool
    # What is wrong with its key, "" if nothing is.
    weakness: str


def read_certificate(pem: str) -> Certificate:
    """Raises NotACertificate."""
    der = _der(pem)
    try:
        certificate = x509.load_der_x509_certificate(der)
        return Certificate(
            thumbprint=hashlib.sha256(der).hexdigest(),
            subject=_printable(certificate.subject.rfc4514_string()),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            is_authority=_is_authority(certificate),
            weakness=_weakness(certificate),
        )
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise NotACertificate("it is not an X.509 certificate that we can read") from None


def presented_thumbprint(request: HttpRequest | Request) -> str:
    """Of the certificate this request's TLS connection was made with; "" without one.

    Believed only from a trusted proxy: anybody can write a header.
    """
    header = request.headers.get(HEADER, "")
    if not header or not comes_through_proxy(request):
        return ""
    return _thumbprint_of_header(header)


def confirmation(thumbprint: str) -> dict[str, str]:
    """The thumbprint as RFC 8705 writes it."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(thumbprint))
    return {"x5t#S256": digest.decode().rstrip("=")}


@lru_cache(maxsize=1024)
def _thumbprint_of_header(header: str) -> str:
    try:
        return hashlib.sha256(_der(unquote(header))).hexdigest()
    except NotACertificate:
        return ""


def _der(pem: str) -> bytes:
    head, begin, rest = pem.strip().partition(_BEGIN)
    body, end, tail = rest.partition(_END)
    if not begin or not end or head.strip() or tail.strip():
        raise NotACertificate(f"send one certificate, from {_BEGIN} to {_END}")
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotACertificate("what stands between BEGIN and END is not base64") from None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return constraints.value.ca


def _weakness(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        short = key.key_size < RSA_BITS_MIN
        return f"its RSA key has {key.key_size} bits" if short else ""
    if isinstance(key, EllipticCurvePublicKey):
        return "" if key.curve.name in CURVES else f"its key lies on {key.curve.name}"
    return "" if isinstance(key, Ed25519PublicKey) else "its key is of an unknown kind"


def _printable(subject: str) -> str:
    return "".join(character for character in subject if character.isprintable())[:500]
