from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.utils import timezone

if TYPE_CHECKING:
    from tests.security.routes import World

APPLICATION = {
    "name": "till",
    "redirect_uris": ["https://shop.example/back"],
    "scopes": ["payments:read"],
}


def _certificate() -> str:
    """A program's own, which nobody else has: PEM."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "till.shop.example")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, None)
    )
    return made.public_bytes(Encoding.PEM).decode()


def _certificate_body(world: World) -> dict[str, Any]:
    return {"certificate": _certificate(), "scopes": ["payments:read"], "label": "till"}


OBJECTS = {
    "application_id": lambda world: world.made_by_api("oauth_applications", APPLICATION),
    "certificate_id": lambda world: world.made_by_api(
        "client_certificates", _certificate_body(world)
    ),
}
BODIES = {
    "POST oauth_applications": lambda world: APPLICATION,
    "PATCH oauth_applications/{application_id}": lambda world: {"name": "counter"},
    "POST client_certificates": _certificate_body,
}
QUERIES = {
    "GET oauth_applications": lambda other: [{"starting_after": other.id("application_id")}],
    "GET client_certificates": lambda other: [{"starting_after": other.id("certificate_id")}],
}
