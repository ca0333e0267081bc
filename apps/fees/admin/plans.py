from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.approvals.admin.versioned import VersionedByTwo
from apps.audit.stale_form import RefusesStale
from apps.core import database_clock
from apps.core.admin import read_public_id, related, show_time
from apps.fees.admin.give_plan_page import GivenByTwo
from apps.fees.admin.new_version import new_version_page
from apps.fees.admin.show_plan_versions import show_plan_versions
from apps.fees.admin.take_back_given_page import GivenTakenBackByTwo
from apps.fees.admin.take_back_page import TakenBackByTwo
from apps.fees.models import STANDING, FeePlan, MerchantFeePlan


class PlanForm(RefusesStale):
    def clean(self) -> dict[str, Any]:
        data = super().clean()
        account = data.get("provider_account")
        if account is not None and data.get("currency") not in (None, account.currency):
            self.add_error(
                "currency",
                _("The account is in %(currency)s.") % {"currency": account.currency},
            )
        return data


@admin.register(FeePlan)
class FeePlanAdmin(GivenByTwo, TakenBackByTwo, VersionedByTwo):
    """A plan without a version charges nothing: only its name, its currency, and whose contract it
    is where it is one, are typed here."""

    form = PlanForm
    list_display = ["name", "public_id", "currency", "version_shown", "contract_shown", "created"]
    list_select_related = ["provider_account"]
    list_per_page = 50
    ordering = ["name"]
    search_fields = ["name"]
    actions_detail = ["new_version", "take_back", "give"]
    standing = STANDING

    def version_page(self, request: HttpRequest, owner: FeePlan) -> HttpResponse:
        return new_version_page(self, request, owner)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        if obj is None:
            return ["name", "currency", "provider_account"]
        return ["name", "public_id", "currency", "contract_shown", "versions_shown"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["public_id", "currency", "contract_shown", "versions_shown"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: FeePlan, form: ModelForm[FeePlan], change: bool
    ) -> None:
        if not change:
            obj.created_at = database_clock.now()
        super().save_model(request, obj, form, change)

    @display(description=_("contract of"))
    def contract_shown(self, plan: FeePlan) -> str:
        return str(plan.provider_account or "–")

    @display(description=_("created"))
    def created(self, plan: FeePlan) -> str:
        return show_time(plan.created_at)

    @display(description=_("versions"))
    def versions_shown(self, plan: FeePlan) -> SafeString:
        return show_plan_versions(plan)


@admin.register(MerchantFeePlan)
class MerchantFeePlanAdmin(GivenTakenBackByTwo):
    list_display = ["merchant_shown", "plan_shown", "begins", "ends"]
    list_select_related = ["merchant", "plan"]
    public_id_prefix = "mfp"
    search_fields = ["id", "merchant_id"]
    search_help_text = _("The id mfp_…, of the merchant mer_…, or of the plan fpl_…")
    fields = ["uuid", "merchant_shown", "plan_shown", "begins", "ends"]
    readonly_fields = fields
    actions_detail = ["take_back"]
    merchant_shown = staticmethod(related("merchant", _("merchant")))
    plan_shown = staticmethod(related("plan", _("fee plan")))

    def matching(self, text: str) -> Q:
        for prefix, name in (("mer", "merchant_id"), ("fpl", "plan_id")):
            found = read_public_id(prefix, text)
            if found is not None:
                return Q(**{name: found})
        return super().matching(text)

    @display(description=_("valid from"))
    def begins(self, given: MerchantFeePlan) -> str:
        return show_time(given.valid_from)

    @display(description=_("valid until"))
    def ends(self, given: MerchantFeePlan) -> str:
        if given.is_taken_back:
            return str(_("taken back before it began"))
        return show_time(given.valid_until)
