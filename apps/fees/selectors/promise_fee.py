from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.money import NoFixedParity
from apps.fees.rules.choose_line import Charged, choose_line
from apps.fees.rules.compute_fee import Fee, compute_fee
from apps.fees.rules.fee_terms import FeeTerms
from apps.fees.selectors.fee_plans import current_lines


class FeeNotConvertible(DomainError):
    code = "fee_not_convertible"
    status = 422
    title = "The fee of the contract cannot be said in this currency."
    staff_words = _("The merchant's fee plan has no fixed parity with this currency.")


@dataclass(frozen=True, slots=True)
class PromisedFee:
    """A fee, and the line of the plan it is by; None: no line fits, and nothing is charged."""

    fee: Fee
    line_id: UUID | None


# Of what nobody is charged for.
NO_FEE = PromisedFee(Fee(0), None)


def promise_fee(merchant_id: UUID, charged: Charged, *, now: datetime) -> PromisedFee:
    """What this merchant is charged by its plan as it holds at `now`.

    Raises:
        FeeNotConvertible: the amounts of its line cannot be said in this currency.
    """
    return promise_by(current_lines(merchant_id, now=now), charged)


def promise_by(lines: Iterable[FeeTerms], charged: Charged) -> PromisedFee:
    """What is charged by these lines.

    Raises:
        FeeNotConvertible: the amounts of the line that fits cannot be said in this currency.
    """
    try:
        line = choose_line(lines, charged)
        fee = compute_fee(line, charged.money) if line else Fee(0)
    except NoFixedParity as unknown:
        raise FeeNotConvertible(
            f"The fee of your contract has no fixed parity with {charged.currency}: {unknown}.",
            field="currency",
        ) from None
    return PromisedFee(fee, line.line_id if line else None)
