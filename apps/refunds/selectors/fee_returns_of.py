from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Sum

from apps.fees.models import FeeReturn
from apps.fees.rules.returned_fee import returned_fee
from apps.fees.selectors.fee_returns import fee_returns
from apps.refunds.models import Refund, RefundStatus

# What was refunded of a payment, and given back of its fee and of the tax on it.
Given = tuple[int, int, int]


class FeeReturns:
    """What refunds give back of the fees of their payments, which are locked: each what all that
    succeeded until then come to, less what those before it gave."""

    def __init__(self, rules: dict[UUID, str], given: dict[UUID, Given]) -> None:
        self._rules = rules
        self._given = given

    def note(self, refund: Refund) -> None:
        """Write it on a refund that succeeds at this moment."""
        payment = refund.payment
        rule = self._rules.get(payment.fee_line_id) if payment.fee_line_id else None
        if rule is None or rule == FeeReturn.NONE:
            return
        refunded, fee, tax = self._given.get(payment.pk, (0, 0, 0))
        amounts = {"refunded": refunded + refund.amount, "collected": payment.received}
        refund.fee_returned = returned_fee(rule, payment.fee, **amounts) - fee
        refund.fee_tax_returned = returned_fee(rule, payment.fee_tax, **amounts) - tax
        self._given[payment.pk] = (
            amounts["refunded"],
            fee + refund.fee_returned,
            tax + refund.fee_tax_returned,
        )


def fee_returns_of(refunds: Iterable[Refund]) -> FeeReturns:
    """Of refunds that may succeed now. Two queries, however many they are; none where no payment
    had a fee, and one where no plan gives any back."""
    charged = [refund.payment for refund in refunds if refund.payment.fee_line_id]
    lines = {one.fee_line_id for one in charged if one.fee_line_id and one.fee + one.fee_tax}
    rules = fee_returns(lines) if lines else {}
    concerned = {
        one.pk
        for one in charged
        if one.fee_line_id and rules.get(one.fee_line_id, FeeReturn.NONE) != FeeReturn.NONE
    }
    given: dict[UUID, Given] = {}
    if concerned:
        before = Refund.objects.filter(payment__in=concerned, status=RefundStatus.SUCCEEDED)
        sums = before.values("payment_id").annotate(
            amounts=Sum("amount"), fees=Sum("fee_returned"), taxes=Sum("fee_tax_returned")
        )
        given = {
            row["payment_id"]: (int(row["amounts"]), int(row["fees"]), int(row["taxes"]))
            for row in sums.order_by()
        }
    return FeeReturns(rules, given)
