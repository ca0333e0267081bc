"""What staff have to decide, and whom they wait for."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views import View

from apps.core import database_clock
from apps.core.admin import read_public_id, show_label, show_mode, show_money, show_time
from apps.core.visible_rows import visible_rows
from apps.disputes.models import Dispute, DisputeStatus
from apps.disputes.rules.shown import COLOURS, show_answered, show_due
from apps.disputes.selectors.list_open_disputes import list_open_disputes

TABS = {
    "decide": (DisputeStatus.UNDER_REVIEW, _("To decide")),
    "waiting": (DisputeStatus.NEEDS_RESPONSE, _("Waiting for the merchant")),
}


class DisputeList(PermissionRequiredMixin, View):
    permission_required = "disputes.view_dispute"
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = request.GET.get("show", "decide")
        shown = shown if shown in TABS else "decide"
        after = read_public_id("dis", request.GET.get("after", ""))
        now = database_clock.now()
        page = list_open_disputes(
            visible_rows(request.user, Dispute.objects.all()), status=TABS[shown][0], after=after
        )
        context = {
            **admin.site.each_context(request),
            "title": _("Disputes"),
            "tabs": [(name, title, name == shown) for name, (_status, title) in TABS.items()],
            "shown": shown,
            "rows": [
                {
                    "dispute": dispute,
                    "money": show_money(dispute.amount, dispute.currency),
                    "opened": show_time(dispute.opened_at, dispute.merchant.timezone),
                    "due": show_due(dispute, now=now),
                    "status": show_label(
                        dispute.get_status_display(), COLOURS.get(dispute.status, "")
                    ),
                    "answered": show_answered(dispute) if shown == "decide" else "",
                    "mode": show_mode(dispute.livemode),
                }
                for dispute in page.rows
            ],
            "next": page.rows[-1].public_id if page.has_more else "",
            "may_open": request.user.has_perm("disputes.add_dispute"),
        }
        return TemplateResponse(request, "staff/disputes/dispute_list.html", context)
