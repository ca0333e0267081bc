from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.refunds.models import Refund


def describe_refund(payload: Mapping[str, Any]) -> list[str]:
    """How much of which payment a refund that waits gives back to whom, and whose money."""
    refunds = Refund.objects.select_related("merchant", "payment")
    refund = refunds.get(pk=UUID(payload["refund_id"]))
    lines = [
        f"{refund.public_id}, {refund.merchant.name}",
        _("Back to %(payer)s, %(operator)s: %(money)s of %(payment)s")
        % {
            "payer": refund.payer_msisdn_masked,
            "operator": refund.operator,
            "money": Money(refund.amount, refund.currency),
            "payment": refund.payment.public_id,
        },
    ]
    if fees := refund.fee + refund.fee_tax:
        lines.append(
            _("Beside it %(fees)s of fees and taxes") % {"fees": Money(fees, refund.currency)}
        )
    return lines
