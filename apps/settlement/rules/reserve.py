"""What of a merchant's payments is kept in reserve, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.merchants.models import RESERVE_BASIS_POINTS_MAX, RESERVE_DAYS_MAX, Reserve

# A key of config/approvable_actions.py.
CHANGE = "merchant_reserve.change"


class ReserveChanged(DomainError):
    code = "reserve_changed"
    status = 409
    title = "The reserve is not what was shown, or is so already. Look at it again."
    staff_words = _("The reserve is not what was shown, or is so already. Look at it again.")


class ReserveOutOfBounds(DomainError):
    code = "reserve_out_of_bounds"
    status = 422
    title = "A reserve is 50 % at most, for 365 days at most; none has neither."
    staff_words = _("A reserve is 50 % at most, for 365 days at most; none has neither.")


def check_reserve(payload: Mapping[str, Any]) -> Reserve:
    """The reserve asked for. Raises ReserveOutOfBounds."""
    asked = (payload["basis_points"], payload["days"])
    basis_points, days = asked
    is_known = all(type(one) is int for one in asked)
    is_some = (
        is_known and 1 <= basis_points <= RESERVE_BASIS_POINTS_MAX and 1 <= days <= RESERVE_DAYS_MAX
    )
    if not is_some and not (is_known and asked == (0, 0)):
        raise ReserveOutOfBounds(str(asked), field="days")
    return Reserve(basis_points, days)
