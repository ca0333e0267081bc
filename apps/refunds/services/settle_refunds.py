from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.money import Money
from apps.ledger.rules.outgoing import REFUND_KINDS
from apps.ledger.rules.postings import TransferKind
from apps.ledger.services.post import Booking, post_all
from apps.orchestration.models import AttemptStatus
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
from apps.refunds.selectors.fee_returns_of import fee_returns_of
from apps.refunds.transitions import LIFECYCLE


class RefundedOtherwise(RefundExceedsPayment):
    """Only staff meet it, who book as sent what had failed."""

    staff_words = _(
        "The payment was refunded otherwise since, or is disputed: its payer has more than was"
        " collected. Claim this back from the provider or the payer."
    )


def settle_refunds(cases: Sequence[Case], *, now: datetime) -> Writes:
    """Settle refunds as all that sends money out: tried again at the same account by the same way,
    and what was held booked as sent, or returned, to the payment too. What succeeds gives back of
    its payment's fee what the plan by which that was charged says."""
    returns = fee_returns_of(case.row for case in cases if _may_succeed(case))
    writes, ended = settle_outgoing(
        cases, LIFECYCLE, account_for=_same_account, before_success=returns.note, now=now
    )
    failed = [one.case for one in ended if one.case.row.status == RefundStatus.FAILED]
    return_reserved(_amounts(failed))
    for one in ended:
        if one.was_over:
            _reserve_again(one.case.row)
    writes.add(book_ends(ended, REFUND_KINDS, now=now))
    writes.add(_book_returns([one.case for one in ended], now=now))
    return writes


def _may_succeed(case: Case) -> bool:
    return case.row.status != RefundStatus.SUCCEEDED and any(
        attempt.status == AttemptStatus.SUCCEEDED for attempt in case.attempts
    )


def _book_returns(ended: Sequence[Case], *, now: datetime) -> Writes:
    """By the attempt that sent the refund. Of one that failed nothing is given back."""
    writes, bookings = Writes(), []
    for case in ended:
        row = case.row
        if not row.fee_returned and not row.fee_tax_returned:
            continue
        writes.update(row, ("fee_returned", "fee_tax_returned"))
        (attempt,) = [one for one in case.attempts if one.status == AttemptStatus.SUCCEEDED]
        bookings.append(
            Booking(
                {
                    TransferKind.COLLECT_FEE_BACK: Money(row.fee_returned, row.currency),
                    TransferKind.COLLECT_TAX_BACK: Money(row.fee_tax_returned, row.currency),
                },
                merchant_id=row.merchant_id,
                source_id=row.pk,
                livemode=row.livemode,
                attempt_id=attempt.pk,
            )
        )
    writes.inserts += post_all(bookings, now=now)
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
