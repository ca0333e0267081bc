from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from apps.reporting.models import StaffScope


def scope_as_json(role: Group) -> dict[str, Any] | None:
    """What a role shows, as two people agree on it; None of one that bounds nothing."""
    scope = StaffScope.objects.filter(group=role).first()
    if scope is None:
        return None
    merchants = scope.merchants.values_list("pk", flat=True)
    return {
        "countries": sorted(scope.countries),
        "merchants": sorted(str(merchant) for merchant in merchants),
    }
