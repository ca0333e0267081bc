"""What the reports are said in: names, shares, changes, and the sentence about a fall."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from apps.merchants.models import Merchant
from apps.providers.models import OPERATION_NAMES, ProviderAccount
from apps.providers.registry import PROFILES
from apps.providers.rules.phone_numbers import OPERATOR_NAMES
from apps.reporting.admin.report_form import BY
from apps.reporting.models import NO_ACCOUNT
from apps.reporting.rules.explain_fall import Explanation, Kind


class Names:
    """What people call a value of a dimension. One query for each kind that is named."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, str]] = {}

    def of(self, dimension: str, value: str) -> str:
        if dimension == "merchant":
            return self._rows("merchant", Merchant, "name").get(value, value)
        if dimension == "provider_account":
            if value == str(NO_ACCOUNT):
                return _("none")
            return self._rows("provider_account", ProviderAccount, "label").get(value, value)
        if dimension == "provider" and value in PROFILES:
            return PROFILES[value].name
        if dimension == "operator" and value in OPERATOR_NAMES:
            return OPERATOR_NAMES[value]
        if dimension == "operation":
            return str(OPERATION_NAMES.get(value, value))
        return value or _("none")

    def _rows(self, kind: str, model: Any, column: str) -> dict[str, str]:
        if kind not in self._read:
            rows = model.objects.values_list("pk", column)
            self._read[kind] = {str(pk): name for pk, name in rows}
        return self._read[kind]


def show_days(begin: datetime, end: datetime) -> str:
    first, last = date_format(begin, "j N Y"), date_format(end - timedelta(days=1), "j N Y")
    return first if first == last else f"{first} – {last}"


def show_percent(basis_points: int | None) -> str:
    return "–" if basis_points is None else f"{number_format(basis_points / 100, 1)}\u00a0%"


def show_share(part: float) -> str:
    return show_percent(round(part * 10_000))


def show_difference(now: int | None, before: int | None) -> str:
    """Of two rates, in points."""
    if now is None or before is None:
        return "–"
    return _("%(points)s points") % {"points": _signed((now - before) / 100)}


def show_growth(now: int, before: int) -> str:
    if not before:
        return "–"
    return f"{_signed(100 * (now - before) / before)}\u00a0%"


def _signed(number: float) -> str:
    sign = "+" if number > 0 else ""
    return sign + number_format(number, 1)


def show_duration(milliseconds: int | None) -> str:
    if milliseconds is None:
        return "–"
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{number_format(milliseconds / 1_000, 1)} s"
    hours = milliseconds / 3_600_000
    if hours < 1:
        return f"{number_format(60 * hours, 0)} min"
    if hours < 48:
        return f"{number_format(hours, 1)} h"
    return _("%(days)s d") % {"days": number_format(hours / 24, 1)}


def show_explanation(found: Explanation, names: Names) -> str:
    whole = {"before": show_share(found.before), "after": show_share(found.after)}
    if found.kind is Kind.TOO_FEW:
        return _("Too few payments have ended to say whether success changed.")
    if found.kind is Kind.NO_FALL:
        return _("Success did not fall beyond chance: %(before)s before, %(after)s now.") % whole
    if found.kind is Kind.EVERYWHERE:
        return (
            _(
                "Success fell from %(before)s to %(after)s, everywhere alike: no one value explains"
                " it."
            )
            % whole
        )
    said = {
        **whole,
        "dimension": BY[found.dimension],
        "value": names.of(found.dimension, found.value),
        "rate_before": show_share(found.rate_before),
        "rate_after": show_share(found.rate_after),
        "weight_before": show_share(found.weight_before),
        "weight_after": show_share(found.weight_after),
        "explained": show_share(min(max(found.explained, 0.0), 1.0)),
    }
    if found.kind is Kind.RATE:
        text = _(
            "Success fell from %(before)s to %(after)s. %(explained)s of it is %(dimension)s"
            " %(value)s, which succeeded %(rate_before)s of the time before and %(rate_after)s now."
        )
    else:
        text = _(
            "Success fell from %(before)s to %(after)s because the mix shifted, not because any"
            " part got worse: %(dimension)s %(value)s, of which %(rate_after)s succeed, went from"
            " %(weight_before)s to %(weight_after)s of all payments."
        )
    return text % said
