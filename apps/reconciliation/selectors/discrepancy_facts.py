"""What decisions on discrepancies tell the approval rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.orchestration.selectors.load_attempts import load_attempts


def match_facts(payload: Mapping[str, Any]) -> Facts:
    """The line's amount, and the operators of what it is matched with."""
    attempts = load_attempts([UUID(one["id"]) for one in payload["attempts"]]).values()
    rails = {getattr(one.owner, "operator", "") for one in attempts}
    return Facts(
        amount=abs(payload["amount"]),
        currency=payload["currency"],
        rails=frozenset(rails - {""}),
        how=ApprovalRule.How.HAND,
    )


def write_off_facts(payload: Mapping[str, Any]) -> Facts:
    """The sum, in its currency."""
    return Facts(amount=payload["amount"], currency=payload["currency"], how=ApprovalRule.How.HAND)
