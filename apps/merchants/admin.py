from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.audit.admin import SuperuserAdmin, actor_of
from apps.audit.stale_form import RefusesStale
from apps.core.admin import (
    ReadOnlyAdmin,
    read_public_id,
    related,
    show_label,
    show_lines,
    show_mode,
    show_refusal,
    show_time,
)
from apps.core.clean_text import clean_line
from apps.core.errors import DomainError
from apps.merchants.models import ApiKey, Member, Merchant
from apps.merchants.rules.countries import COUNTRIES
from apps.merchants.scopes import DESCRIPTIONS
from apps.merchants.selectors.lock_new_merchants import lock_new_merchants
from apps.merchants.services.allow_approval import allow_approval
from apps.merchants.services.allow_money_out import allow_money_out
from apps.merchants.services.create_merchant import create_merchant
from apps.merchants.services.revoke_api_key import revoke_api_key


def show_delay(kind: str, owner_id: UUID, days: int | None) -> SafeString:
    """The settlement delay, and the page on which another is asked for: two people change it."""
    url = reverse("staff-settlement-delay", args=[kind, owner_id])
    shown = "–"
    if days is not None:
        shown = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    return format_html('{} <a class="lomi-button" href="{}">{}</a>', shown, url, _("Change"))


def show_reserve(merchant: Merchant) -> SafeString:
    """What is kept of its payments, and the page on which another share is asked for."""
    url = reverse("staff-merchant-reserve", args=[merchant.pk])
    shown = merchant.reserve.in_words(merchant.currency)
    # Of two lines on a phone: the button stands below.
    return format_html(
        '{}<p class="lomi-actions"><a class="lomi-button" href="{}">{}</a></p>',
        shown,
        url,
        _("Change"),
    )


class NamedForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none.
    """Payers and banks read the name of a merchant: two blanks for one make no other."""

    def clean_name(self) -> str:
        return clean_line(self.cleaned_data["name"])


class MerchantForm(NamedForm, RefusesStale):
    pass


