from __future__ import annotations

import hashlib

from apps.payout_batches.models import NameCheck, PayoutBatchLine


def name_digest(line: PayoutBatchLine, check: NameCheck) -> bytes:
    """The SHA-256 of what somebody who confirms a payee was shown: the payee, and what the rail
    said, and when. Another check of the line has another, and so has one that was erased."""
    shown = [
        line.pk.hex,
        bytes(line.payee_msisdn_index or b"").hex(),
        check.result,
        str(check.score),
        check.rail_name_masked,
        check.opened_at.isoformat(),
        check.checked_at.isoformat() if check.checked_at else "",
    ]
    return hashlib.sha256("\n".join(shown).encode()).digest()
