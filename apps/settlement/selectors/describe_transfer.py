from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.settlement.models import Settlement


def describe_transfer(payload: Mapping[str, Any]) -> list[str]:
    """Whose transfer it is, how much, and what the bank is said to have done."""
    one = Settlement.objects.select_related("merchant").get(pk=UUID(payload["settlement_id"]))
    is_paid = payload["decision"] == "confirm_paid"
    return [
        f"{one.full_number}, {one.merchant.name}, {Money(one.amount, one.currency)},"
        f" {one.payee_masked}",
        _("The bank has paid it") if is_paid else _("The bank has rejected it"),
    ]
