"""Why did success fall? Which value of which dimension explains the change of the rate the most.

The rate of a whole is the mean of its parts' rates, weighted by how many of each there are. So its
change is, part by part, that of the part's rate (times its mean weight) and that of its weight
(times how far its mean rate lies from that of the whole): the two sum up to the change, exactly.
A part that explains no more of the fall than its weight says fell with all the others: it is not
the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

# By fewer, a rate says nothing.
DECIDED_MIN = 50
# So many standard deviations: chance alone does it once in a hundred times.
CHANCE_MAX = 2.58
# What a part must explain beyond its weight, and a shift of weights of the whole fall.
EXCESS_MIN = 0.15
MIX_MIN = 0.5


class Kind(StrEnum):
    # It did not fall, or not by more than chance does.
    NO_FALL = "no_fall"
    TOO_FEW = "too_few"
    # One part succeeds less often.
    RATE = "rate"
    # There is more of a part that succeeds less often, or less of one that does more often.
    MIX = "mix"
    # All parts fell alike.
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Part:
    """Of one value: how many ended, and how many of these succeeded."""

    succeeded: int = 0
    decided: int = 0

    @property
    def rate(self) -> float:
        return self.succeeded / self.decided if self.decided else 0.0


@dataclass(frozen=True, slots=True)
class Explanation:
    """`before` and `after` are of the whole; the others of the value named, shares of 1."""

    kind: Kind
    before: float = 0.0
    after: float = 0.0
    dimension: str = ""
    value: str = ""
    rate_before: float = 0.0
    rate_after: float = 0.0
    weight_before: float = 0.0
    weight_after: float = 0.0
    # How much of the fall it explains; more than 1 where others rose.
    explained: float = 0.0


# Dimension -> value -> what became of it.
Parts = Mapping[str, Mapping[str, Part]]


def explain_fall(before: Parts, after: Parts) -> Explanation:
    """Each dimension divides the same whole; of two that explain it alike, the first is named."""
    first = next(iter(after), "")
    whole_before, whole_after = _whole(before.get(first, {})), _whole(after.get(first, {}))
    if min(whole_before.decided, whole_after.decided) < DECIDED_MIN:
        return Explanation(Kind.TOO_FEW, whole_before.rate, whole_after.rate)
    if not _is_fall(whole_before, whole_after):
        return Explanation(Kind.NO_FALL, whole_before.rate, whole_after.rate)
    found = [Explanation(Kind.EVERYWHERE, whole_before.rate, whole_after.rate)]
    best = 0.0
    for dimension in after:
        for score, explanation in _candidates(
            dimension, before.get(dimension, {}), after[dimension], whole_before, whole_after
        ):
            # Of what says the same in other words, the first.
            if score > best + 0.01:
                best, found = score, [explanation]
    return found[0]


def _candidates(
    dimension: str,
    before: Mapping[str, Part],
    after: Mapping[str, Part],
    whole_before: Part,
    whole_after: Part,
) -> list[tuple[float, Explanation]]:
    change = whole_after.rate - whole_before.rate
    middle = (whole_before.rate + whole_after.rate) / 2
    by_rate: list[tuple[float, Explanation]] = []
    mixes: list[tuple[float, Explanation]] = []
    for value in dict.fromkeys([*before, *after]):
        old, new = before.get(value, Part()), after.get(value, Part())
        # What was not there has no rate of its own: it only adds weight.
        old_rate = old.rate if old.decided else new.rate
        new_rate = new.rate if new.decided else old.rate
        old_weight = old.decided / whole_before.decided
        new_weight = new.decided / whole_after.decided
        weight = (old_weight + new_weight) / 2
        rate_effect = weight * (new_rate - old_rate) / change
        mix_effect = (new_weight - old_weight) * ((old_rate + new_rate) / 2 - middle) / change

        def said(
            kind: Kind,
            explained: float,
            value: str = value,
            rates: tuple[float, float] = (old_rate, new_rate),
            weights: tuple[float, float] = (old_weight, new_weight),
        ) -> Explanation:
            return Explanation(
                kind,
                whole_before.rate,
                whole_after.rate,
                dimension,
                value,
                *rates,
                *weights,
                explained,
            )

        if rate_effect - weight >= EXCESS_MIN:
            by_rate.append((rate_effect - weight, said(Kind.RATE, rate_effect)))
        mixes.append((mix_effect, said(Kind.MIX, mix_effect)))
    mix = sum(effect for effect, _ in mixes)
    if mix < MIX_MIN:
        return by_rate
    # Of those that became more, the one that draws the whole down; else that which became less.
    more = [one for one in mixes if one[1].weight_after > one[1].weight_before]
    _, named = max(more or mixes, key=lambda one: one[0])
    return [*by_rate, (mix, named)]


def _whole(parts: Mapping[str, Part]) -> Part:
    return Part(
        sum(part.succeeded for part in parts.values()), sum(part.decided for part in parts.values())
    )


def _is_fall(before: Part, after: Part) -> bool:
    pooled = (before.succeeded + after.succeeded) / (before.decided + after.decided)
    spread = sqrt(pooled * (1 - pooled) * (1 / before.decided + 1 / after.decided))
    return before.rate - after.rate > CHANCE_MAX * spread
