from __future__ import annotations

from dataclasses import dataclass

from apps.fees.rules.choose_line import Charged


@dataclass(frozen=True, slots=True)
class ChargedAmount:
    """`count` times the same was charged for; `fees` and `taxes` are what that came to."""

    livemode: bool
    charged: Charged
    count: int
    fees: int
    taxes: int
