"""A line of a fee plan in words, for people."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.core.percent import percent
from apps.fees.models import FeeOperation, FeeReturn, Rounding
from apps.fees.rules.fee_terms import CONDITIONS, FeeTerms
from apps.providers.registry import PROFILES


def what_for(line: FeeTerms) -> str:
    """What it is for: "payment · MTN MoMo · CM · from 10 000 XAF"."""
    words = [str(FeeOperation(line.operation).label)]
    for name in CONDITIONS:
        value = getattr(line, name)
        if value and name == "provider" and value in PROFILES:
            value = PROFILES[value].name
        elif value == "mobile_money":
            value = _("mobile money")
        if value:
            words.append(value)
    if line.amount_from:
        words.append(_("from %(amount)s") % {"amount": Money(line.amount_from, line.said_in)})
    return " · ".join(words)


def how_much(line: FeeTerms) -> str:
    """What it costs: "1.5 % + 25 XAF, at least 50 XAF; tax on the fee 19.25 %"."""
    parts = [percent(line.basis_points)] if line.basis_points or not line.fixed else []
    if line.fixed:
        parts.append(str(Money(line.fixed, line.said_in)))
    text = " + ".join(parts)
    if line.fee_min:
        text += ", " + _("at least %(amount)s") % {"amount": Money(line.fee_min, line.said_in)}
    if line.fee_max is not None:
        text += ", " + _("at most %(amount)s") % {"amount": Money(line.fee_max, line.said_in)}
    if line.tax_basis_points:
        text += "; " + _("tax on the fee %(share)s") % {"share": percent(line.tax_basis_points)}
    if line.rounding != Rounding.HALF_UP:
        text += "; " + _("rounded %(how)s") % {"how": Rounding(line.rounding).label}
    return text


def returns_in_words(fee_return: str) -> str:
    """What its version says of refunds."""
    return _("Refunds give back of the fee: %(what)s") % {"what": FeeReturn(fee_return).label}
