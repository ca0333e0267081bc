"""The page of a provider account, with its contract: what the provider charges us there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.visible_rows import visible_rows
from apps.fees.admin.show_plan_versions import show_plan_versions
from apps.fees.models import FeePlan
from apps.providers.admin import ProviderAccountAdmin
from apps.providers.models import ProviderAccount

admin.site.unregister(ProviderAccount)


@admin.register(ProviderAccount)
class AccountWithContract(ProviderAccountAdmin):
    """Providers know nothing of fees, so their page is given the contract here."""

    readonly_fields = [*ProviderAccountAdmin.readonly_fields, "contract_shown"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        plans = visible_rows(request.user, FeePlan.objects.filter(provider_account=obj))
        may_see = request.user.has_perm("fees.view_feeplan") and (
            plans.exists() or not FeePlan.objects.filter(provider_account=obj).exists()
        )
        if not may_see:
            return fieldsets
        return [*fieldsets, (_("What the provider charges"), {"fields": ["contract_shown"]})]

    @display(description=_("contract"))
    def contract_shown(self, account: ProviderAccount) -> SafeString:
        contract = FeePlan.objects.filter(provider_account=account).first()
        if contract is None:
            start = {
                "name": account.label,
                "currency": account.currency,
                "provider_account": str(account.pk),
            }
            url = f"{reverse('admin:fees_feeplan_add')}?{urlencode(start)}"
            text = _("Nothing is agreed: no fee is compared, and the margin knows no cost.")
            return format_html(
                '<p>{}</p><a class="lomi-button" href="{}">{}</a>', text, url, _("Begin a contract")
            )
        return format_html(
            '{}<p class="lomi-actions"><a class="lomi-button" href="{}">{}</a>'
            ' <a class="lomi-button" href="{}">{}</a></p>',
            show_plan_versions(contract),
            reverse("admin:fees_feeplan_new_version", args=[contract.pk]),
            _("New version"),
            reverse("admin:fees_feeplan_change", args=[contract.pk]),
            _("Contract"),
        )
