from __future__ import annotations

from apps.ledger.models import Account, Correction

SHOWN_MAX = 20


def corrections_of(account: Account) -> list[Correction]:
    """What two people put right on an account, the latest twenty. One query for each side, of the
    corrections alone: they are few, whatever else the account has."""
    found = [
        one
        for side in ("transfer__from_account", "transfer__to_account")
        for one in Correction.objects.filter(**{side: account})
        .select_related("transfer")
        .order_by("-id")[:SHOWN_MAX]
    ]
    return sorted(found, key=lambda one: one.pk, reverse=True)[:SHOWN_MAX]
