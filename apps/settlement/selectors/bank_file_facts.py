from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.settlement.models import BankFile


def shown_of_file(file: BankFile) -> dict[str, Any]:
    """What a second person is shown of a bank file, and says yes to: the payload of its acts."""
    return {
        "file_id": str(file.pk),
        "digest": bytes(file.digest).hex(),
        "count": file.count,
        "amount": file.amount,
        "currency": file.currency,
        # Fetched since then, it is in other hands than was shown.
        "fetched_at": file.downloaded_at.isoformat() if file.downloaded_at else None,
    }


def bank_file_facts(payload: Mapping[str, Any]) -> Facts:
    """What the acts on a bank file tell the rules: the total, and that it is a file."""
    return Facts(amount=payload["amount"], currency=payload["currency"], how=ApprovalRule.How.FILE)
