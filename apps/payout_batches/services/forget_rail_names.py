from __future__ import annotations

from datetime import datetime, timedelta

from apps.payout_batches.models import HAS_RAIL_NAME, NameCheck

# Whoever decides about a payee does so within days.
KEPT = timedelta(days=30)
AT_ONCE = 1_000


def forget_rail_names(*, now: datetime) -> int:
    """Erase the names that rails gave for payees, and their initials, once they are old; returns
    how many. What stays is the result. Bounded, safe to repeat."""
    old = NameCheck.objects.filter(HAS_RAIL_NAME, checked_at__lt=now - KEPT).order_by("checked_at")
    chosen = list(old.values_list("pk", flat=True)[:AT_ONCE])
    return NameCheck.objects.filter(pk__in=chosen).update(
        rail_name_encrypted=None, rail_name_masked=""
    )
