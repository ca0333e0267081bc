from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm, ask
from apps.audit.admin import actor_of, show_person
from apps.core import database_clock
from apps.core.admin import read_public_id, show_mode, show_money, show_time
from apps.core.form_pages import FormPages
from apps.core.money import AMOUNT_MAX
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.merchants.models import Merchant
from apps.orchestration.admin.owners import MERCHANT, MerchantFilter
from apps.settlement.models import CURRENCIES, Cadence, PaidBy, SettlementTerms
from apps.settlement.rules.payee import Payee
from apps.settlement.rules.terms_digest import terms_digest
from apps.settlement.selectors.describe_terms import when_paid
from apps.settlement.services.draft_terms import TermsOrder, draft_terms


class TermsForm(ReasonForm):
    merchant = StaffText(
        label=_("merchant"),
        max_length=40,
        help_text=_("Its id, mer_…"),
        widget=UnfoldAdminTextInputWidget,
    )
    livemode = forms.ChoiceField(
        label=_("mode"),
        choices=[("test", _("Test mode")), ("live", _("Live mode"))],
        widget=UnfoldAdminSelectWidget,
    )
    currency = forms.ChoiceField(
        label=_("currency"), choices=CURRENCIES, widget=UnfoldAdminSelectWidget
    )
    cadence = forms.ChoiceField(
        label=_("how often"), choices=Cadence.choices, widget=UnfoldAdminSelectWidget
    )
    weekday = forms.TypedChoiceField(
        label=_("day of the week"),
        choices=[("", "–"), *WEEKDAYS.items()],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Of what is paid every week."),
        widget=UnfoldAdminSelectWidget,
    )
    hour = forms.IntegerField(
        label=_("hour"),
        min_value=0,
        max_value=23,
        initial=6,
        help_text=_("In the merchant’s time zone."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    amount_min = forms.IntegerField(
        label=_("least amount"),
        min_value=1,
        max_value=AMOUNT_MAX,
        help_text=_("In the currency’s smallest unit. Less is carried over."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    paid_by = forms.ChoiceField(
        label=_("paid by"), choices=PaidBy.choices, widget=UnfoldAdminSelectWidget
    )
    phone = StaffText(
        label=_("number of its wallet"),
        max_length=20,
        required=False,
        help_text=_("+237…, of a payout."),
        widget=UnfoldAdminTextInputWidget,
    )
    name = StaffText(
        label=_("holder of the account"),
        max_length=70,
        required=False,
        widget=UnfoldAdminTextInputWidget,
    )
    account = StaffText(
        label=_("account"),
        max_length=42,
        required=False,
        help_text=_("IBAN, or the number that its bank takes."),
        widget=UnfoldAdminTextInputWidget,
    )
    bic = StaffText(
        label=_("BIC"), max_length=11, required=False, widget=UnfoldAdminTextInputWidget
    )
    field_order = [
        "merchant", "livemode", "currency", "cadence", "weekday", "hour", "amount_min", "paid_by",
        "phone", "name", "account", "bic", "reason",
    ]  # fmt: skip

    def __init__(self, *sent: Any, user: Any) -> None:
        super().__init__(*sent)
        self.user = user

    def clean_merchant(self) -> Merchant:
        merchant_id = read_public_id("mer", self.cleaned_data["merchant"].strip())
        found = visible_rows(self.user, Merchant.objects.filter(pk__in=[merchant_id]))
        merchant = found.first()
        if merchant is None:
            raise forms.ValidationError(_("There is no merchant with this id."))
        return merchant

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        is_weekly = said.get("cadence") == Cadence.WEEKLY
        if is_weekly and said.get("weekday") is None:
            self.add_error("weekday", _("Which day?"))
        if not is_weekly:
            said["weekday"] = None
        return said

    def order(self) -> TermsOrder:
        said = self.cleaned_data
        bare = {name: said[name].replace(" ", "").upper() for name in ("phone", "account", "bic")}
        is_payout = said["paid_by"] == PaidBy.PAYOUT
        payee = (
            Payee(phone=bare["phone"])
            if is_payout
            else Payee(name=said["name"].strip(), account=bare["account"], bic=bare["bic"])
        )
        names = ("currency", "cadence", "weekday", "hour", "amount_min", "paid_by")
        return TermsOrder(payee=payee, **{name: said[name] for name in names})


@admin.register(SettlementTerms)
class SettlementTermsAdmin(FormPages):
    public_id_prefix = "stt"
    list_display = [
        "public_id_shown", MERCHANT, "when", "least", "payee_shown", "mode", "begins",
    ]  # fmt: skip
    list_filter = [("merchant", MerchantFilter), ("livemode", BooleanRadioFilter)]
    list_select_related = ["merchant"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, stt_….")
    fields = [
        "public_id_shown", MERCHANT, "mode", "number", "when", "least", "payee_shown", "begins",
        "maker", "approver",
    ]  # fmt: skip
    readonly_fields = fields

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perms(
            ["settlement.add_settlementterms", "approvals.add_approvalrequest"]
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        form = TermsForm(request.POST or None, user=request.user)

        @transaction.atomic
        def act(said: dict[str, Any]) -> str:
            now = database_clock.now()
            terms = draft_terms(
                merchant=said["merchant"],
                livemode=said["livemode"] == "live",
                order=form.order(),
                created_by=actor_of(request),
                now=now,
            )
            return ask(
                request,
                action="settlement.terms",
                target=said["merchant"].public_id,
                payload={"terms_id": str(terms.pk), "digest": terms_digest(terms)},
                reason=said["reason"],
                now=now,
            )

        return self.form_page(
            request,
            form,
            act,
            title=_("New terms of settlement"),
            button=_("Ask a second person"),
            back=reverse("admin:settlement_settlementterms_changelist"),
        )

    @display(description=_("id"))
    def public_id_shown(self, terms: SettlementTerms) -> str:
        return terms.public_id

    @display(description=_("when"))
    def when(self, terms: SettlementTerms) -> str:
        return when_paid(terms)

    @display(description=_("least amount"))
    def least(self, terms: SettlementTerms) -> str:
        return show_money(terms.amount_min, terms.currency)

    @display(description=_("payee"))
    def payee_shown(self, terms: SettlementTerms) -> str:
        return f"{terms.get_paid_by_display()}, {terms.payee_masked}"

    @display(description=_("mode"))
    def mode(self, terms: SettlementTerms) -> SafeString:
        return show_mode(terms.livemode)

    @display(description=_("valid from"))
    def begins(self, terms: SettlementTerms) -> str:
        return show_time(terms.valid_from)

    @display(description=_("made by"))
    def maker(self, terms: SettlementTerms) -> str:
        return show_person(terms.created_by)

    @display(description=_("approved by"))
    def approver(self, terms: SettlementTerms) -> str:
        return show_person(terms.approved_by)
