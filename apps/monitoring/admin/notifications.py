from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from apps.core.admin import DayRangeFilter, ReadOnlyAdmin, related, show_label, show_time
from apps.monitoring.admin.incidents import STATUS_COLOURS
from apps.monitoring.models import Notification

INCIDENT = related("incident", _("incident"))
CHANNEL = related("channel", _("channel"))


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["made", INCIDENT, "step_word", CHANNEL, "status_shown", "last_error"]
    list_filter = [("status", ChoicesDropdownFilter), ("created_at", DayRangeFilter)]
    list_select_related = ["incident", "channel"]
    fields = [
        "made", INCIDENT, "step_word", CHANNEL, "status_shown", "tries", "last_error", "ended",
    ]  # fmt: skip
    readonly_fields = fields

    @display(description=_("created"))
    def made(self, row: Notification) -> str:
        return show_time(row.created_at)

    @display(description=_("ended"))
    def ended(self, row: Notification) -> str:
        return show_time(row.ended_at)

    @display(description=_("step"))
    def step_word(self, row: Notification) -> str:
        return row.step_shown

    @display(description=_("status"))
    def status_shown(self, row: Notification) -> SafeString:
        colour = STATUS_COLOURS[Notification.Status(row.status)]
        return show_label(row.get_status_display(), colour)
