from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts


def bank_file_facts(payload: Mapping[str, Any]) -> Facts:
    """What "settlement.bank_file" tells the rules: the total, and that it is a file."""
    return Facts(amount=payload["amount"], currency=payload["currency"], how=ApprovalRule.How.FILE)
