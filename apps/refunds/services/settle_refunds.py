from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.ledger.rules.outgoing import REFUND_KINDS
from apps.orchestration.rules.owners import Case, Writes
from apps.orchestration.selectors.next_account import next_account
from apps.orchestration.services.book_ends import book_ends
from apps.orchestration.services.settle_outgoing import settle_outgoing
from apps.payments.services.reserve_refund import (
    PaymentDisputed,
    RefundExceedsPayment,
    reserve_refund,
)
from apps.payments.services.return_reserved import return_reserved
from apps.providers.models import ProviderAccount
from apps.refunds.models import Refund, RefundStatus
from apps.refunds.transitions import LIFECYCLE


class RefundedOtherwise(RefundExceedsPayment):
    """Only staff meet it, who book as sent what had failed."""

    staff_words = _(
        "The payment was refunded otherwise since, or is disputed: its payer has more than was"
        " collected. Claim this back from the provider or the payer."
    )


def settle_refunds(cases: Sequence[Case], *, now: datetime) -> Writes:
    """Settle refunds as all that sends money out: tried again at the same account by the same way,
    and what was held booked as sent, or returned, to the payment too."""
    writes, ended = settle_outgoing(cases, LIFECYCLE, account_for=_same_account, now=now)
    failed = [one.case for one in ended if one.case.row.status == RefundStatus.FAILED]
    return_reserved(_amounts(failed))
    for one in ended:
        if one.was_over:
            _reserve_again(one.case.row)
    writes.add(book_ends(ended, REFUND_KINDS, now=now))
    return writes


def _reserve_again(refund: Refund) -> None:
    """What a refund gave back to its payment when it failed, and was sent after all. What is
    disputed since counts as given back."""
    try:
        reserve_refund(refund.payment_id, amount=refund.amount)
    except (RefundExceedsPayment, PaymentDisputed):
        raise RefundedOtherwise("The payment was refunded otherwise since.") from None


def _same_account(case: Case) -> ProviderAccount | None:
    account_id = case.attempts[-1].provider_account_id
    return next_account([{"account": str(account_id), "reason": "kept"}], case.attempts)


def _amounts(failed: Sequence[Case]) -> dict[UUID, int]:
    """By payment: it may have several that fail at once."""
    amounts: Counter[UUID] = Counter()
    for case in failed:
        amounts[case.row.payment_id] += case.row.amount
    return dict(amounts)
