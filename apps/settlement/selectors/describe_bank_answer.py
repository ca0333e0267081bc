from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.settlement.models import BankAnswer
from apps.settlement.selectors.bank_answer_facts import lines_to_book

SHOWN_MAX = 200


def describe_bank_answer(payload: Mapping[str, Any]) -> list[str]:
    """Which file the bank answers, and what it says of whose transfer."""
    answer = BankAnswer.objects.select_related("bank_file").get(pk=UUID(payload["answer_id"]))
    lines = [
        _("Bank file: %(file)s") % {"file": answer.bank_file.public_id},
        _("Paid: %(paid)s. Rejected: %(rejected)s. Together %(amount)s")
        % {
            "paid": payload["paid"],
            "rejected": payload["rejected"],
            "amount": Money(payload["amount"], payload["currency"]),
        },
        _("SHA-256 of the bank’s message: %(digest)s") % {"digest": payload["digest"]},
    ]
    for line in lines_to_book(answer)[:SHOWN_MAX]:
        if line.settlement is not None:
            one = line.settlement
            lines.append(
                f"{one.merchant.name}, {one.full_number}, {Money(one.amount, one.currency)},"
                f" {line.get_said_display()} {line.bank_code}".rstrip()
            )
    more = payload["paid"] + payload["rejected"] - SHOWN_MAX
    if more > 0:
        lines.append(_("… and %(count)s more") % {"count": more})
    return lines
