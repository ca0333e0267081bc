"""What two people agreed on of terms, as the audit trail keeps it for ever: compared ever after."""

from __future__ import annotations

import hashlib
from typing import Any

from apps.settlement.models import SettlementTerms

# The same of a row `t`.
AGREED_TERMS = """
jsonb_build_object('id', t.id, 'merchant_id', t.merchant_id, 'livemode', t.livemode,
                   'currency', t.currency, 'number', t.number, 'cadence', t.cadence,
                   'weekday', t.weekday, 'hour', t.hour, 'amount_min', t.amount_min,
                   'paid_by', t.paid_by, 'payee', encode(sha256(t.payee_index), 'hex'),
                   'payee_masked', t.payee_masked)
"""


def agreed_terms(terms: SettlementTerms) -> dict[str, Any]:
    """JSON without personal data: the payee is the digest of its blind index."""
    return {
        "id": str(terms.pk),
        "merchant_id": str(terms.merchant_id),
        "livemode": terms.livemode,
        "currency": terms.currency,
        "number": terms.number,
        "cadence": terms.cadence,
        "weekday": terms.weekday,
        "hour": terms.hour,
        "amount_min": terms.amount_min,
        "paid_by": terms.paid_by,
        "payee": hashlib.sha256(bytes(terms.payee_index)).hexdigest(),
        "payee_masked": terms.payee_masked,
    }
