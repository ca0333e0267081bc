"""What two people put right: the list of it, and the pages that ask for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import ReasonForm, WithEvidence, ask_second_person
from apps.audit.admin import show_person
from apps.core.admin import (
    DayRangeFilter,
    read_public_id,
    read_uuid,
    show_mode,
    show_money,
    show_time,
    show_two,
)
from apps.core.form_pages import FormPages
from apps.core.money import AMOUNT_MAX, EXPONENTS
from apps.core.public_ids import encode_id, new_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.ledger.models import AccountKind, Correction, Transfer
from apps.ledger.rules.corrections import ADJUSTABLE, EVIDENCE_LENGTH_MAX, is_adjustable
from apps.ledger.rules.postings import CLEARING, PAYABLE
from apps.ledger.selectors.describe_correction import describe_reversal
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

ACCOUNTS = [
    (kind.value, kind.label) for kind in AccountKind if kind in frozenset().union(*ADJUSTABLE)
]


class ProvenForm(WithEvidence, ReasonForm):
    evidence = StaffText(
        label=_("proof"),
        max_length=EVIDENCE_LENGTH_MAX,
        help_text=_("What proves it: the bank’s reference, the provider’s letter, dsc_…"),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = ["evidence", "file", "reason"]


class AdjustmentForm(ProvenForm):
    correction_id = forms.UUIDField(widget=forms.HiddenInput)
    livemode = forms.ChoiceField(
        label=_("mode"),
        choices=[("live", _("live")), ("test", _("test"))],
        widget=UnfoldAdminSelectWidget,
    )
    currency = forms.ChoiceField(
        label=_("currency"),
        choices=[(one, one) for one in sorted(EXPONENTS, reverse=True)],
        widget=UnfoldAdminSelectWidget,
    )
    amount = forms.IntegerField(
        label=_("amount, in the currency's smallest unit"),
        min_value=1,
        max_value=AMOUNT_MAX,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    from_kind = forms.ChoiceField(label=_("from"), choices=ACCOUNTS, widget=UnfoldAdminSelectWidget)
    to_kind = forms.ChoiceField(
        label=_("to"),
        choices=ACCOUNTS,
        initial=PAYABLE.value,
        help_text=_("What goes to a merchant’s account is owed to it."),
        widget=UnfoldAdminSelectWidget,
    )
    merchant = StaffText(
        label=_("merchant"),
        max_length=40,
        required=False,
        help_text=_("Its id, mer_…, where one of the accounts is a merchant’s."),
        widget=UnfoldAdminTextInputWidget,
    )
    provider_account = StaffText(
        label=_("provider account"),
        max_length=40,
        required=False,
        help_text=_("Its id, pa_…, where one of the accounts is a provider’s."),
        widget=UnfoldAdminTextInputWidget,
    )
    field_order = [
        "livemode", "currency", "amount", "from_kind", "to_kind", "merchant", "provider_account",
        "evidence", "file", "reason",
    ]  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, user: Any) -> None:
        super().__init__(data, files, initial={"correction_id": new_id()})
        self.user = user

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        kinds = {said.get("from_kind"), said.get("to_kind")}
        if None not in kinds and not is_adjustable(said["from_kind"], said["to_kind"]):
            self.add_error("to_kind", _("Nothing is booked between these two accounts."))
        for name, prefix, kind, model in (
            ("merchant", "mer", PAYABLE, Merchant),
            ("provider_account", "pa", CLEARING, ProviderAccount),
        ):
            typed = said.get(name, "").strip()
            said[name] = ""
            if kind not in kinds:
                # Whose it is would not be what was shown.
                if typed:
                    self.add_error(name, _("None of the two accounts is of such."))
                continue
            row_id = read_public_id(prefix, typed)
            if row_id is None or not visible_rows(self.user, model.objects.filter(pk=row_id)):
                self.add_error(name, _("There is none with this id."))
                continue
            said[name] = str(row_id)
        return said

    def payload(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "correction_id": str(said["correction_id"]),
            "from": said["from_kind"],
            "to": said["to_kind"],
            "merchant_id": said["merchant"],
            "provider_account_id": said["provider_account"],
            "amount": said["amount"],
            "currency": said["currency"],
            "livemode": said["livemode"] == "live",
            "evidence": said["evidence"],
            "discrepancy_id": "",
        }


class PutRight(FormPages):
    """Who may ask for a correction: who may add one, and ask a second person."""

    def may_act(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["ledger.add_correction", "approvals.add_approvalrequest"])


@admin.register(Correction)
class CorrectionAdmin(PutRight):
    public_id_prefix = "cor"
    list_display = ["id_and_time", "money", "between", "takes_back", "mode"]
    list_filter = [
        ("transfer__from_account__livemode", BooleanRadioFilter),
        ("created_at", DayRangeFilter),
    ]
    list_select_related = ["transfer__from_account", "transfer__to_account", "reverses"]
    search_fields = ["id"]
    search_help_text = _("Exactly: the id, cor_….")
    fields = [
        "public_id_shown", "created", "money", "between", "mode", "takes_back", "transfer_shown",
        "discrepancy_shown", "evidence", "reason", "asked_by", "approved_by_shown",
    ]  # fmt: skip
    readonly_fields = fields
    actions_list = ["adjust"]

    def has_adjust_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @action(
        description=_("Book what is missing"),
        url_path="adjust",
        permissions=["adjust"],
        icon="post_add",
    )
    def adjust(self, request: HttpRequest) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = AdjustmentForm(*sent, user=request.user)
        back = reverse("admin:ledger_correction_changelist")
        if form.is_valid() and ask_second_person(
            request,
            action="ledger.adjust",
            target=encode_id("cor", form.cleaned_data["correction_id"]),
            payload=form.payload(),
            reason=form.cleaned_data["reason"],
            evidence=form.cleaned_data["file"],
        ):
            return redirect(back)
        return self.show_form(
            request,
            form,
            title=_("Book what is missing"),
            button=_("Ask a second person"),
            back=back,
        )

    @display(description=_("correction"))
    def id_and_time(self, row: Correction) -> SafeString:
        return show_two(row.public_id, show_time(row.created_at))

    @display(description=_("id"))
    def public_id_shown(self, row: Correction) -> str:
        return row.public_id

    @display(description=_("created"))
    def created(self, row: Correction) -> str:
        return show_time(row.created_at)

    @display(description=_("amount"))
    def money(self, row: Correction) -> str:
        return show_money(row.transfer.amount, row.transfer.currency)

    @display(description=_("from and to"))
    def between(self, row: Correction) -> SafeString:
        sides = (row.transfer.from_account, row.transfer.to_account)
        return show_two(*(side.get_kind_display() for side in sides))

    @display(description=_("takes back"))
    def takes_back(self, row: Correction) -> SafeString | str:
        if row.reverses is None:
            return "–"
        return show_two(
            _link(row.reverses),
            f"{row.reverses.get_kind_display()}, {row.reverses.created_at:%Y-%m-%d}",
        )

    @display(description=_("transfer"))
    def transfer_shown(self, row: Correction) -> SafeString:
        return _link(row.transfer)

    @display(description=_("discrepancy"))
    def discrepancy_shown(self, row: Correction) -> str:
        return encode_id("dsc", row.discrepancy_id) if row.discrepancy_id else "–"

    @display(description=_("asked by"))
    def asked_by(self, row: Correction) -> str:
        return show_person(row.requested_by)

    @display(description=_("approved by"))
    def approved_by_shown(self, row: Correction) -> str:
        return show_person(row.approved_by)

    @display(description=_("mode"))
    def mode(self, row: Correction) -> SafeString:
        return show_mode(row.transfer.from_account.livemode)


class TakenBackByTwo(PutRight):
    """Of transfers: the page that asks for the reversal of one."""

    actions_detail = ["take_back"]

    def has_take_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self.may_act(request)

    @action(
        description=_("Take it back"),
        url_path="take-back",
        permissions=["take_back"],
        icon="undo",
    )
    def take_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.may_act(request):
            raise PermissionDenied
        transfer: Transfer = get_object_or_404(
            self.get_queryset(request).select_related("from_account", "to_account"),
            pk=read_uuid(object_id),
        )
        form = ProvenForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        back = reverse("admin:ledger_transfer_change", args=[transfer.pk])
        payload = {
            "transfer_id": str(transfer.pk),
            "kind": transfer.kind,
            "amount": transfer.amount,
            "currency": transfer.currency,
            "evidence": form.cleaned_data["evidence"] if form.is_valid() else "…",
        }
        if form.is_valid() and ask_second_person(
            request,
            action="ledger.reverse",
            target=encode_id("tr", transfer.pk),
            payload=payload,
            reason=form.cleaned_data["reason"],
            evidence=form.cleaned_data["file"],
        ):
            return redirect(back)
        return self.show_form(
            request,
            form,
            title=_("Take a transfer back"),
            button=_("Ask a second person"),
            back=back,
            facts=describe_reversal(payload)[:-1],
        )


def _link(transfer: Transfer) -> SafeString:
    page = reverse("admin:ledger_transfer_change", args=[transfer.pk])
    return format_html('<a href="{}">{}</a>', page, encode_id("tr", transfer.pk))
