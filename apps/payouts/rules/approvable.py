"""What others approve of a payout, and exactly of what."""

from __future__ import annotations

import hashlib
import json

from apps.payouts.models import Payout

# A key of config/approvable_actions.py.
SEND = "payout.send"


def digest_of(payout: Payout) -> bytes:
    """The SHA-256 of all that an approver is shown of a payout: who is paid how much at what fee,
    for what, and in which mode."""
    shown = [
        payout.public_id,
        payout.livemode,
        payout.amount,
        payout.currency,
        payout.fee,
        payout.fee_tax,
        payout.country,
        payout.operator,
        bytes(payout.payee_msisdn_index).hex(),
        payout.merchant_reference,
        payout.description,
    ]
    return hashlib.sha256(json.dumps(shown).encode()).digest()
