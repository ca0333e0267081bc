"""Figures of disputes added up, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.reporting.rules.response_times import percentile_ms
from apps.reporting.rules.totals import share

NAMES = (
    *("opened", "open", "won", "lost", "partly_lost", "withdrawn"),
    *("amount_disputed", "amount_lost", "answered"),
)


@dataclass(frozen=True, slots=True)
class DisputeTotals:
    """Sums of one currency; amounts in its minor units.

    `payments`: how many payments of the same time and kind succeeded. `answer_times`: how many
    answers took how long, by bucket (rules/response_times.py), in seconds.
    """

    opened: int = 0
    open: int = 0
    won: int = 0
    lost: int = 0
    partly_lost: int = 0
    withdrawn: int = 0
    amount_disputed: int = 0
    amount_lost: int = 0
    answered: int = 0
    payments: int = 0
    answer_times: Mapping[int, int] = field(default_factory=dict)

    @property
    def share_basis_points(self) -> int | None:
        """Opened, of the payments that succeeded: hundredths of a percent; None without payments.
        May be more than all of them: what is disputed now was paid before."""
        return share(self.opened, self.payments)

    @property
    def answer_p50_s(self) -> int | None:
        return percentile_ms(self.answer_times, 0.5)

    @property
    def answer_p95_s(self) -> int | None:
        return percentile_ms(self.answer_times, 0.95)
