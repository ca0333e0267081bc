"""What of a merchant's payments is kept in reserve, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.merchants.models import (
    RESERVE_BASIS_POINTS_MAX,
    RESERVE_CAP_MAX,
    RESERVE_DAYS_MAX,
    Reserve,
)

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
    title = "A reserve is 50 % at most, for 365 days at most; none has neither, nor a cap."
    staff_words = _("A reserve is 50 % at most, for 365 days at most; none has neither, nor a cap.")


def check_reserve(payload: Mapping[str, Any]) -> Reserve:
    """The reserve asked for. Raises ReserveOutOfBounds."""
    asked = Reserve(payload["basis_points"], payload["days"], payload.get("cap"))
    basis_points, days, cap = asked
    is_known = all(type(one) is int for one in (basis_points, days))
    is_some = (
        is_known
        and 1 <= basis_points <= RESERVE_BASIS_POINTS_MAX
        and 1 <= days <= RESERVE_DAYS_MAX
        and (cap is None or (type(cap) is int and 1 <= cap <= RESERVE_CAP_MAX))
    )
    if not is_some and not (is_known and asked == Reserve()):
        raise ReserveOutOfBounds(str(tuple(asked)), field="days")
    return asked


def reserve_before(payload: Mapping[str, Any]) -> Reserve:
    """The one that who asked saw. What was asked for before there were caps has none."""
    return Reserve(
        payload["basis_points_before"], payload["days_before"], payload.get("cap_before")
    )
