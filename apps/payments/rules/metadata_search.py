"""How a payment is found by its metadata."""

from __future__ import annotations

import hashlib
from uuid import UUID

from apps.payments.models import MetadataEntry, Payment


def token_of(merchant_id: UUID, *, livemode: bool, key: str, value: str) -> int:
    """A 64-bit hash of one metadata entry of one merchant and mode, kept in an index.

    Two entries may have the same hash: whoever finds a payment by it compares the entry itself.
    """
    mode = "live" if livemode else "test"
    text = f"{merchant_id}:{mode}:{key}={value}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def entries_of(payment: Payment) -> list[MetadataEntry]:
    """The unsaved index rows by which this payment is found: one for each metadata entry."""
    tokens = {
        token_of(payment.merchant_id, livemode=payment.livemode, key=key, value=value)
        for key, value in payment.metadata.items()
    }
    return [MetadataEntry(token=token, payment_id=payment.pk) for token in tokens]
