"""What is typed of sources."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from apps.approvals.admin.asking import ReasonForm
from apps.core.staff_text import StaffText
from apps.providers.models import ProviderAccount
from apps.reconciliation.services.check_statement_fits import DAYS_MAX
from apps.statement_sources.admin.pgp_fields import PGP_FIELDS, PgpFields
from apps.statement_sources.models import (
    DAY_OFFSET_MAX,
    SIZE_MAX_MB,
    AfterFetch,
    Completeness,
    StatementSource,
    Way,
    early_morning,
)
from apps.statement_sources.rules.source_order import SourceOrder, order_digest, order_of
from apps.statement_sources.services.draft_connection import ConnectionOrder

HOUR = "%H:%M"
# Of files alone: a day that is asked for has none of it.
OF_FILES = (
    "name_pattern", "day_offset", "days_covered", "completeness", "marker_suffix", "after_fetch",
)  # fmt: skip


class SourceForm(forms.Form):
    """Its fields have the names of SourceOrder's; `seen` is the digest of what it began with."""

    name = StaffText(label=_("name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    is_enabled = forms.BooleanField(label=_("on"), required=False, widget=UnfoldBooleanWidget)
    name_pattern = StaffText(
        label=_("file name"),
        max_length=120,
        required=False,
        help_text=_(
            "With the day in it: {year} or {yy}, {month}, {day}; * is any text."
            " momo_{year}{month}{day}_*.csv."
            " Empty where we ask the API."
        ),
        widget=UnfoldAdminTextInputWidget,
    )
    day_offset = forms.IntegerField(
        label=_("days from the covered to the named day"),
        min_value=0,
        max_value=DAY_OFFSET_MAX,
        initial=0,
        help_text=_("1 where a file is named for the day on which it was made."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    days_covered = forms.IntegerField(
        label=_("days covered"),
        min_value=1,
        max_value=DAYS_MAX,
        initial=1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    poll_times = StaffText(
        label=_("looked at"),
        max_length=200,
        help_text=_("Hours of the account’s time zone: 04:00 06:30"),
        widget=UnfoldAdminTextInputWidget,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("days of which a report comes"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        initial=list(range(7)),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    latest_time = forms.TimeField(
        label=_("late from"),
        initial="08:00",
        help_text=_("Of the next day, in the account’s time zone."),
        widget=UnfoldAdminTextInputWidget,
    )
    first_day = forms.DateField(
        label=_("first day"),
        help_text=_("Files of earlier days are passed over."),
        widget=UnfoldAdminSingleDateWidget,
    )
    completeness = forms.ChoiceField(
        label=_("complete when"),
        choices=Completeness.choices,
        initial=Completeness.UNCHANGED,
        widget=UnfoldAdminSelectWidget,
    )
    marker_suffix = StaffText(
        label=_("ending of the marker"),
        max_length=16,
        required=False,
        help_text=_("As in report.csv.ok: .ok"),
        widget=UnfoldAdminTextInputWidget,
    )
    after_fetch = forms.ChoiceField(
        label=_("afterwards"),
        choices=AfterFetch.choices,
        initial=AfterFetch.LEAVE,
        help_text=_("What was dropped in always leaves the inbox."),
        widget=UnfoldAdminSelectWidget,
    )
    takes_corrections = forms.BooleanField(
        label=_("takes corrections"),
        required=False,
        initial=True,
        help_text=_(
            "The same name with another content is a newer report of its day. Else it waits for a"
            " person."
        ),
        widget=UnfoldBooleanWidget,
    )
    size_max_mb = forms.IntegerField(
        label=_("largest file, MB"),
        min_value=1,
        max_value=SIZE_MAX_MB,
        initial=200,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, source: StatementSource | None = None) -> None:
        initial: dict[str, Any] = {"poll_times": _as_hours(early_morning())}
        if source is not None:
            order = order_of(source)
            initial = {name: getattr(order, name) for name in SourceOrder.__dataclass_fields__}
            initial["poll_times"] = _as_hours(order.poll_times)
            initial["latest_time"] = order.latest_time.strftime(HOUR)
            initial["seen"] = order_digest(order)
        super().__init__(data, initial=initial)
        self._before = None if source is None else order_of(source)
        if source is not None and source.way == Way.API:
            for name in OF_FILES:
                del self.fields[name]

    def clean_poll_times(self) -> list[time]:
        words = self.cleaned_data["poll_times"].replace(",", " ").replace(";", " ").split()
        try:
            hours = sorted({datetime.strptime(word, HOUR).time() for word in words})  # noqa: DTZ007
        except ValueError:
            raise forms.ValidationError(_("Hours as 04:00, with blanks between.")) from None
        if not 1 <= len(hours) <= 24:
            raise forms.ValidationError(_("One to 24 hours."))
        return hours

    def order(self) -> SourceOrder:
        said = self.cleaned_data
        names = [name for name in SourceOrder.__dataclass_fields__ if name in said]
        if self._before is not None:
            return replace(self._before, **{name: said[name] for name in names})
        return SourceOrder(**{name: said[name] for name in names})


class NewSourceForm(SourceForm):
    account = forms.ModelChoiceField(
        ProviderAccount.objects.order_by("label"),
        label=_("provider account"),
        widget=UnfoldAdminSelectWidget,
    )
    way = forms.ChoiceField(
        label=_("way"),
        choices=[one for one in Way.choices if one[0] != Way.UPLOAD],
        widget=UnfoldAdminSelectWidget,
    )
    is_enabled = None  # type: ignore[assignment]  # Nobody has agreed yet on how it is reached.
    field_order = ["account", "way", "name"]

    def order(self) -> SourceOrder:
        self.cleaned_data["is_enabled"] = False
        return super().order()


class PullForm(PgpFields, ReasonForm):
    host = StaffText(label=_("host"), max_length=253, widget=UnfoldAdminTextInputWidget)
    port = forms.IntegerField(
        label=_("port"),
        min_value=1,
        max_value=65535,
        initial=22,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    username = StaffText(label=_("user"), max_length=64, widget=UnfoldAdminTextInputWidget)
    host_keys = StaffText(
        label=_("host keys"),
        help_text=_(
            "From the provider, by another way than this connection: ssh-ed25519 AAAA…, one a line."
            " Two while it changes its key."
        ),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    folder = StaffText(
        label=_("folder"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget
    )
    archive_folder = StaffText(
        label=_("archive folder"), max_length=255, required=False, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        label=_("password"),
        max_length=255,
        required=False,
        strip=False,
        help_text=_("Only where the provider takes no key. Empty: with our key, which is shown."),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    wants_new_key = forms.BooleanField(
        label=_("make a new key"), required=False, widget=UnfoldBooleanWidget
    )
    field_order = [
        "host", "port", "username", "host_keys", "folder", "archive_folder", "password",
        "wants_new_key", *PGP_FIELDS, "reason",
    ]  # fmt: skip

    def order(self) -> ConnectionOrder:
        said = self.cleaned_data
        names = [name for name in self.fields if name not in (*PGP_FIELDS, "reason")]
        return ConnectionOrder(**{name: said[name] for name in names}, pgp=self.pgp_order())


class DropInForm(PgpFields, ReasonForm):
    partner_keys = StaffText(
        label=_("the provider’s keys"),
        help_text=_("Public keys that may drop in: ssh-ed25519 AAAA…, one a line."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    field_order = ["partner_keys", *PGP_FIELDS, "reason"]

    def order(self) -> ConnectionOrder:
        return ConnectionOrder(partner_keys=self.cleaned_data["partner_keys"], pgp=self.pgp_order())


def _as_hours(hours: list[time]) -> str:
    return " ".join(hour.strftime(HOUR) for hour in hours)
