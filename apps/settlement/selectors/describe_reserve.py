from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.merchants.models import Merchant, Reserve


def describe_reserve(payload: Mapping[str, Any]) -> list[str]:
    """Whose reserve, and from what to what."""
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    before = Reserve(payload["basis_points_before"], payload["days_before"])
    asked = Reserve(payload["basis_points"], payload["days"])
    return [
        _("Merchant: %(merchant)s") % {"merchant": merchant.name},
        _("Reserve now: %(reserve)s") % {"reserve": before.in_words()},
        _("Reserve asked for: %(reserve)s") % {"reserve": asked.in_words()},
        _("For what is paid from then on."),
    ]
