"""How a payment is found by its metadata."""

from __future__ import annotations

import hashlib
from uuid import UUID

from apps.payments.models import MetadataEntry, Payment


def token_of(merchant_id: UUID, *, livemode: bool, key: str, value: str) -> int:
    """64 bits that stand for one entry of one merchant. Whoever finds by it compares the entry."""
    mode = "live" if livemode else "test"
    text = f"{merchant_id}:{mode}:{key}={value}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


def entries_of(payment: Payment) -> list[MetadataEntry]:
    """The rows that make this payment searchable, unsaved."""
    tokens = {
        token_of(payment.merchant_id, livemode=payment.livemode, key=key, value=value)
        for key, value in payment.metadata.items()
    }
    return [MetadataEntry(token=token, payment_id=payment.pk) for token in tokens]
