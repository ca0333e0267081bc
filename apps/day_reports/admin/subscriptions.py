from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.approvals.admin.asking import ReasonForm, ask
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import show_block, show_label, show_lines, show_time, show_two
from apps.core.form_pages import RowsWithActs, show_buttons
from apps.day_reports.admin.subscription_form import SubscriptionForm
from apps.day_reports.models import ReportSubscription
from apps.day_reports.rules.subscription_digest import subscription_digest
from apps.day_reports.selectors.describe_subscription import subscription_lines
from apps.day_reports.services.draft_subscription import draft_subscription
from apps.day_reports.services.end_subscription import end_subscription

LIST = "admin:day_reports_reportsubscription_changelist"


@admin.register(ReportSubscription)
class ReportSubscriptionAdmin(RowsWithActs):
    """Every version there was. No secret is shown."""

    public_id_prefix = "rsb"
    list_display = ["what", "owner_shown", "files_shown", "state", "begins"]
    list_select_related = ["merchant", "provider_account"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, rsb_…")
    fields = [
        "public_id_shown", "what", "state", "reach", "first_day", "our_key_shown", "maker",
        "approver", "begins", "ends", "acts_shown",
    ]  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<uuid:subscription_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"day_reports_reportsubscription_{name}",
            )
            for name, view in (("edit", self.edit_view), ("end", self.end_view))
        ]
        return [*own, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self._ask(request, None)

    def edit_view(self, request: HttpRequest, subscription_id: Any) -> HttpResponse:
        return self._ask(request, self._subscription(request, subscription_id))

    def end_view(self, request: HttpRequest, subscription_id: Any) -> HttpResponse:
        subscription = self._subscription(request, subscription_id)

        def act(said: dict[str, Any]) -> str:
            end_subscription(
                subscription_id=subscription.pk,
                reason=said["reason"],
                actor=actor_of(request),
                now=database_clock.now(),
            )
            return str(_("Nothing is sent by it any more."))

        return self.form_page(
            request,
            ReasonForm(request.POST or None),
            act,
            title=_("End the subscription"),
            back=_page(subscription),
            facts=subscription_lines(subscription),
        )

    def _ask(self, request: HttpRequest, before: ReportSubscription | None) -> HttpResponse:
        if not request.user.has_perm("approvals.add_approvalrequest"):
            raise PermissionDenied
        form = SubscriptionForm(request, before)

        @transaction.atomic
        def act(said: dict[str, Any]) -> str:
            now = database_clock.now()
            draft = draft_subscription(
                order=form.order(), before=before, created_by=actor_of(request), now=now
            )
            return ask(
                request,
                action="day_reports.subscription",
                target=draft.public_id,
                payload={"subscription_id": str(draft.pk), "digest": subscription_digest(draft)},
                reason=said["reason"],
                now=now,
            )

        return self.form_page(
            request,
            form,
            act,
            title=_("New subscription of day reports") if before is None else _("Change"),
            button=_("Ask a second person"),
            back=reverse(LIST) if before is None else _page(before),
            facts=[] if before is None else subscription_lines(before),
        )

    def _subscription(self, request: HttpRequest, subscription_id: Any) -> ReportSubscription:
        found: ReportSubscription = get_object_or_404(
            self.get_queryset(request).select_related("merchant", "provider_account"),
            pk=subscription_id,
        )
        return found

    @display(description=_("id"))
    def public_id_shown(self, subscription: ReportSubscription) -> str:
        return subscription.public_id

    @display(description=_("subscription"))
    def what(self, subscription: ReportSubscription) -> SafeString:
        number = subscription.number
        said = _("version %(number)s") % {"number": number} if number else _("draft")
        return show_two(subscription.name, str(said))

    @display(description=_("of whom"))
    def owner_shown(self, subscription: ReportSubscription) -> str:
        return str(subscription.merchant or subscription.provider_account)

    @display(description=_("files"))
    def files_shown(self, subscription: ReportSubscription) -> str:
        return ", ".join(subscription.formats)

    @display(description=_("status"))
    def state(self, subscription: ReportSubscription) -> SafeString:
        if subscription.number is None:
            return show_label(_("draft"))
        if subscription.ended_at is not None:
            return show_label(_("ended"))
        return show_label(_("on"), "success")

    @display(description=_("what is sent"))
    def reach(self, subscription: ReportSubscription) -> SafeString:
        return show_lines(subscription_lines(subscription))

    @display(description=_("our public key, for the receiver"))
    def our_key_shown(self, subscription: ReportSubscription) -> SafeString | str:
        return show_block(subscription.our_public_key) if subscription.our_public_key else "–"

    @display(description=_("made by"))
    def maker(self, subscription: ReportSubscription) -> str:
        return show_person(subscription.created_by)

    @display(description=_("approved by"))
    def approver(self, subscription: ReportSubscription) -> str:
        return show_person(subscription.approved_by)

    @display(description=_("valid from"))
    def begins(self, subscription: ReportSubscription) -> str:
        return show_time(subscription.valid_from)

    @display(description=_("ended"))
    def ends(self, subscription: ReportSubscription) -> str:
        return show_time(subscription.ended_at)

    @display(description=_("what can be done"))
    def acts_shown(self, subscription: ReportSubscription) -> SafeString | str:
        if not getattr(subscription, "may_act", False) or subscription.number is None:
            return "–"
        acts = [("edit", _("Change"))]
        if subscription.ended_at is None:
            acts.append(("end", _("End the subscription")))
        return show_buttons(
            (
                reverse(f"admin:day_reports_reportsubscription_{name}", args=[subscription.pk]),
                text,
            )
            for name, text in acts
        )


def _page(subscription: ReportSubscription) -> str:
    return reverse("admin:day_reports_reportsubscription_change", args=[subscription.pk])
