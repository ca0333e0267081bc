"""What a second person reads before she decides: whole, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.ledger.rules.postings import CLEARING
from apps.ledger.selectors.describe_correction import describe_adjustment
from apps.reconciliation.models import Discrepancy, HandMatch


def describe_match(payload: Mapping[str, Any]) -> list[str]:
    """The line, the attempts with their amounts, and what is left between them."""
    currency = payload["currency"]
    row = Discrepancy.objects.select_related("line", "provider_account").get(
        pk=UUID(payload["discrepancy_id"])
    )
    lines = [
        _("Discrepancy: %(id)s, %(account)s")
        % {"id": row.public_id, "account": row.provider_account}
    ]
    if row.line is not None:
        lines.append(
            _("Line %(number)s of the report: %(reference)s, %(money)s")
            % {
                "number": row.line.line_number,
                "reference": row.line.provider_reference or row.line.reference or "–",
                "money": Money(payload["amount"], currency),
            }
        )
    lines += [
        _("Attempt: %(id)s, %(money)s")
        % {"id": encode_id("att", UUID(one["id"])), "money": Money(one["amount"], currency)}
        for one in payload["attempts"]
    ]
    difference = payload["difference"]
    explained = HandMatch.Explanation(payload["explained_as"]).label
    lines.append(
        _("Difference: %(money)s, %(explained)s")
        % {"money": Money(difference, currency), "explained": explained}
    )
    return lines


def describe_write_off(payload: Mapping[str, Any]) -> list[str]:
    """The sum and each discrepancy with its value."""
    currency = payload["currency"]
    shown = {UUID(one["id"]): one["value"] for one in payload["discrepancies"]}
    total = Money(payload["amount"], currency)
    text = _("Lost: %(money)s") if payload["is_loss"] else _("Gained: %(money)s")
    lines = [text % {"money": total}, _("Discrepancies: %(count)s") % {"count": len(shown)}]
    for row in Discrepancy.objects.filter(pk__in=shown).select_related("provider_account"):
        lines.append(
            f"{row.public_id}, {row.get_kind_display()}, {row.provider_account},"
            f" {Money(abs(shown[row.pk]), currency)}"
        )
    return lines


def describe_correction(payload: Mapping[str, Any]) -> list[str]:
    """The discrepancy, and what is booked of it."""
    row = Discrepancy.objects.select_related("provider_account").get(
        pk=UUID(payload["discrepancy_id"])
    )
    sides = {"from": payload["account"], "to": CLEARING.value}
    if payload["value"] < 0:
        sides = {"from": CLEARING.value, "to": payload["account"]}
    adjustment = {
        **payload,
        **sides,
        "provider_account_id": str(row.provider_account_id),
        "livemode": row.provider_account.livemode,
        "evidence": row.public_id,
    }
    return [f"{row.public_id}, {row.get_kind_display()}", *describe_adjustment(adjustment)]
