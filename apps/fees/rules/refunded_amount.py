from __future__ import annotations

from dataclasses import dataclass

from apps.fees.rules.choose_line import Charged


@dataclass(frozen=True, slots=True)
class RefundedAmount:
    """`count` payments of one kind and amount, `charged`, of each of which `refunded` was given
    back in a time; `returned` is what they all gave back of fees and taxes."""

    livemode: bool
    charged: Charged
    refunded: int
    count: int
    returned: int
