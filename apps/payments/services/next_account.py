from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.orchestration.models import Attempt
from apps.orchestration.selectors.next_account import next_account as next_of_candidates
from apps.payments.models import PayerChoice, Payment, PaymentStatus
from apps.providers.models import ProviderAccount

# A payment in one of these still wants its money.
WANTED = (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION, PaymentStatus.VERIFYING)


def next_account(
    payment: Payment, attempts: Sequence[Attempt], *, now: datetime
) -> ProviderAccount | None:
    """Where to try again after the latest attempt was not sent, while its payer has time, or None
    to give up. `attempts` are all of the payment's, oldest first."""
    if payment.status not in WANTED or now >= payment.expires_at:
        return None
    if payment.payer_choice == PayerChoice.OPEN:
        # Whom to ask next is the payer's to say.
        return None
    return next_of_candidates(payment.candidates, attempts)
