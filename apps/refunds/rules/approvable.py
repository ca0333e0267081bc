"""What others approve of a refund that a merchant makes, and exactly of what."""

from __future__ import annotations

import hashlib
import json

from apps.refunds.models import Refund

# A key of config/approvable_actions.py.
SEND = "refund.send"


def digest_of(refund: Refund) -> bytes:
    """The SHA-256 of all that an approver is shown of a refund: how much of which payment is given
    back at what fee, why, and in which mode."""
    shown = [
        refund.public_id,
        refund.livemode,
        str(refund.payment_id),
        refund.amount,
        refund.currency,
        refund.fee,
        refund.fee_tax,
        refund.reason,
    ]
    return hashlib.sha256(json.dumps(shown).encode()).digest()
