from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.sign.signers import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from apps.disputes.models import SigningKey
from apps.disputes.rules.signing_key import new_signing_key, private_key_of

# Two first packs at once make one key.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('the signing key is made', 0))"


def find_signer(*, now: datetime) -> SimpleSigner:
    """Who signs evidence packs: the key and certificates of settings.EVIDENCE_SIGNING_PEM, else the
    platform's own, which is made when it is first asked for."""
    if settings.EVIDENCE_SIGNING_PEM:
        pem = Path(settings.EVIDENCE_SIGNING_PEM).read_bytes()
        return _signer(pem, pem)
    row = _own_key(now=now)
    return _signer(private_key_of(row).encode(), row.certificate.encode())


@transaction.atomic
def _own_key(*, now: datetime) -> SigningKey:
    newest = SigningKey.objects.order_by("-id")
    row = newest.first()
    if row is None:
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        row = newest.first()
    if row is None:
        row = new_signing_key(now=now)
        row.save(force_insert=True)
    return row


def _signer(key: bytes, certificates: bytes) -> SimpleSigner:
    """The first certificate is the key's own; the others vouch for it."""
    own, *others = load_certs_from_pemder_data(certificates)
    registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(others)
    return SimpleSigner(
        signing_cert=own,
        signing_key=load_private_key_from_pemder_data(key, passphrase=None),
        cert_registry=registry,
    )
