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
    words = {
        "confirm_paid": _("The bank has paid it"),
        "confirm_rejected": _("The bank has rejected it"),
        "confirm_paid_after_all": _("The bank has paid it after all: it leaves the balance again"),
    }
    return [
        f"{one.full_number}, {one.merchant.name}, {Money(one.amount, one.currency)},"
        f" {one.payee_masked}",
        words[payload["decision"]],
    ]


def describe_returned(payload: Mapping[str, Any]) -> list[str]:
    """Whose transfer came back, how much, and by which reference of the bank."""
    one = Settlement.objects.select_related("merchant").get(pk=UUID(payload["settlement_id"]))
    return [
        f"{one.full_number}, {one.merchant.name},"
        f" {Money(payload['amount'], payload['currency'])}, {one.payee_masked}",
        _("The money came back to our bank: the balance has it again"),
        _("Proof: %(text)s") % {"text": payload["evidence"]},
    ]
