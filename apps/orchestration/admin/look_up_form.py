"""What somebody on the telephone knows, as an agent types it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.admin import LIST_ZONE, read_public_id
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.merchants.models import Merchant
from apps.merchants.rules.countries import COUNTRIES
from apps.orchestration.selectors.find_by_text import number_indexes
from apps.providers.models import ProviderAccount
from apps.providers.rules.phone_numbers import OPERATOR_NAMES
from apps.vault.masked_text import DIGITS_KNOWN_BY
from apps.vault.masking import LAST_DIGITS

ANY = ("", "–")
# More merchants of one name than this are none that a person meant.
MERCHANTS_MAX = 20
# Nobody remembers what was before, and a calendar ends.
YEAR_MIN, YEAR_MAX = 2000, 2200


class LookUpForm(forms.Form):
    """`purpose`: of which blind index the number is, as apps.vault.blind_index takes it."""

    amount_from = forms.IntegerField(
        label=_("amount from"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    amount_to = forms.IntegerField(
        label=_("amount up to"),
        help_text=_("Empty: exactly the first."),
        required=False,
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    day = forms.DateField(label=_("day"), widget=UnfoldAdminSingleDateWidget)
    around = forms.TimeField(
        label=_("around"),
        help_text=_("14:00 or 14. Empty: all day."),
        required=False,
        input_formats=["%H:%M", "%H", "%Hh", "%Hh%M"],
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "text", "autocomplete": "off"}),
    )
    hours = forms.TypedChoiceField(
        label=_("give or take"),
        choices=[(1, _("1 hour")), (2, _("2 hours")), (4, _("4 hours"))],
        coerce=int,
        empty_value=1,  # type: ignore[arg-type]  # it may be what `coerce` makes
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    country = forms.ChoiceField(
        label=_("country"),
        help_text=_("The day and the hour are of its time; without it, of the merchant’s."),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    operator = forms.ChoiceField(
        label=_("operator"),
        choices=[ANY, *OPERATOR_NAMES.items()],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    merchant = StaffText(
        label=_("merchant"),
        help_text=_("A part of its name, or its id mer_…"),
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
    )
    number = StaffText(
        label=_("phone number"),
        help_text=_("The whole number, or its last two digits: no more of it can be searched."),
        required=False,
        max_length=24,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    mode = forms.ChoiceField(
        label=_("mode"),
        choices=[("live", _("live")), ("test", _("test"))],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, data: Any, *, user: Any, purpose: str, now: datetime) -> None:
        self.user, self.purpose = user, purpose
        accounts = visible_rows(user, ProviderAccount.objects.all())
        served = sorted(set(accounts.values_list("country", flat=True)) & set(COUNTRIES))
        own = served[0] if len(served) == 1 else ""
        zone = ZoneInfo(COUNTRIES[own].timezone if own else LIST_ZONE)
        initial = {"day": now.astimezone(zone).date(), "country": own}
        super().__init__(data, initial=initial)
        names = [(code, COUNTRIES[code].name) for code in served]
        self.fields["country"].choices = [ANY, *names]  # type: ignore[attr-defined]

    def clean_day(self) -> Any:
        day = self.cleaned_data["day"]
        if not YEAR_MIN <= day.year <= YEAR_MAX:
            raise forms.ValidationError(_("There is nothing of that day."))
        return day

    def clean_merchant(self) -> list[Merchant]:
        text = self.cleaned_data["merchant"].strip()
        if not text:
            return []
        merchants = visible_rows(self.user, Merchant.objects.order_by("name", "pk"))
        public_id = read_public_id("mer", text)
        named = (
            merchants.filter(pk=public_id) if public_id else merchants.filter(name__icontains=text)
        )
        found = list(named[: MERCHANTS_MAX + 1])
        if not found:
            raise forms.ValidationError(_("No merchant is called so."))
        if len(found) > MERCHANTS_MAX:
            raise forms.ValidationError(_("Many merchants are called so: write more of the name."))
        return found

    def clean_number(self) -> tuple[list[bytes], str]:
        """The blind indexes of a whole number, or else its last digits."""
        text = self.cleaned_data["number"]
        digits = "".join(letter for letter in text if letter in "0123456789")
        if not text.strip():
            return [], ""
        if len(digits) >= DIGITS_KNOWN_BY:
            indexes = number_indexes(text, purpose=self.purpose)
            if indexes:
                return indexes, ""
        if len(digits) != LAST_DIGITS:
            raise forms.ValidationError(
                _("Write the whole number, or its last two digits and no more of it.")
            )
        return [], digits

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("amount_from"), said.get("amount_to")
        if first and last and last < first:
            self.add_error("amount_to", _("It is less than the first amount."))
        return said

    @property
    def zone(self) -> str:
        """Of which the day and the hour are."""
        if country := self.cleaned_data["country"]:
            return COUNTRIES[country].timezone
        merchants: list[Merchant] = self.cleaned_data["merchant"]
        zones = {merchant.timezone for merchant in merchants}
        return zones.pop() if len(zones) == 1 else LIST_ZONE

    @property
    def times(self) -> tuple[datetime, datetime]:
        """The first moment, and that after the last one."""
        said, zone = self.cleaned_data, ZoneInfo(self.zone)
        if said["around"] is None:
            first = datetime.combine(said["day"], time.min, tzinfo=zone)
            return first, first + timedelta(days=1)
        middle = datetime.combine(said["day"], said["around"], tzinfo=zone)
        wide = timedelta(hours=said["hours"])
        return middle - wide, middle + wide
