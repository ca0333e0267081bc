from __future__ import annotations

from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin import ReadOnlyAdmin, read_public_id, related, show_time
from apps.fees.admin.give_plan_page import GivenByTwo
from apps.fees.admin.new_version import VersionedByTwo
from apps.fees.models import FeePlan, FeePlanVersion, MerchantFeePlan
from apps.fees.rules.fee_terms import terms_of
from apps.fees.rules.words import how_much, returns_in_words, what_for

# The newest: what was long ago is in the database.
VERSIONS_SHOWN = 10


@admin.register(FeePlan)
class FeePlanAdmin(VersionedByTwo, GivenByTwo):
    """A plan without a version charges nothing: only its name and currency are typed here."""

    list_display = ["name", "public_id", "currency", "version_shown", "created"]
    list_per_page = 50
    ordering = ["name"]
    search_fields = ["name"]
    actions_detail = ["new_version", "give"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[FeePlan]:
        latest = FeePlanVersion.objects.filter(plan=OuterRef("pk")).order_by("-number")
        plans: QuerySet[FeePlan] = super().get_queryset(request)
        return plans.annotate(latest_number=Subquery(latest.values("number")[:1]))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["name", "public_id", "currency", "versions_shown"] if obj else ["name", "currency"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["public_id", "currency", "versions_shown"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: FeePlan, form: ModelForm[FeePlan], change: bool
    ) -> None:
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @display(description=_("id"))
    def public_id(self, plan: FeePlan) -> str:
        return plan.public_id

    @display(description=_("version"))
    def version_shown(self, plan: FeePlan) -> str:
        return str(plan.latest_number or "–")  # type: ignore[attr-defined]

    @display(description=_("created"))
    def created(self, plan: FeePlan) -> str:
        return show_time(plan.created_at)

    @display(description=_("versions"))
    def versions_shown(self, plan: FeePlan) -> SafeString:
        newest = plan.versions.order_by("-number").prefetch_related("lines")[:VERSIONS_SHOWN]
        versions = [
            {
                "number": version.number,
                "valid_from": show_time(version.valid_from),
                "valid_until": version.valid_until and show_time(version.valid_until),
                "returns": returns_in_words(version.fee_return),
                "lines": [
                    (line.public_id, what_for(terms), how_much(terms))
                    for line in sorted(version.lines.all(), key=lambda line: line.pk)
                    for terms in [terms_of(line, plan_currency=plan.currency)]
                ],
            }
            for version in newest
        ]
        return render_to_string("admin/fees/feeplan/versions.html", {"versions": versions})


@admin.register(MerchantFeePlan)
class MerchantFeePlanAdmin(ReadOnlyAdmin):
    list_display = ["merchant_shown", "plan_shown", "begins", "ends"]
    list_select_related = ["merchant", "plan"]
    search_fields = ["merchant_id"]
    search_help_text = _("The id of the merchant mer_…, or of the plan fpl_…")
    fields = ["uuid", "merchant_shown", "plan_shown", "begins", "ends"]
    readonly_fields = fields
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
        return show_time(given.valid_until)
