from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.reporting.models import StaffScope
from apps.reporting.rules.bounds import EVERYTHING, Bounds


def bounds_of(user: Any) -> Sequence[Bounds]:
    """What a member of staff may see of the figures: see StaffScope. Two queries."""
    if user.is_superuser:
        return EVERYTHING
    scopes = StaffScope.objects.filter(group__in=user.groups.all()).prefetch_related("merchants")
    return [
        Bounds(
            countries=scope.countries or None,
            merchant_ids=[merchant.pk for merchant in scope.merchants.all()] or None,
        )
        for scope in scopes
    ] or EVERYTHING
