"""What the desk asks before it does anything."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDateWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.approvals.admin.asking import WithEvidence
from apps.core.admin import read_public_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.ledger.rules.postings import BANK, PAYABLE
from apps.merchants.models import Merchant
from apps.reconciliation.models import HandMatch
from apps.reconciliation.rules.hand_match import ATTEMPTS_MAX
from apps.reconciliation.services.expect_later import EXPECTED_DAYS_MAX
from apps.reconciliation.services.record_decision import REASON_LENGTH_MAX


class ReasonLine(forms.Form):
    """One line, so that Enter sends it."""

    reason = StaffText(
        label=_("reason"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True, "autocomplete": "off"}),
    )


class ProvenLine(WithEvidence, ReasonLine):
    field_order: tuple[str, ...] = ("file", "reason")


class ExpectForm(ReasonLine):
    until = forms.DateField(
        label=_("expected until"),
        widget=UnfoldAdminDateWidget,
        help_text=_("On this day it is on the list again, if nothing explained it before."),
    )
    field_order = ("until", "reason")

    def __init__(self, data: Any = None, *, today: date, **more: Any) -> None:
        super().__init__(data, **more)
        self.fields["until"].initial = today + timedelta(days=1)
        self.fields["until"].widget.attrs |= {
            "min": (today + timedelta(days=1)).isoformat(),
            "max": (today + timedelta(days=EXPECTED_DAYS_MAX)).isoformat(),
        }


class CorrectForm(ProvenLine):
    """`merchant`: whose attempt it is about, where there is one."""

    account = forms.ChoiceField(
        label=_("it is"),
        choices=[
            (PAYABLE.value, _("a merchant’s")),
            (BANK.value, _("at our bank")),
        ],
        widget=UnfoldAdminSelectWidget,
    )
    merchant = StaffText(
        label=_("merchant"),
        max_length=40,
        required=False,
        help_text=_("Its id, mer_…, where it is a merchant’s."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    field_order = ("account", "merchant", "file", "reason")

    def __init__(
        self, data: Any = None, files: Any = None, *, merchant: Any, user: Any, **more: Any
    ) -> None:
        super().__init__(data, files, **more)
        self.user = user
        if merchant is not None:
            self.fields["merchant"].initial = merchant.public_id

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        typed = said.get("merchant", "").strip()
        merchant_id = read_public_id("mer", typed)
        merchants = visible_rows(self.user, Merchant.objects.filter(pk__in=[merchant_id]))
        if said.get("account") != PAYABLE.value:
            said["merchant"] = ""
        elif merchant_id is None or not merchants.exists():
            self.add_error("merchant", _("There is no merchant with this id."))
        else:
            said["merchant"] = str(merchant_id)
        return said


class MatchForm(ReasonLine):
    attempts = StaffText(
        label=_("other attempts"),
        required=False,
        max_length=45 * ATTEMPTS_MAX,
        help_text=_("Their ids att_…; with those ticked they are the line together."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    explained_as = forms.ChoiceField(
        label=_("the amounts are"),
        required=False,
        choices=HandMatch.Explanation.choices,
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("attempts", "explained_as", "reason")

    def clean_attempts(self) -> list[UUID]:
        words = self.cleaned_data["attempts"].replace(",", " ").split()
        found = [read_public_id("att", word) for word in words]
        ids = [pk for pk in found if pk is not None]
        if len(ids) != len(words) or not ids:
            raise forms.ValidationError(_("Tick or name attempts by their ids: att_…"))
        return list(dict.fromkeys(ids))
