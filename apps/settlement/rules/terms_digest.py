"""What a second person approves of terms, as one number."""

from __future__ import annotations

import hashlib
import json

from apps.settlement.models import SettlementTerms


def terms_digest(terms: SettlementTerms) -> str:
    """SHA-256, hexadecimal, of all that was agreed; of the payee by its blind index."""
    said = [
        str(terms.pk), str(terms.merchant_id), terms.livemode, terms.currency, terms.cadence,
        terms.weekday, terms.hour, terms.amount_min, terms.paid_by,
        bytes(terms.payee_index).hex(), terms.payee_masked,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
