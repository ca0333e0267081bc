"""What a person may match: which lines, and which differences with what word for them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.reconciliation.models import Discrepancy, HandMatch

# A line that fits nothing, or whose own attempt has another amount.
MATCHABLE = (Discrepancy.Kind.UNKNOWN_TO_US, Discrepancy.Kind.AMOUNT_DIFFERS)

# The longest list a second person reads to its end.
ATTEMPTS_MAX = 20


def difference_refusal(difference: int, explained_as: str, attempts: int, total: int) -> str:
    """Why this difference cannot stand, with `%(money)s` for it; "" if it can.

    Args:
        difference: what the line has more than its attempts together, in minor units.
    """
    if difference == 0:
        return "" if not explained_as else _("They are equal: there is nothing to explain.")
    if attempts > 1:
        return _("Split over several attempts a line has to be equal: %(money)s is left.")
    if explained_as == HandMatch.Explanation.ROUNDING and abs(difference) <= 1:
        return ""
    # Kept by the provider: the line is less, and something is left.
    if explained_as == HandMatch.Explanation.FEE and -total < difference < 0:
        return ""
    if not explained_as:
        return _("They differ by %(money)s: say whether it is a fee or a rounding.")
    return _("%(money)s is neither what a provider keeps nor a rounding.")
