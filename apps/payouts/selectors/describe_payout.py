from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.payouts.models import Payout


def describe_payout(payload: Mapping[str, Any]) -> list[str]:
    """Whom a payout that waits pays how much, and whose money."""
    payout = Payout.objects.select_related("merchant").get(pk=UUID(payload["payout_id"]))
    lines = [
        f"{payout.public_id}, {payout.merchant.name}",
        _("To %(payee)s, %(operator)s: %(money)s")
        % {
            "payee": payout.payee_msisdn_masked,
            "operator": payout.operator,
            "money": Money(payout.amount, payout.currency),
        },
    ]
    if fees := payout.fee + payout.fee_tax:
        lines.append(
            _("Beside it %(fees)s of fees and taxes") % {"fees": Money(fees, payout.currency)}
        )
    return lines
