from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from apps.audit.admin import SuperuserAdmin, actor_of
from apps.core.admin import (
    ReadOnlyAdmin,
    read_public_id,
    related,
    show_label,
    show_mode,
    show_money,
    show_time,
)
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.services.revoke_api_key import revoke_api_key


@admin.register(Merchant)
class MerchantAdmin(SuperuserAdmin):
    """Superusers change what a contract says; nobody adds or deletes here."""

    list_display = ["name", "public_id", "country", "currency", "fees", "language", "is_active"]
    list_filter = ["is_active", "country"]
    list_filter_submit = True
    list_per_page = 50
    ordering = ["name"]
    search_fields = ["name"]
    search_help_text = _("Part of the name, or the id mer_…")
    fields = [
        "name",
        "public_id",
        ("country", "currency"),
        "timezone",
        ("fee_basis_points", "fee_fixed"),
        "language",
        "is_active",
        "created",
    ]
    readonly_fields = ["public_id", "country", "currency", "timezone", "created"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Merchant], search_term: str
    ) -> tuple[QuerySet[Merchant], bool]:
        merchant_id = read_public_id("mer", search_term.strip())
        if merchant_id is not None:
            return queryset.filter(id=merchant_id), False
        return super().get_search_results(request, queryset, search_term)

    @display(description=_("id"))
    def public_id(self, merchant: Merchant) -> str:
        return merchant.public_id

    @display(description=_("fees"))
    def fees(self, merchant: Merchant) -> str:
        percent = f"{merchant.fee_basis_points / 100:g} %"
        if not merchant.fee_fixed:
            return percent
        return f"{percent} + {show_money(merchant.fee_fixed, merchant.currency)}"

    @display(description=_("created"))
    def created(self, merchant: Merchant) -> str:
        return show_time(merchant.created_at, merchant.timezone)


MERCHANT = related("merchant", _("merchant"))


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    list_display = ["key", MERCHANT, "label", "mode", "state", "scopes_shown", "last_used"]
    list_filter = ["livemode"]
    list_select_related = ["merchant"]
    search_fields = ["prefix"]
    search_help_text = _("Exactly the first characters shown in this list.")
    fields = [
        "key", MERCHANT, "label", "mode", "state", "scopes_shown",
        "created", "expires", "last_used", "revoked",
    ]  # fmt: skip
    readonly_fields = fields
    actions = ["revoke"]

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
        if key.revoked_at is not None:
            return show_label(_("revoked"), "danger")
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return show_label(_("expired"), "warning")
        return show_label(_("usable"), "success")

    @display(description=_("scopes"))
    def scopes_shown(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

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
