from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.admin import show_money


def shown_sum(amount: int, fees: int, currency: str) -> str:
    """The amount of lines, and what is charged beside it, if anything is."""
    shown = show_money(amount, currency)
    if not fees:
        return shown
    text = _("%(amount)s, and %(fees)s of fees and taxes")
    return text % {"amount": shown, "fees": show_money(fees, currency)}
