from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from apps.core.money import Money
from apps.fees.models import FeeOperation
from apps.fees.rules.choose_line import Charged


@dataclass(frozen=True, slots=True)
class ChargedAmount:
    """`count` times the same was charged for; `fees` and `taxes` are what that came to."""

    livemode: bool
    charged: Charged
    count: int
    fees: int
    taxes: int

    @classmethod
    def of_row(cls, operation: FeeOperation, row: Sequence[Any]) -> Self:
        """Read a row of livemode, provider, operator, method, country, currency, amount, count,
        fees, taxes, in that order.
        """
        livemode, provider, operator, method, country, currency, amount, count, fees, taxes = row
        return cls(
            livemode=livemode,
            charged=Charged(
                operation=operation,
                money=Money(amount, currency),
                provider=provider,
                operator=operator,
                method=method,
                country=country,
            ),
            count=count,
            fees=int(fees),
            taxes=int(taxes),
        )
