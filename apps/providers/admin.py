from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from apps.audit.admin import AuditedAdmin
from apps.audit.stale_form import RefusesStale
from apps.core.admin import (
    show_mode,
    show_money,
    show_time,
)
from apps.core.money import grouped
from apps.core.public_ids import encode_id
from apps.core.visible_rows import sees_all, visible_rows
from apps.merchants.admin import show_delay
from apps.providers.models import OPERATION_NAMES, NumberPlanRule, ProviderAccount
from apps.providers.registry import PROFILES
from apps.providers.rules.account_order import RIGHTS
from apps.providers.rules.callback_address import account_callback_url


class ConnectorFilter(DropdownFilter):
    """Our connectors, read from the few accounts: DISTINCT over a long table would read it all."""

    title = _("provider")
    parameter_name = "provider"
    # The column that holds a connector's code.
    field = "connector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        codes = ProviderAccount.objects.order_by("connector").values_list("connector", flat=True)
        return [
            (code, PROFILES[code].name if code in PROFILES else code) for code in codes.distinct()
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class AccountFilter(RelatedDropdownFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("provider account")

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        shown = visible_rows(request.user, ProviderAccount.objects.order_by("label"))
        return [(account.pk, str(account)) for account in shown]


class ProviderAccountForm(RefusesStale):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        smallest, largest = data.get("amount_min"), data.get("amount_max")
        if smallest is not None and largest is not None and smallest > largest:
            self.add_error("amount_max", _("The largest amount is smaller than the smallest."))
        return data


@admin.register(ProviderAccount)
class ProviderAccountAdmin(AuditedAdmin):
    """Routing is edited here. An account is opened, and gets new credentials, by two people; its
    contract does not change, and its credentials are not even shown."""

    form = ProviderAccountForm
    list_display = [
        "label", "connector", "country", "mode", "priority", "weight", "limits", "is_active",
    ]  # fmt: skip
    list_filter = ["is_active", "livemode", "connector", "country"]
    list_filter_submit = True
    ordering = ["country", "priority", "label"]
    search_fields = ["label"]
    fieldsets = [
        (
            _("Routing"),
            {
                "fields": [
                    ("priority", "weight"),
                    ("amount_min", "amount_max"),
                    "settlement_delay",
                    "orders_per_minute",
                    "is_active",
                ],
                "description": _(
                    "Lower priority is tried first; among equals, the higher weight. "
                    "Amounts in the currency's smallest unit."
                ),
            },
        ),
        (
            _("Contract"),
            {
                "fields": [
                    "public_id",
                    ("label", "connector"),
                    "operations_shown",
                    ("country", "currency"),
                    "timezone",
                    "mode",
                    "merchant_shown",
                    "unknown_reference_grace_s",
                    "callback_address",
                    "credentials",
                    "created",
                ]
            },
        ),
    ]
    readonly_fields = [
        "public_id", "label", "connector", "operations_shown", "country", "currency",
        "timezone", "mode", "merchant_shown",
        "unknown_reference_grace_s", "created", "callback_address", "settlement_delay",
        "credentials",
    ]  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        # A role that is bound to a country or to merchants opens nothing beside them.
        return request.user.has_perms(RIGHTS) and sees_all(
            request.user, ProviderAccount.objects.all()
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return redirect("staff-open-provider-account")

    @display(description=_("credentials"))
    def credentials(self, account: ProviderAccount) -> SafeString:
        url = reverse("staff-provider-credentials", args=[account.pk])
        return format_html('<a class="lomi-button" href="{}">{}</a>', url, _("Give it new ones"))

    @display(description=_("id"))
    def public_id(self, account: ProviderAccount) -> str:
        return account.public_id

    @display(description=_("operations"))
    def operations_shown(self, account: ProviderAccount) -> str:
        return ", ".join(str(OPERATION_NAMES[one]) for one in account.operations)

    @display(description=_("mode"))
    def mode(self, account: ProviderAccount) -> SafeString:
        return show_mode(account.livemode)

    @display(description=_("limits"))
    def limits(self, account: ProviderAccount) -> str:
        largest = show_money(account.amount_max, account.currency)
        return f"{grouped(account.amount_min)} – {largest}"

    @display(description=_("merchant"))
    def merchant_shown(self, account: ProviderAccount) -> object:
        if account.merchant_id is None:
            return _("every merchant")
        return encode_id("mer", account.merchant_id)

    @display(description=_("settlement delay"))
    def settlement_delay(self, account: ProviderAccount) -> SafeString:
        return show_delay("provider_account", account.pk, account.settlement_delay_days)

    @display(description=_("address for callbacks, where the provider has one for all"))
    def callback_address(self, account: ProviderAccount) -> str:
        return account_callback_url(account)

    @display(description=_("created"))
    def created(self, account: ProviderAccount) -> str:
        return show_time(account.created_at)


@admin.register(NumberPlanRule)
class NumberPlanRuleAdmin(AuditedAdmin):
    list_display = ["country", "prefix", "operator", "valid_from", "valid_to"]
    list_filter = ["country", "operator"]
    list_filter_submit = True
    list_per_page = 50
    ordering = ["country", "prefix", "valid_from"]
    search_fields = ["prefix", "operator"]
