from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.settlement.rules.refusals import BankDoorUnknown


def bank_door(*, livemode: bool, currency: str) -> Mapping[str, Any]:
    """How the server is reached on which our bank takes files of this currency. Raises
    BankDoorUnknown: settings.SETTLEMENT_DOORS has none."""
    doors: Mapping[str, Mapping[str, Any]] = settings.SETTLEMENT_DOORS
    found: Mapping[str, Any] | None = doors.get("live" if livemode else "test", {}).get(currency)
    if found is None:
        raise BankDoorUnknown(currency)
    return found


def has_bank_door(*, livemode: bool, currency: str) -> bool:
    try:
        return bool(bank_door(livemode=livemode, currency=currency))
    except BankDoorUnknown:
        return False
