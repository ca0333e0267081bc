from __future__ import annotations

from collections.abc import Iterable

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import AMOUNT, HOW, MAKER, PAYEE, RAIL, Asked, Facts, SumReached


def matches(rule: ApprovalRule, facts: Facts) -> bool:
    """Whether every condition of the rule holds."""
    return (
        (not rule.currency or rule.currency == facts.currency)
        and (_is_sum_in_band(rule, facts) if rule.sum_of else _is_in_band(rule, facts.amount))
        and (not rule.rail or rule.rail in facts.rails)
        and (not rule.how or rule.how == facts.how)
        and (not rule.payee or rule.payee in facts.payees)
        and (not rule.makers or not facts.makers.isdisjoint(rule.makers))
    )


def asks_for(rule: ApprovalRule) -> frozenset[str]:
    """What an act must tell for the rule ever to match."""
    conditions = {
        AMOUNT: rule.currency or rule.amount_min is not None or rule.amount_max is not None,
        RAIL: rule.rail,
        HOW: rule.how,
        PAYEE: rule.payee,
        MAKER: rule.makers,
        f"sum of {rule.sum_of}": rule.sum_of,
    }
    return frozenset(name for name, is_set in conditions.items() if is_set)


def asked_by(rules: Iterable[ApprovalRule]) -> Asked:
    """All that these rules ask about."""
    rules = list(rules)
    return Asked(
        frozenset().union(*(asks_for(rule) for rule in rules)),
        frozenset().union(*(_bounds(rule) for rule in rules)),
    )


def matches_whenever(wide: ApprovalRule, narrow: ApprovalRule) -> bool:
    """Whether `wide` matches all that `narrow` does."""
    return (
        all(
            getattr(wide, name) in ("", getattr(narrow, name))
            for name in ("currency", "rail", "how", "payee")
        )
        and (not wide.makers or (narrow.makers and set(narrow.makers) <= set(wide.makers)))
        and (wide.sum_of, wide.sum_hours) == (narrow.sum_of, narrow.sum_hours)
        and (wide.amount_min or 0) <= (narrow.amount_min or 0)
        and (
            wide.amount_max is None
            or (narrow.amount_max is not None and narrow.amount_max <= wide.amount_max)
        )
    )


def _bounds(rule: ApprovalRule) -> list[SumReached]:
    """What the sum has to reach, and then what it may not, where the rule has an upper end."""
    if not rule.sum_of or rule.sum_hours is None:
        return []
    ends = [rule.amount_min or 0]
    if rule.amount_max is not None:
        ends.append(rule.amount_max + 1)
    return [SumReached(rule.sum_of, rule.sum_hours, end) for end in ends]


def _is_sum_in_band(rule: ApprovalRule, facts: Facts) -> bool:
    reached = [one in facts.sums for one in _bounds(rule)]
    return bool(reached) and reached[0] and not any(reached[1:])


def _is_in_band(rule: ApprovalRule, amount: int | None) -> bool:
    if rule.amount_min is None and rule.amount_max is None:
        return True
    if amount is None:
        return False
    return (rule.amount_min or 0) <= amount and (
        rule.amount_max is None or amount <= rule.amount_max
    )
