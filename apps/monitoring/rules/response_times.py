"""How long orders wait for their first answer: counted in steps that double, roughly."""

from __future__ import annotations

from collections.abc import Sequence

# Seconds. What took longer than the last is counted behind it.
BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0, 120.0)
SIZE = len(BOUNDS) + 1


def slower_than(responses: Sequence[int], seconds: float) -> int:
    """How many took longer than this; between two bounds, than the upper one."""
    first = next((place for place, bound in enumerate(BOUNDS) if bound >= seconds), SIZE - 1)
    return sum(responses[first + 1 :])


def percentile(responses: Sequence[int], share: float) -> float | None:
    """The time within which this share was answered, interpolated in its step; None without any.

    What is beyond the last bound is the last bound.
    """
    total = sum(responses)
    if not total:
        return None
    wanted, before, lower = share * total, 0, 0.0
    for count, upper in zip(responses, BOUNDS, strict=False):
        if count and before + count >= wanted:
            return lower + (upper - lower) * (wanted - before) / count
        before, lower = before + count, upper
    return BOUNDS[-1]


def added(left: Sequence[int], right: Sequence[int]) -> list[int]:
    return [one + other for one, other in zip(left, right, strict=True)]
