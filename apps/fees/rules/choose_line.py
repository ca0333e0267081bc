from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.core.money import Money
from apps.fees.rules.fee_terms import CONDITIONS, FeeTerms


@dataclass(frozen=True, slots=True)
class Charged:
    """What a fee is charged for."""

    operation: str
    money: Money
    provider: str
    operator: str
    method: str
    country: str

    @property
    def currency(self) -> str:
        return self.money.currency


def choose_line(lines: Iterable[FeeTerms], charged: Charged) -> FeeTerms | None:
    """The line that says most about what is charged; of those that say the same, the highest band
    that the amount reaches. None: no line fits, and nothing is charged.

    Raises:
        NoFixedParity: no line that says more fits, and the band of this one cannot be said in the
            currency. rules.check_parity refuses such a plan.
    """
    fitting = [line for line in lines if _fits(line, charged)]
    for line in sorted(fitting, key=_rank, reverse=True):
        if line.in_currency(line.amount_from, charged.currency) <= charged.money.amount:
            return line
    return None


def _fits(line: FeeTerms, charged: Charged) -> bool:
    if line.operation != charged.operation:
        return False
    wanted = ((getattr(line, name), getattr(charged, name)) for name in CONDITIONS)
    return all(one in ("", other) for one, other in wanted)


def _rank(line: FeeTerms) -> tuple[int, tuple[bool, ...], int]:
    said = tuple(bool(getattr(line, name)) for name in CONDITIONS)
    return sum(said), said, line.amount_from
