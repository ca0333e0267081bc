"""What a plan would have charged, beside what was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """What fell to one line, in one mode and currency; fees with their taxes, in minor units.

    `number` counts the lines from 1; 0: none fits, and nothing would be charged. `is_refused`: the
    line's amounts cannot be said in the currency, and such payments would be refused. `is_return`:
    what their refunds gave back of them, negative, and `count` the payments refunded.
    """

    number: int
    livemode: bool
    currency: str
    count: int
    before: int
    after: int
    # What rounding added to it, or took from it.
    rounding: Decimal
    is_refused: bool = False
    is_return: bool = False

    @property
    def difference(self) -> int:
        return self.after - self.before


def simulation_as_json(lines: Sequence[SimulatedLine]) -> list[list[Any]]:
    return [
        [str(each) if isinstance(each, Decimal) else each for each in astuple(line)]
        for line in lines
    ]


def simulation_from_json(rows: Sequence[Sequence[Any]]) -> list[SimulatedLine]:
    return [
        # What is after the rounding, a request of an earlier release may not have.
        SimulatedLine(number, livemode, currency, count, before, after, Decimal(rounding), *flags)
        for number, livemode, currency, count, before, after, rounding, *flags in rows
    ]
