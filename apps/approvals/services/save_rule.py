from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.approvals.selectors.rule_problems import rule_problems
from apps.core.errors import DomainError

# What a change says of a rule, all of it.
FIELDS = (
    "name", "action", "amount_min", "amount_max", "currency", "rail", "how", "payee", "sum_of",
    "sum_hours", "makers", "steps", "keys_may_decide", "is_enabled",
)  # fmt: skip


class ApprovalRuleNeverMet(DomainError):
    code = "approval_rule_never_met"
    status = 409
    title = "The rule would enforce nothing, or could not be obeyed."


def save_rule(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """What the action "approval_rule.change" does: the rule is as the payload says, new or old.

    Raises:
        ApprovalRuleNeverMet: it can never match, or nobody could do its steps.
    """
    rule = ApprovalRule(
        id=UUID(payload["rule_id"]),
        changed_at=now,
        # One that was asked for by the release before says nothing of keys.
        **{name: payload[name] for name in FIELDS if name in payload},
    )
    fatal = [str(problem.text) for problem in rule_problems(rule) if problem.is_fatal]
    if fatal:
        raise ApprovalRuleNeverMet(" ".join(fatal))
    fields = {name: getattr(rule, name) for name in (*FIELDS, "changed_at")}
    ApprovalRule.objects.update_or_create(id=rule.id, defaults=fields)
