from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.matches import asked_by as asks_of
from apps.approvals.rules.matches import matches
from apps.approvals.selectors.makers_of import makers_of


def matching_rules(
    action: str, payload: Mapping[str, Any], *, asked_by: str = ""
) -> list[ApprovalRule]:
    """The rules of which every condition holds for this act, the oldest first.

    Args:
        asked_by: who of the staff asks for it, "user:<id>": she makes it, beside whoever made what
            it is about.
    """
    rules = list(ApprovalRule.objects.filter(action=action, is_enabled=True).order_by("id"))
    if not rules:
        return []
    act = approvable_actions()[action]
    facts = act.read_facts(payload)
    if act.payees and any(rule.payee for rule in rules):
        facts = replace(facts, payees=act.read_payees(payload))
    facts = replace(facts, sums=act.read_sums(payload, asks_of(rules).sums))
    if any(rule.makers for rule in rules):
        facts = replace(facts, makers=makers_of({*facts.makers, asked_by}))
    return [rule for rule in rules if matches(rule, facts)]
