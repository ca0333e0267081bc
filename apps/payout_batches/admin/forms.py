"""What staff type: a new list of payees, and what is right in a line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from apps.core.money import EXPONENTS
from apps.core.staff_text import StaffText
from apps.core.tables.cells import CELL_LENGTH_MAX, Cell
from apps.merchants.models import Merchant
from apps.payout_batches.models import PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.read_line import FIELDS
from apps.payout_batches.rules.sentences import COLUMNS
from apps.payout_batches.selectors.read_cells import read_written
from apps.payout_batches.services.confirm_payee import REASON_LENGTH_MAX
from apps.payout_batches.services.receive_batch import FILE_BYTES_MAX, BatchFileTooLarge

# What a line's form always shows; the other columns where something is wrong with them.
ALWAYS = ("phone", "amount")


class NewBatchForm(forms.Form):
    merchant = forms.ModelChoiceField(
        Merchant.objects.order_by("name"), label=_("merchant"), widget=UnfoldAdminSelectWidget
    )
    livemode = forms.ChoiceField(
        label=_("mode"),
        choices=[("test", _("test")), ("live", _("live"))],
        widget=UnfoldAdminSelectWidget,
    )
    currency = forms.ChoiceField(
        label=_("currency"),
        choices=[("", _("the merchant’s own")), *((one, one) for one in sorted(EXPONENTS))],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    reference = StaffText(
        label=_("reference"), max_length=64, required=False, widget=UnfoldAdminTextInputWidget
    )
    description = StaffText(
        label=_("description"), max_length=140, required=False, widget=UnfoldAdminTextInputWidget
    )
    file = forms.FileField(
        label=_("file"),
        help_text=_(
            "CSV, XLSX, ODS or pain.001. The first line names the columns: at least telephone and"
            " amount."
        ),
        widget=UnfoldAdminFileFieldWidget,
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(str(BatchFileTooLarge.staff_words))
        return file


class ConfirmForm(forms.Form):
    """Why the payee of a line is right though the operator names another person."""

    reason = StaffText(
        label=_("Why this payee is right all the same"),
        max_length=REASON_LENGTH_MAX,
        widget=UnfoldAdminTextInputWidget,
    )


class LineForm(forms.Form):
    """The cells of a line. What was not understood is shown as it was written; a number that was
    is masked, and stays where nothing is typed."""

    def __init__(
        self, line: PayoutBatchLine, data: Any = None, *, columns: tuple[str, ...] = ALWAYS
    ) -> None:
        self.wrong = {problem["column"] for problem in line.problems}
        super().__init__(data, initial=_initial(line, self.wrong), auto_id=f"line-{line.number}-%s")
        for name in FIELDS:
            if name in columns or name in self.wrong:
                self.fields[name] = StaffText(
                    label=str(COLUMNS[name]),
                    max_length=CELL_LENGTH_MAX,
                    required=False,
                    widget=UnfoldAdminTextInputWidget(
                        attrs={"placeholder": line.payee_msisdn_masked if name == "phone" else ""}
                    ),
                )

    def cells(self) -> dict[str, Cell]:
        """What was changed. Where the whole row is doubtful, whoever has looked at it and sends it
        says its amount again."""
        names = [*self.changed_data, *(["amount"] if "" in self.wrong else [])]
        return {name: self.cleaned_data[name] for name in names if name in self.fields}


def _initial(line: PayoutBatchLine, wrong: set[str]) -> dict[str, str]:
    written = read_written(line)
    shown = {name: written.get(name, "") for name in FIELDS if name in wrong}
    if "amount" not in wrong and line.amount is not None:
        shown["amount"] = plain_amount(line.amount, line.batch)
    return shown


def plain_amount(amount: int, batch: PayoutBatch) -> str:
    """As it would be typed: digits alone, with the currency's decimals."""
    exponent = EXPONENTS[batch.currency]
    if not exponent:
        return str(amount)
    whole, fraction = divmod(amount, 10**exponent)
    return f"{whole}.{fraction:0{exponent}}"
