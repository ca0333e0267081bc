"""Is a rail in trouble? Pure functions of what it did lately and of what is usual at this hour.

A share is believed only as far as so few payments can prove it: its Wilson bound is compared, at
five standard deviations, for rules look thousands of times a day. What is usual comes from the same
hour of the same weekday in the last four weeks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, lgamma, log, sqrt
from typing import TypeAlias

from apps.core.alerts import Parameters
from apps.monitoring.rules.response_times import SIZE, added, percentile, slower_than


@dataclass(frozen=True, slots=True)
class Counts:
    """What a rail did in some time."""

    sent: int = 0
    answered: int = 0
    succeeded: int = 0
    failed_payer: int = 0
    failed_rail: int = 0
    failed_ours: int = 0
    unknown: int = 0
    responses: Sequence[int] = field(default=(0,) * SIZE)

    @property
    def troubled(self) -> int:
        """Ends and unknown outcomes that are the rail's, or ours."""
        return self.failed_rail + self.failed_ours + self.unknown

    @property
    def decided(self) -> int:
        return self.succeeded + self.failed_payer + self.troubled

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.sent + other.sent,
            self.answered + other.answered,
            self.succeeded + other.succeeded,
            self.failed_payer + other.failed_payer,
            self.failed_rail + other.failed_rail,
            self.failed_ours + other.failed_ours,
            self.unknown + other.unknown,
            added(self.responses, other.responses),
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """The same hour of the weeks before, one `Counts` a week the rail had traffic in, newest first;
    `overall` is its last four weeks in all, for who has had few of such hours."""

    weeks: Sequence[Counts] = ()
    overall: Counts = Counts()
    minutes: int = 60

    def outcome(self) -> tuple[int, int, int]:
        """(decided, succeeded, troubled) to compare with.

        With three weeks the worst is left out: it may have been an incident.
        """
        weeks = sorted(self.weeks, key=_success_share)
        if len(weeks) >= 3:
            weeks = weeks[1:]
        decided = sum(week.decided for week in weeks)
        if decided < USUAL_LEAST:
            return self.overall.decided, self.overall.succeeded, self.overall.troubled
        return (
            decided,
            sum(week.succeeded for week in weeks),
            sum(week.troubled for week in weeks),
        )

    def answers_a_minute(self, *, weeks_least: int) -> float:
        """The fewest of these weeks: a holiday among them makes the rule mild, not loud."""
        if len(self.weeks) < weeks_least:
            return 0.0
        return min(week.answered for week in self.weeks) / self.minutes


USUAL_LEAST = 50
ACQUITTED = 1.5
# Orders without a doubt enough to see whether any are answered.
ANSWERS_ENOUGH = 5

Facts: TypeAlias = Mapping[str, float]
CLEAN: Facts = {}


def failing(counts: Counts, usual: Usual, wanted: Parameters) -> Facts | None:
    """More of the rail's orders fail than may: `share`, and `margin` above what is usual.

    wanted: share, margin, failures_min, traffic_min, deviations.
    """
    total, failures = counts.decided, counts.troubled
    decided, _, troubled = usual.outcome()
    usual_share = troubled / decided if decided else 0.0
    limit = max(wanted["share"], usual_share + wanted["margin"] if usual_share else 0.0)
    if wilson(failures, total, ACQUITTED)[1] <= limit:
        return CLEAN
    if total < wanted["traffic_min"] or failures < wanted["failures_min"]:
        return None
    if wilson(failures, total, wanted["deviations"])[0] <= limit:
        return None
    return {
        "percent": percent(failures, total),
        "failures": failures,
        "orders": total,
        "usual_percent": percent(troubled, decided),
    }


def success_fell(counts: Counts, usual: Usual, wanted: Parameters) -> Facts | None:
    """Fewer succeed than usual, payers' own reasons included: an operator whose prompts do not
    arrive looks like payers who do not answer.

    wanted: points (the least fall, of a hundred), tolerance (points by which days differ),
    traffic_min, deviations.
    """
    total, (decided, succeeded, _) = counts.decided, usual.outcome()
    if total < wanted["traffic_min"] or decided < USUAL_LEAST:
        return None
    share, usual_share = counts.succeeded / total, succeeded / decided
    if wilson(counts.succeeded, total, ACQUITTED)[0] > usual_share - wanted["points"] / 100:
        return CLEAN
    if (usual_share - share) * 100 < wanted["points"]:
        return None
    tolerated = max(0.0, usual_share - wanted["tolerance"] / 100)
    if deviations_below(tolerated, share, total, decided) < wanted["deviations"]:
        return None
    return {
        "percent": percent(counts.succeeded, total),
        "usual_percent": percent(succeeded, decided),
        "orders": total,
    }


