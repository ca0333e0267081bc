from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from apps.audit.admin import SuperuserAdmin
from apps.audit.stale_form import RefusesStale
from apps.core.admin import read_public_id, show_time
from apps.core.clean_text import clean_line
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.rules.countries import COUNTRIES
from apps.merchants.selectors.lock_new_merchants import lock_new_merchants
from apps.merchants.services.create_merchant import create_merchant


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
