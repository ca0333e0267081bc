from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext

from apps.core.money import Money
from apps.fees.rules.fee_terms import FeeTerms

ROUNDINGS = {"half_up": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}
WHOLE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Fee:
    """What is charged, in minor units. `difference` is what rounding added to fee and tax together,
    or took from them."""

    amount: int
    tax: int = 0
    difference: Decimal = Decimal(0)

    @property
    def total(self) -> int:
        return self.amount + self.tax


def compute_fee(terms: FeeTerms, money: Money) -> Fee:
    """The fee of one line for this amount, and the tax on it: the share plus the fixed part, not
    less than the least and not more than the most, then rounded; with its tax never more than the
    amount itself.

    Raises:
        NoFixedParity: its amounts cannot be said in the currency of `money`.
    """
    with localcontext() as context:
        # Exact for every amount and share there is, but for a division at the cap.
        context.prec = 60
        fixed, least = (
            terms.in_currency(amount, money.currency) for amount in (terms.fixed, terms.fee_min)
        )
        exact = max(money.amount * terms.basis_points / WHOLE + fixed, Decimal(least))
        if terms.fee_max is not None:
            exact = min(exact, Decimal(terms.in_currency(terms.fee_max, money.currency)))
        tax_share = terms.tax_basis_points / WHOLE
        exact = min(exact, money.amount / (1 + tax_share))
        rounding = ROUNDINGS[terms.rounding]
        fee = int(exact.to_integral_value(rounding))
        tax = int((fee * tax_share).to_integral_value(rounding))
        tax = min(tax, money.amount - fee)
        return Fee(fee, tax, fee + tax - exact * (1 + tax_share))
