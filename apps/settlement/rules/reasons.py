"""Why a settlement waits for a person, or was not paid: in words, for staff."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REJECTED = "rejected_by_bank"
RETURNED = "returned_by_bank"

REASONS: Mapping[str, Promise] = {
    "merchant_disabled": _("The merchant is disabled."),
    "payee_changed": _("The payee is another than when the period was closed."),
    "payee_unreadable": _("The payee of its terms cannot be read."),
    "bank_contradicts": _("Our bank may have paid this merchant twice: see to that first."),
    "held_back": _("Staff hold it back."),
    "not_paid": _("Staff gave it back to the balance."),
    REJECTED: _("The bank rejected it."),
    RETURNED: _("The bank had paid it, and the money came back."),
}


def reason_in_words(code: str) -> str:
    """What a rail or a provider says has its code alone."""
    return str(REASONS.get(code, code))
