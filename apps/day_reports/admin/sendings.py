from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from apps.approvals.admin.asking import ReasonForm
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import related, show_label, show_long, show_time, show_two
from apps.core.form_pages import RowsWithActs, show_buttons
from apps.core.money import grouped
from apps.day_reports.models import ReportSending, SendingStatus
from apps.day_reports.rules.problems import trouble
from apps.day_reports.services.decide_sending import decide_sending
from apps.vault.masked_text import mask_text

COLOURS = {
    SendingStatus.WAITING: "info",
    SendingStatus.SENT: "success",
    SendingStatus.DROPPED: "",
    SendingStatus.GIVEN_UP: "danger",
}


@admin.register(ReportSending)
class ReportSendingAdmin(RowsWithActs):
    """What was sent, to whom and when; and what waits for a person."""

    public_id_prefix = "rse"
    list_display = ["day_and_version", "subscription_shown", "way", "status_shown", "sent"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("day", RangeDateFilter),
    ]
    list_select_related = ["subscription"]
    search_fields = ["id", "subscription"]
    search_help_text = _("Exactly: the id, rse_…")
    fields = [
        "public_id_shown", "subscription_shown", "day_and_version", "way", "status_shown", "why",
        "files_shown", "to_shown", "refused_shown", "sent", "next_shown", "person",
        "note_shown", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields
    subscription_shown = staticmethod(related("subscription", _("subscription")))

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perm("day_reports.change_reportsending")

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:sending_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"day_reports_reportsending_{name}",
            )
            for name, view in (("again", self.again_view), ("give_up", self.give_up_view))
        ]
        return [*own, *super().get_urls()]

    def again_view(self, request: HttpRequest, sending_id: Any) -> HttpResponse:
        return self._decide(request, sending_id, gives_up=False)

    def give_up_view(self, request: HttpRequest, sending_id: Any) -> HttpResponse:
        return self._decide(request, sending_id, gives_up=True)

    def _decide(self, request: HttpRequest, sending_id: Any, *, gives_up: bool) -> HttpResponse:
        sending: ReportSending = get_object_or_404(
            self.get_queryset(request).select_related("subscription"), pk=sending_id
        )

        def act(said: dict[str, Any]) -> str:
            decide_sending(
                sending_id=sending.pk,
                gives_up=gives_up,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("It is given up.") if gives_up else _("It is sent now."))

        return self.form_page(
            request,
            ReasonForm(request.POST or None),
            act,
            title=_("Give up") if gives_up else _("Send now"),
            back=reverse("admin:day_reports_reportsending_change", args=[sending.pk]),
            facts=[str(sending.subscription), f"{sending.day:%Y-%m-%d}", trouble(sending.failure)],
        )

    @display(description=_("id"))
    def public_id_shown(self, sending: ReportSending) -> str:
        return sending.public_id

    @display(description=_("day"))
    def day_and_version(self, sending: ReportSending) -> SafeString:
        said = _("version %(number)s") % {"number": grouped(sending.version)}
        return show_two(f"{sending.day:%Y-%m-%d} {sending.currency}".rstrip(), said)

    @display(description=_("status"))
    def status_shown(self, sending: ReportSending) -> SafeString:
        if sending.is_under_way(database_clock.now()):
            return show_label(_("being sent"), "info")
        if sending.status == SendingStatus.WAITING and sending.failing_since is not None:
            return show_label(_("fails"), "danger")
        return show_label(sending.get_status_display(), COLOURS[SendingStatus(sending.status)])

    @display(description=_("last failure"))
    def why(self, sending: ReportSending) -> str:
        return trouble(sending.failure) or "–"

    @display(description=_("files"))
    def files_shown(self, sending: ReportSending) -> SafeString | str:
        shown = format_html_join(
            "",
            "<div>{} ({})<br>{}</div>",
            (
                (
                    show_long(one["name"]),
                    _("%(count)s bytes") % {"count": grouped(one["bytes"])},
                    show_long(f"SHA-256 {one['sha256']}"),
                )
                for one in sending.files
            ),
        )
        return shown or "–"

    @display(description=_("sent to"))
    def to_shown(self, sending: ReportSending) -> SafeString | str:
        known = sending.receivers or {}
        reached = ", ".join(address for address, one in known.items() if "at" in one)
        return show_long(sending.sent_to or reached) if sending.sent_to or reached else "–"

    @display(description=_("not accepted for"))
    def refused_shown(self, sending: ReportSending) -> SafeString | str:
        shown = format_html_join(
            "",
            "<div>{}<br>{}</div>",
            (
                (show_long(address), show_long(mask_text(said)))
                for address, said in sending.refused.items()
            ),
        )
        return shown or "–"

    @display(description=_("sent"))
    def sent(self, sending: ReportSending) -> str:
        return show_time(sending.sent_at)

    @display(description=_("next try"))
    def next_shown(self, sending: ReportSending) -> str:
        return show_time(sending.due_at)

    @display(description=_("seen to by"))
    def person(self, sending: ReportSending) -> str:
        return show_person(sending.closed_by) if sending.closed_by else "–"

    @display(description=_("what was done"))
    def note_shown(self, sending: ReportSending) -> str:
        return mask_text(sending.note) or "–"

    @display(description=_("what can be done"))
    def acts_shown(self, sending: ReportSending) -> SafeString | str:
        if (
            not getattr(sending, "may_act", False)
            or sending.status != SendingStatus.WAITING
            or sending.failing_since is None
            or sending.is_under_way(database_clock.now())
        ):
            return "–"
        return show_buttons(
            (reverse(f"admin:day_reports_reportsending_{name}", args=[sending.pk]), text)
            for name, text in (("again", _("Send now")), ("give_up", _("Give up")))
        )