def slow(counts: Counts, usual: Usual, wanted: Parameters) -> Facts | None:
    """Too many orders wait longer than `seconds` for the provider's first answer.

    wanted: seconds, share, traffic_min, deviations.
    """
    late = slower_than(counts.responses, wanted["seconds"])
    if wilson(late, counts.answered, ACQUITTED)[1] <= wanted["share"]:
        return CLEAN
    if counts.answered < wanted["traffic_min"]:
        return None
    if wilson(late, counts.answered, wanted["deviations"])[0] <= wanted["share"]:
        return None
    return {
        "percent": percent(late, counts.answered),
        "seconds": wanted["seconds"],
        "p95_s": round(percentile(counts.responses, 0.95) or 0.0, 1),
    }


def silent(counts: Counts, usual: Usual, wanted: Parameters, *, seconds: float) -> Facts | None:
    """Fewer answers came in these `seconds` than chance allows at this hour, even with a part of
    the usual traffic: sent and not answered, or not even sent.

    wanted: part (of the usual), deviations, weeks_min.
    """
    a_minute = usual.answers_a_minute(weeks_least=int(wanted["weeks_min"]))
    expected = a_minute * wanted["part"] * seconds / 60
    if expected <= 0:
        return None
    # The chance of so few is below that of so many deviations.
    if log_poisson_tail(counts.answered, expected) > log_normal_tail(wanted["deviations"]):
        return CLEAN if counts.answered >= max(ANSWERS_ENOUGH, expected / 2) else None
    return {
        "answered": counts.answered,
        "usual_answered": round(a_minute * seconds / 60),
        "sent": counts.sent,
    }


def unreached(instructions: int, troubled: int, wanted: Parameters) -> Facts | None:
    """Of the orders of the last two minutes too many could not be delivered, or have no answer.

    wanted: share, troubled_min, deviations.
    """
    if troubled < wanted["troubled_min"]:
        return None
    if wilson(troubled, instructions, wanted["deviations"])[0] <= wanted["share"]:
        return None
    return {"troubled": troubled, "orders": instructions}


def wilson(part: int, whole: int, deviations: float) -> tuple[float, float]:
    """The bounds of a share of which so many were seen.

    Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if not whole:
        return 0.0, 1.0
    share, squared = part / whole, deviations * deviations
    middle = share + squared / (2 * whole)
    spread = deviations * sqrt(share * (1 - share) / whole + squared / (4 * whole * whole))
    below = 1 + squared / whole
    return (middle - spread) / below, (middle + spread) / below


def deviations_below(usual_share: float, share: float, total: int, usual_total: int) -> float:
    """By how many standard deviations of both the share of `total` is below the usual one."""
    pooled = (share * total + usual_share * usual_total) / (total + usual_total)
    spread = sqrt(pooled * (1 - pooled) * (1 / total + 1 / usual_total))
    difference = usual_share - share
    if not spread:
        return inf if difference > 0 else 0.0
    return difference / spread


def log_poisson_tail(seen: int, expected: float) -> float:
    """The logarithm of the chance to see so few, or fewer; 0 when that is no wonder."""
    if seen >= expected:
        return 0.0
    last = seen * log(expected) - expected - lgamma(seen + 1)
    # Each term before it is smaller by its own number over `expected`.
    total, term = 1.0, 1.0
    for number in range(seen, 0, -1):
        term *= number / expected
        total += term
        if term < 1e-6:
            break
    return last + log(total)


def log_normal_tail(deviations: float) -> float:
    """The logarithm of the chance of so many standard deviations: the usual bound of it."""
    return log(exp(-deviations * deviations / 2) / (deviations * sqrt(6.283185307179586)))


def percent(part: float, whole: float) -> float:
    return round(100 * part / whole, 1) if whole else 0.0


def _success_share(week: Counts) -> float:
    return week.succeeded / week.decided if week.decided else 0.0
