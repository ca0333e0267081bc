"""The key that signs evidence packs where none is configured: as it is made and kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from apps.core.public_ids import new_id_at
from apps.disputes.models import SigningKey
from apps.vault.encryption import decrypt, encrypt

KEY_CONTEXT = "disputes_signingkey.key"
ISSUER = "LOMI AFRICA"
YEARS = 10


def new_signing_key(*, now: datetime) -> SigningKey:
    """Unsaved: a key of P-256 with a certificate of its own, which nobody else vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    row = SigningKey(id=new_id_at(now), created_at=now)
    row.certificate = certificate.public_bytes(Encoding.PEM).decode()
    row.key_encrypted = encrypt(pem, context=KEY_CONTEXT, row_id=row.pk)
    return row


def private_key_of(row: SigningKey) -> str:
    """PEM. Raises DecryptionFailed, EncryptionKeyMissing."""
    return decrypt(row.key_encrypted, context=KEY_CONTEXT, row_id=row.pk)
