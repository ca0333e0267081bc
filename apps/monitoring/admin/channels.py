from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.audit.admin import actor_of
from apps.core.admin import ActsOnRows, show_label, show_time
from apps.core.staff_text import StaffText
from apps.monitoring.models import AlertChannel
from apps.monitoring.rules.channel_kinds import KINDS
from apps.monitoring.rules.receivers import ChannelAddressRefused, check_receiver
from apps.monitoring.services.save_channel import save_channel
from apps.monitoring.services.try_channel import try_channel


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]
    address = StaffText(
        label=_("address"),
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=_(
            "As Apprise writes it, e.g. slack://…, discord://…, mailto://…, jsons://host/path for a"
            " webhook, twilio://… for SMS. It is encrypted and never shown again; left empty, it"
            " stays as it is."
        ),
    )

    class Meta:
        model = AlertChannel
        fields = ("name", "language", "severity_min", "is_escalation", "is_enabled")

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"].strip()
        if not address:
            if self.instance._state.adding:
                raise forms.ValidationError(_("Alerts need an address."))
            return ""
        try:
            check_receiver(address)
        except ChannelAddressRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return address


@admin.register(AlertChannel)
class AlertChannelAdmin(ActsOnRows):
    """Channels are switched off, not deleted: who was told of an incident stays known."""

    form = ChannelForm
    list_display = ["name", "kind_shown", "severity_min", "state", "last_used"]
    ordering = ["name"]
    list_per_page = 50
    fields = [
        "name", "address", "kind_shown", "language", "severity_min", "is_escalation", "is_enabled",
        "state", "last_used",
    ]  # fmt: skip
    readonly_fields = ["kind_shown", "state", "last_used"]
    actions = ["try_it"]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_try_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("monitoring.change_alertchannel")

    def save_model(self, request: HttpRequest, obj: AlertChannel, form: Any, change: bool) -> None:
        now = timezone.now()
        if not change:
            obj.created_at = now
        save_channel(obj, address=form.cleaned_data["address"], actor=actor_of(request), now=now)

    @admin.action(description=_("Send a test message"), permissions=["try"])
    def try_it(self, request: HttpRequest, queryset: QuerySet[AlertChannel]) -> None:
        for channel in queryset:
            error = try_channel(channel, now=timezone.now())
            text = f"{channel}: {error}" if error else _("%(channel)s took it.")
            self.message_user(
                request,
                text if error else text % {"channel": channel},
                messages.ERROR if error else messages.SUCCESS,
            )

    @display(description=_("kind"))
    def kind_shown(self, channel: AlertChannel) -> str:
        return KINDS.get(channel.kind, channel.kind or "–")

    @display(description=_("state"))
    def state(self, channel: AlertChannel) -> SafeString:
        if not channel.is_enabled:
            return show_label(_("switched off"))
        if channel.last_error:
            return show_label(channel.last_error, "danger")
        return show_label(_("works"), "success") if channel.last_used_at else show_label(_("new"))

    @display(description=_("last used"))
    def last_used(self, channel: AlertChannel) -> str:
        return show_time(channel.last_used_at)
