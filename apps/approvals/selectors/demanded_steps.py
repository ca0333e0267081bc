from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from apps.approvals.rules.steps import ONE_OTHER_PERSON, Steps, merge_steps, steps_of
from apps.approvals.selectors.matching_rules import matching_rules


def demanded_steps(action: str, payload: Mapping[str, Any], *, asked_by: str) -> Steps:
    """Whom all the rules that match demand, in their order; one other person without any."""
    said = (steps_of(rule.steps) for rule in matching_rules(action, payload, asked_by=asked_by))
    return reduce(merge_steps, said, ONE_OTHER_PERSON)
