from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Asked, Facts
from apps.approvals.rules.matches import asked_by, matches
from apps.approvals.rules.steps import ONE_OTHER_PERSON, Steps, merge_steps, steps_of
from apps.core.ttl_cache import TtlCache


@dataclass(frozen=True, slots=True)
class Demand:
    """Whom the rules demand of an act: of staff these steps, in their order; or, where every rule
    lets them, another key of the merchant's."""

    steps: Steps
    keys_may_decide: bool


def demand_of(action: str, read_facts: Callable[[Asked], Facts]) -> Demand | None:
    """What the rules demand of an act that is being made, and that is not held where none matches:
    then None. Where sums are asked about, whoever makes it has a lock that others of the merchant
    wait for, as the ledger's `hold` takes it. No query but for rules remembered longer than a
    second, and what `read_facts` reads.

    Args:
        read_facts: given what the rules of this action ask about (rules.facts), what it is.
    """
    rules = _rules.get(action)
    if not rules:
        return None
    facts = read_facts(asked_by(rules))
    matching = [rule for rule in rules if matches(rule, facts)]
    if not matching:
        return None
    return Demand(
        steps=reduce(merge_steps, (steps_of(rule.steps) for rule in matching), ONE_OTHER_PERSON),
        keys_may_decide=all(rule.keys_may_decide for rule in matching),
    )


def _read(action: str) -> list[ApprovalRule]:
    return list(ApprovalRule.objects.filter(action=action, is_enabled=True).order_by("id"))


# Asked at each payout and each refund, and changed by hand a few times a year (ADR 8).
_rules: TtlCache[str, list[ApprovalRule]] = TtlCache(_read)
