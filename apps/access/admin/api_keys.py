"""What merchants' keys may do; two people of the staff agree on what is live."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action, display

from apps.access.rules.widenings import APPROVAL, MONEY, WIDENINGS, Widening
from apps.access.selectors.describe_key import scope_lines
from apps.approvals.admin.asking import ReasonForm
from apps.approvals.admin.change_page import change_page
from apps.audit.admin import actor_of
from apps.core import database_clock
from apps.core.admin import (
    ReadOnlyAdmin,
    read_uuid,
    related,
    show_block,
    show_label,
    show_lines,
    show_mode,
    show_refusal,
    show_time,
)
from apps.core.errors import DomainError
from apps.merchants.models import ApiKey
from apps.merchants.services.collect_live_key import collect_live_key
from apps.merchants.services.make_key_for_merchant import LiveKeyByOne
from apps.merchants.services.revoke_api_key import revoke_api_key

MERCHANT = related("merchant", _("merchant"))
ROTATED_FROM = related("rotated_from", _("rotated from"))


class ShownScopes(ReasonForm):
    # As the page shows them: nobody asks for a key of which she has seen another.
    scopes = forms.CharField(required=False, max_length=1_000, widget=forms.HiddenInput)


STATE_COLOURS = {
    ApiKey.Status.ACTIVE: "success",
    ApiKey.Status.WAITING: "info",
    ApiKey.Status.EXPIRED: "warning",
    ApiKey.Status.REVOKED: "danger",
}


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Whoever may revokes one at once; what a live key may do beside, two people agree on."""

    list_display = ["key", MERCHANT, "label", "mode", "kind", "state", "expires", "last_used"]
    list_filter = ["livemode", "kind"]
    list_select_related = ["merchant"]
    public_id_prefix = "key"
    search_fields = ["id", "prefix"]
    search_help_text = _("An id key_…, or exactly the first characters shown in this list.")
    fields = [
        "key", "public_id", MERCHANT, "label", "mode", "kind", "state", "scopes_shown",
        "addresses", "created", "expires", "last_used", "revoked",
        "rotate_every_days", "rotation_begins", "rotation_ends", ROTATED_FROM, "collected",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["revoke", "let_money_out", "let_approve"]
    # Of a live key two people agree, one key at a time.
    actions_detail = ["show_key", "ask_money_out", "ask_approval"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("merchants.change_apikey")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        keys = list(queryset.filter(revoked_at__isnull=True))
        for key in keys:
            revoke_api_key(api_key_id=key.pk, actor=actor_of(request), now=timezone.now())
        self.message_user(
            request,
            ngettext("%d key revoked.", "%d keys revoked.", len(keys)) % len(keys),
            messages.SUCCESS if keys else messages.WARNING,
        )

    def has_money_out_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("merchants.change_apikey")

    @admin.action(description=WIDENINGS[MONEY].title, permissions=["money_out"])
    def let_money_out(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self._widen(request, queryset, WIDENINGS[MONEY])

    @admin.action(description=WIDENINGS[APPROVAL].title, permissions=["money_out"])
    def let_approve(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        self._widen(request, queryset, WIDENINGS[APPROVAL])

    def _widen(self, request: HttpRequest, queryset: QuerySet[ApiKey], widening: Widening) -> None:
        """Keys of test mode, at once."""
        for key in queryset:
            try:
                widening.widen(api_key_id=key.pk, actor=actor_of(request), now=database_clock.now())
            except LiveKeyByOne:
                said = _("%(key)s is live: ask a second person on its page.")
                self.message_user(request, said % {"key": key}, messages.ERROR)
            except DomainError as refusal:
                self.message_user(request, f"{key}: {show_refusal(refusal)}", messages.ERROR)
            else:
                self.message_user(request, widening.done % {"key": key}, messages.SUCCESS)

    def has_widen_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Of a live key: there is no button otherwise."""
        if not request.user.has_perms(["merchants.change_apikey", "approvals.add_approvalrequest"]):
            return False
        key_id = read_uuid(str(object_id)) if object_id else None
        return key_id is None or ApiKey.objects.filter(pk=key_id, livemode=True).exists()

    @action(
        description=WIDENINGS[MONEY].title,
        url_path="money-out",
        permissions=["widen"],
        icon="payments",
    )
    def ask_money_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_page(request, object_id, MONEY)

    @action(
        description=WIDENINGS[APPROVAL].title,
        url_path="approval",
        permissions=["widen"],
        icon="fact_check",
    )
    def ask_approval(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask_page(request, object_id, APPROVAL)

    def _ask_page(self, request: HttpRequest, object_id: str, which: str) -> HttpResponse:
        key = self._shown(request, object_id)
        if not self.has_widen_permission(request, object_id):
            raise PermissionDenied
        shown = ShownScopes(request.POST or None, initial={"scopes": " ".join(sorted(key.scopes))})
        return change_page(
            request,
            key,
            action=WIDENINGS[which].action,
            form=shown,
            payload=lambda: {
                "api_key_id": str(key.pk),
                "widening": which,
                "scopes_before": shown.cleaned_data["scopes"].split(),
            },
            title=WIDENINGS[which].title,
            now=[
                _("%(key)s of %(merchant)s, live") % {"key": key, "merchant": key.merchant},
                *scope_lines(key.scopes),
            ],
        )

    def has_show_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whoever asked for the key, as long as nobody saw it."""
        key_id = read_uuid(str(object_id)) if object_id else None
        waiting = ApiKey.objects.filter(asked_by=actor_of(request), digest=None, revoked_at=None)
        return bool(request.user.is_superuser) and (
            key_id is None or waiting.filter(pk=key_id).exists()
        )

    @action(
        description=_("Make its text, and show it once"),
        url_path="show",
        permissions=["show"],
        icon="key",
    )
    def show_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A look alone makes nothing."""
        key = self._shown(request, object_id)
        if not request.user.is_superuser:
            raise PermissionDenied
        back = reverse("admin:merchants_apikey_change", args=[key.pk])
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("The key of %(name)s") % {"name": key.merchant},
            "back_url": back,
        }
        if request.method != "POST":
            context |= {"form": forms.Form(), "button": _("Show it once")}
            return TemplateResponse(request, "admin/form_page.html", context)
        try:
            made, text = collect_live_key(
                api_key_id=key.pk, person=actor_of(request), now=database_clock.now()
            )
        except DomainError as refusal:
            self.message_user(request, show_refusal(refusal), messages.ERROR)
            return redirect(back)
        context |= {"api_key": made, "text": show_block(text)}
        return TemplateResponse(request, "staff/merchants/made_key.html", context)

    def _shown(self, request: HttpRequest, object_id: str) -> ApiKey:
        found: ApiKey = get_object_or_404(self.get_queryset(request), pk=read_uuid(object_id))
        return found

    def matching(self, text: str) -> Q:
        return super().matching(text.rstrip("…"))

    @display(description=_("key"))
    def key(self, key: ApiKey) -> str:
        return str(key)

    @display(description=_("mode"))
    def mode(self, key: ApiKey) -> SafeString:
        return show_mode(key.livemode)

    @display(description=_("state"))
    def state(self, key: ApiKey) -> SafeString:
        status = key.status(now=timezone.now())
        return show_label(status.label, STATE_COLOURS[status])

    @display(description=_("scopes"))
    def scopes_shown(self, key: ApiKey) -> SafeString:
        return show_lines(scope_lines(key.scopes))

    @display(description=_("id"))
    def public_id(self, key: ApiKey) -> str:
        return key.public_id

    @display(description=_("allowed addresses"))
    def addresses(self, key: ApiKey) -> str:
        return ", ".join(key.allowed_addresses) or "–"

    @display(description=_("rotation begins"))
    def rotation_begins(self, key: ApiKey) -> str:
        return show_time(key.rotation_starts_at)

    @display(description=_("rotation ends"))
    def rotation_ends(self, key: ApiKey) -> str:
        return show_time(key.rotation_ends_at)

    @display(description=_("collected"))
    def collected(self, key: ApiKey) -> str:
        return show_time(key.collected_at)

    @display(description=_("created"))
    def created(self, key: ApiKey) -> str:
        return show_time(key.created_at)

    @display(description=_("expires"))
    def expires(self, key: ApiKey) -> str:
        return show_time(key.expires_at)

    @display(description=_("last used"))
    def last_used(self, key: ApiKey) -> str:
        return show_time(key.last_used_at)

    @display(description=_("revoked"))
    def revoked(self, key: ApiKey) -> str:
        return show_time(key.revoked_at)
