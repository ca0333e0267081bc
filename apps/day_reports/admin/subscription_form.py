"""What is typed of a subscription of day reports."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm
from apps.core.admin import read_public_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.day_reports.models import ReportSubscription
from apps.day_reports.models.subscriptions import LANGUAGES
from apps.day_reports.services.build_merchant_day import KINDS
from apps.day_reports.services.draft_subscription import SubscriptionOrder
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

MODES = [("live", _("live")), ("test", _("test"))]
# What of the version before a new one begins with: no secret.
KEPT = (
    "name", "formats", "hour", "language", "first_day", "host", "port", "username", "host_keys",
    "folder",
)  # fmt: skip


class SubscriptionForm(ReasonForm):
    name = StaffText(label=_("name"), max_length=80, widget=UnfoldAdminTextInputWidget)
    owner = StaffText(
        label=_("of whom"),
        max_length=40,
        help_text=_("The id of a merchant, mer_…, or of a provider account, pa_…"),
        widget=UnfoldAdminTextInputWidget,
    )
    livemode = forms.ChoiceField(
        label=_("mode"),
        choices=MODES,
        help_text=_("Of a merchant; a provider account has its own."),
        widget=UnfoldAdminSelectWidget,
    )
    formats = forms.MultipleChoiceField(
        label=_("files"),
        choices=[(kind, kind) for kind in KINDS],
        help_text=_("camt.053 of a merchant alone."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    language = forms.ChoiceField(
        label=_("language"), choices=LANGUAGES, widget=UnfoldAdminSelectWidget
    )
    first_day = forms.DateField(
        label=_("first day"),
        help_text=_("Of earlier days nothing is sent."),
        widget=UnfoldAdminSingleDateWidget,
    )
    hour = forms.IntegerField(
        label=_("not before"),
        required=False,
        min_value=0,
        max_value=23,
        help_text=_("The hour of the next day. Empty: as soon as the day is ready."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    emails = StaffText(
        label=_("addresses"),
        required=False,
        max_length=2_600,
        help_text=_("One a line. Phone numbers are masked in what is sent by e-mail."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    host = StaffText(
        label=_("host"),
        required=False,
        max_length=253,
        help_text=_("Of an SFTP server, if the files are to be put there."),
        widget=UnfoldAdminTextInputWidget,
    )
    port = forms.IntegerField(
        label=_("port"),
        min_value=1,
        max_value=65535,
        initial=22,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    username = StaffText(
        label=_("user"), required=False, max_length=64, widget=UnfoldAdminTextInputWidget
    )
    host_keys = StaffText(
        label=_("host keys"),
        required=False,
        max_length=8_000,
        help_text=_("From the receiver, by another way: ssh-ed25519 AAAA…, one a line."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    folder = StaffText(
        label=_("folder"), required=False, max_length=255, widget=UnfoldAdminTextInputWidget
    )
    password = forms.CharField(
        label=_("password"),
        required=False,
        max_length=255,
        strip=False,
        help_text=_("Only where the server takes no key. Empty: with our key, which is shown."),
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    field_order = [
        "name", "owner", "livemode", "formats", "language", "first_day", "hour", "emails", "host",
        "port", "username", "host_keys", "folder", "password", "reason",
    ]  # fmt: skip

    def __init__(self, request: HttpRequest, before: ReportSubscription | None = None) -> None:
        kept: dict[str, Any] = {}
        if before is not None:
            owner = before.merchant or before.provider_account
            kept = {name: getattr(before, name) for name in KEPT}
            kept |= {
                "owner": owner.public_id if owner else "",
                "livemode": "live" if before.livemode else "test",
                "emails": "\n".join(before.emails),
            }
        super().__init__(request.POST or None, initial=kept)
        self._user = request.user

    def clean_owner(self) -> Merchant | ProviderAccount:
        said = self.cleaned_data["owner"].strip()
        found: Merchant | ProviderAccount | None = None
        if merchant_id := read_public_id("mer", said):
            found = visible_rows(self._user, Merchant.objects.filter(pk=merchant_id)).first()
        elif account_id := read_public_id("pa", said):
            accounts = ProviderAccount.objects.filter(pk=account_id)
            found = visible_rows(self._user, accounts).first()
        if found is None:
            raise forms.ValidationError(
                _("There is no merchant and no provider account with this id.")
            )
        return found

    def clean_emails(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["emails"].replace(",", "\n").split()))

    def order(self) -> SubscriptionOrder:
        said = self.cleaned_data
        owner = said["owner"]
        is_merchant = isinstance(owner, Merchant)
        names = ("name", "formats", "language", "first_day", "hour", "emails")
        server = ("host", "port", "username", "host_keys", "folder", "password")
        return SubscriptionOrder(
            merchant=owner if is_merchant else None,
            provider_account=None if is_merchant else owner,
            livemode=said["livemode"] == "live",
            **{name: said[name] for name in (*names, *server)},
        )
