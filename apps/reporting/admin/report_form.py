"""What a manager asks of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from apps.merchants.models import Merchant
from apps.providers.models import OPERATION_NAMES
from apps.reporting.models import Series
from apps.reporting.rules.bounds import Bounds
from apps.reporting.rules.period import PERIOD_MAX, Period
from apps.reporting.selectors.selection import Selection

DAYS_USUAL = 7

BY = {
    "provider": _("provider"),
    "provider_account": _("provider account"),
    "operation": _("operation"),
    "country": _("country"),
    "operator": _("operator"),
    "merchant": _("merchant"),
    "method": _("method"),
}


class ReportForm(forms.Form):
    """All of it may be left out. Days are of UTC, and the last one is included."""

    mode = forms.ChoiceField(
        label=_("mode"),
        choices=[("live", _("live")), ("test", _("test"))],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    first = forms.DateField(
        label=_("first day"), required=False, widget=UnfoldAdminSingleDateWidget
    )
    last = forms.DateField(label=_("last day"), required=False, widget=UnfoldAdminSingleDateWidget)
    operation = forms.ChoiceField(
        label=_("operation"),
        choices=[("", _("all")), *OPERATION_NAMES.items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    provider = forms.SlugField(
        label=_("provider"), max_length=32, required=False, widget=UnfoldAdminTextInputWidget
    )
    country = forms.RegexField(
        "^[A-Z]{2}$",
        label=_("country"),
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    operator = forms.SlugField(
        label=_("operator"), max_length=16, required=False, widget=UnfoldAdminTextInputWidget
    )
    merchant = forms.ModelChoiceField(
        Merchant.objects.order_by("name"),
        label=_("merchant"),
        required=False,
        empty_label=_("all"),
        widget=UnfoldAdminSelectWidget,
    )
    by = forms.ChoiceField(
        label=_("told apart by"),
        choices=list(BY.items()),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first: Any = data.get("first")
        last: Any = data.get("last")
        for name in ("first", "last"):
            day = data.get(name)
            if day is not None and not 2000 <= day.year < 2200:
                self.add_error(name, _("Choose a day nearer to today."))
                return data
        if first or last:
            # Left out, the last day is today and the first so many days before it.
            last = last or max(first, self.today)
            first = first or last - timedelta(days=DAYS_USUAL - 1)
            if first > last:
                self.add_error("last", _("It must end after it begins."))
            elif last - first > PERIOD_MAX:
                self.add_error("first", _("Choose a shorter time."))
        return data


@dataclass(frozen=True, slots=True)
class AskedReport:
    form: ReportForm
    selection: Selection
    period: Period
    by: str


def read_asked_report(
    query: QueryDict, *, bounds: Any, livemode: bool, now: datetime
) -> AskedReport:
    """What is asked for, within these bounds; what is not usable is told by the form, and left out.

    `livemode` is the mode where none is named.
    """
    given = query.copy()
    given.setdefault("mode", "live" if livemode else "test")
    given.setdefault("by", "provider")
    today = now.astimezone(UTC).date()
    form = ReportForm(given, today=today)
    form.fields["merchant"].queryset = _visible(bounds)  # type: ignore[attr-defined]

    data: dict[str, Any] = form.cleaned_data if form.is_valid() else {"mode": given["mode"]}
    first = data.get("first")
    last = data.get("last") or max(first or today, today)
    first = first or last - timedelta(days=DAYS_USUAL - 1)
    merchant = data.get("merchant")
    filters = {
        name: [str(value)]
        for name in ("operation", "provider", "country", "operator")
        if (value := data.get(name))
    }
    if merchant is not None:
        filters["merchant"] = [str(merchant.pk)]
    return AskedReport(
        form=form,
        selection=Selection(data.get("mode") != "test", bounds, filters),
        period=Period(_midnight(first), _midnight(last) + timedelta(days=1)),
        by=data.get("by") or "provider",
    )


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), UTC)


def _visible(bounds: list[Bounds]) -> Any:
    """The merchants that may be named: those of which there can be figures within the bounds."""
    found = Q(pk__in=[])
    for one in bounds:
        part = Q()
        if one.merchant_ids is not None:
            part &= Q(pk__in=list(one.merchant_ids))
        if one.countries is not None:
            there = Series.objects.filter(country__in=list(one.countries))
            part &= Q(country__in=list(one.countries)) | Q(pk__in=there.values("merchant_id"))
        found |= part
    everybody = any(one.merchant_ids is None and one.countries is None for one in bounds)
    merchants = Merchant.objects.order_by("name")
    return merchants if everybody else merchants.filter(found)
