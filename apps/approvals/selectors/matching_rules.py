from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.actions import approvable_actions
from apps.approvals.rules.matches import matches


def matching_rules(action: str, payload: Mapping[str, Any]) -> list[ApprovalRule]:
    """The rules of which every condition holds for this act, the oldest first."""
    rules = list(ApprovalRule.objects.filter(action=action, is_enabled=True).order_by("id"))
    if not rules:
        return []
    act = approvable_actions()[action]
    facts = act.read_facts(payload)
    if act.payees and any(rule.payee for rule in rules):
        facts = replace(facts, payees=act.read_payees(payload))
    return [rule for rule in rules if matches(rule, facts)]
