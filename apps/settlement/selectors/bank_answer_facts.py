from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.settlement.models import BankAnswer, BankAnswerLine, Said


def lines_to_book(answer: BankAnswer) -> QuerySet[BankAnswerLine]:
    """What is said for good, and contradicts nothing: of each transfer once, however often the
    message says it."""
    found = answer.lines.filter(contradiction="").exclude(said=Said.OPEN)
    once = found.order_by("settlement_id", "id").distinct("settlement_id")
    lines = answer.lines.filter(pk__in=once.values("pk"))
    return lines.select_related("settlement__merchant").order_by("id")


def shown_of_answer(answer: BankAnswer) -> dict[str, Any]:
    """What a second person is shown of the bank's answer, and says yes to: the payload."""
    totals = lines_to_book(answer).aggregate(
        paid=Count("id", filter=Q(said=Said.PAID)),
        rejected=Count("id", filter=Q(said=Said.REJECTED)),
        amount=Sum("settlement__amount", default=0),
    )
    return {
        "answer_id": str(answer.pk),
        "digest": bytes(answer.digest).hex(),
        "paid": totals["paid"],
        "rejected": totals["rejected"],
        "amount": int(totals["amount"]),
        "currency": answer.bank_file.currency,
    }


def bank_answer_facts(payload: Mapping[str, Any]) -> Facts:
    """What "settlement.bank_answer" tells the rules: the total, and that it is a file."""
    return Facts(amount=payload["amount"], currency=payload["currency"], how=ApprovalRule.How.FILE)
