"""By which payment a page of the staff goes on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin import read_public_id
from apps.core.staff_text import StaffText
from apps.core.visible_rows import visible_rows
from apps.payments.models import Payment


class PaymentForm(forms.Form):
    payment = StaffText(
        label=_("payment"),
        max_length=40,
        help_text=_("Its id, pay_…"),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, data: Any, *, user: Any) -> None:
        super().__init__(data)
        self.user = user

    def clean_payment(self) -> Payment:
        payment_id = read_public_id("pay", self.cleaned_data["payment"])
        payments = visible_rows(self.user, Payment.objects.select_related("merchant"))
        found = payments.filter(pk__in=[payment_id])
        payment = found.first() if payment_id else None
        if payment is None:
            raise forms.ValidationError(_("There is no payment with this id."))
        return payment