class NewMerchantForm(NamedForm):
    """What is typed of a new one: its country says the rest."""

    country = forms.ChoiceField(
        label=capfirst(_("country")),
        choices=lambda: [(code, country.name) for code, country in COUNTRIES.items()],
        help_text=_("Says its currency and time zone, and stays."),
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.ChoiceField(
        label=capfirst(_("language")),
        choices=settings.LANGUAGES,
        help_text=_("Of its e-mails and statements."),
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        lock_new_merchants()
        known = Merchant.objects.filter(name__iexact=data.get("name", ""))
        for other in known.filter(country=data.get("country", "")):
            self.add_error("name", _("It is there already: %(id)s.") % {"id": other.public_id})
        return data


@admin.register(Merchant)
class MerchantAdmin(SuperuserAdmin):
    """Superusers make one and change what a contract says; nobody deletes."""

    form = MerchantForm
    list_display = ["name", "public_id", "country", "currency", "language", "is_active"]
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
        "language",
        "settlement_delay",
        "reserve",
        "is_active",
        "api_keys",
        "created",
    ]
    readonly_fields = [
        "public_id", "country", "currency", "timezone", "settlement_delay", "reserve", "api_keys",
        "created",
    ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        return self.fields if obj else ["name", "country", "language"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> list[str] | tuple[str, ...]:
        return self.readonly_fields if obj else []

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Merchant]]:
        if obj is None:
            kwargs["form"] = NewMerchantForm
        form: type[forms.ModelForm[Merchant]] = super().get_form(request, obj, change, **kwargs)
        return form

    def save_model(self, request: HttpRequest, obj: Merchant, form: object, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            create_merchant(obj, now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Merchant, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to its page, where its first key is made."""
        self.message_user(
            request,
            _("%(name)s is there. Next: its people, its fees, its terms of settlement, a key.")
            % {"name": obj},
            messages.SUCCESS,
        )
        return redirect("admin:merchants_merchant_change", obj.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Merchant], search_term: str
    ) -> tuple[QuerySet[Merchant], bool]:
        merchant_id = read_public_id("mer", search_term.strip())
        if merchant_id is not None:
            return queryset.filter(id=merchant_id), False
        found: tuple[QuerySet[Merchant], bool] = super().get_search_results(
            request, queryset, search_term
        )
        return found

    @display(description=_("id"))
    def public_id(self, merchant: Merchant) -> str:
        return merchant.public_id

    @display(description=_("settlement delay"))
    def settlement_delay(self, merchant: Merchant) -> SafeString:
        return show_delay("merchant", merchant.pk, merchant.settlement_delay_days)

    @display(description=_("reserve"))
    def reserve(self, merchant: Merchant) -> SafeString:
        return show_reserve(merchant)

    @display(description=_("API keys"))
    def api_keys(self, merchant: Merchant) -> SafeString:
        """How many live in each mode, and the page on which one is made."""
        living = ApiKey.objects.filter(merchant=merchant).living(now=timezone.now())
        counts = dict(living.order_by().values_list("livemode").annotate(Count("id")))
        return format_html(
            '{} <a class="lomi-button" href="{}">{}</a>',
            _("%(live)s live, %(test)s test")
            % {"live": counts.get(True, 0), "test": counts.get(False, 0)},
            reverse("staff-new-api-key", args=[merchant.pk]),
            _("Make a key"),
        )

    @display(description=_("created"))
    def created(self, merchant: Merchant) -> str:
        return show_time(merchant.created_at, merchant.timezone)


MERCHANT = related("merchant", _("merchant"))
ROTATED_FROM = related("rotated_from", _("rotated from"))


@admin.register(Member)
class MemberAdmin(SuperuserAdmin):
    """Who may act for a merchant: superusers add, change and remove."""

    list_display = ["person", MERCHANT, "role", "is_notified"]
    list_filter = ["role"]
    list_filter_submit = True
    list_per_page = 50
    list_select_related = ["merchant", "user"]
    ordering = ["merchant__name", "user__username"]
    search_fields = ["user__username", "merchant__name"]
    search_help_text = _("Part of the login or of the merchant's name.")
    fields = ["merchant", "user", "role", "is_notified"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> list[str] | tuple[str, ...]:
        return ["merchant", "user"] if obj else []

    def save_model(self, request: HttpRequest, obj: Member, form: object, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=_("person"))
    def person(self, member: Member) -> str:
        return member.user.get_username()


STATE_COLOURS = {
    ApiKey.Status.ACTIVE: "success",
    ApiKey.Status.WAITING: "info",
    ApiKey.Status.EXPIRED: "warning",
    ApiKey.Status.REVOKED: "danger",
}


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
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

    def has_money_out_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("merchants.change_apikey")

    @admin.action(
        description=_("Let it refund and pay out, as its merchant asked"),
        permissions=["money_out"],
    )
    def let_money_out(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        said = _("%(key)s may refund and pay out from now on.")
        self._widen(request, queryset, allow_money_out, said)

    @admin.action(
        description=_("Let it approve payout batches, as its merchant asked"),
        permissions=["money_out"],
    )
    def let_approve(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        said = _("%(key)s may approve payout batches from now on.")
        self._widen(request, queryset, allow_approval, said)

    def _widen(
        self,
        request: HttpRequest,
        queryset: QuerySet[ApiKey],
        widen: Callable[..., ApiKey],
        said: str | Promise,
    ) -> None:
        for key in queryset:
            try:
                widen(api_key_id=key.pk, actor=actor_of(request), now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{key}: {show_refusal(refusal)}", messages.ERROR)
            else:
                self.message_user(request, said % {"key": key}, messages.SUCCESS)

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
        return show_lines([f"{DESCRIPTIONS.get(one, one)} ({one})" for one in sorted(key.scopes)])

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
